/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The C interface of libhearttext, the tokenizer's module. It is opened on demand and shares no C++ with
 * its caller: SentencePiece and libtorch bring protobufs that must not meet in one link.
 */

#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HEART_TEXT_INTERFACE_VERSION 1
#define HEART_TEXT_INTERFACE_SYMBOL "heart_text_interface"

typedef struct HeartText HeartText;

/** Texts are UTF-8 with an explicit length and may hold NUL; broken sequences count as U+FFFD.
 *  Everything handed out is freed with `free`. Errors are texts in *error.
 *  All functions may be called from any thread. */
typedef struct {
  int version;
  /** NULL and *error on failure. */
  HeartText* (*open)(const char* tokenizer_json, char** error);
  void (*close)(HeartText* text);
  /** One past the largest id. */
  int32_t (*vocabulary_size)(const HeartText* text);
  /** Number of ids in *ids, or -1 and *error. */
  int64_t (*encode)(const HeartText* text, const char* utf8, size_t length, int32_t** ids,
                    char** error);
  /** Unicode's full, locale-free lower-casing. NULL only when memory is out. */
  char* (*lower_case)(const char* utf8, size_t length, size_t* lower_length);
  void (*free)(void* memory);
} HeartTextInterface;

typedef const HeartTextInterface* (*HeartTextInterfaceFunction)(void);

#ifdef __cplusplus
}
#endif
