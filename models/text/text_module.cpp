// SPDX-License-Identifier: LGPL-2.1-or-later
//
// libhearttext's one exported function. Nothing thrown passes it.

#include "models/text/bpe_tokenizer.h"
#include "models/text/text_interface.h"
#include "models/text/unicode.h"

#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>
#include <string>

struct HeartText {
  heart::BpeTokenizer tokenizer;
};

namespace {

char* copied(const std::string& text) {
  char* copy = static_cast<char*>(std::malloc(text.size() + 1));
  if (copy) std::memcpy(copy, text.c_str(), text.size() + 1);
  return copy;
}

HeartText* open_text(const char* tokenizer_json, char** error) {
  try {
    return new HeartText{heart::BpeTokenizer(tokenizer_json)};
  } catch (const std::exception& e) {
    *error = copied(e.what());
    return nullptr;
  }
}

void close_text(HeartText* text) {
  delete text;
}

int32_t vocabulary_size(const HeartText* text) {
  return text->tokenizer.vocabulary_size();
}

int64_t encode(const HeartText* text, const char* utf8, size_t length, int32_t** ids,
               char** error) {
  try {
    const std::vector<int32_t> found = text->tokenizer.encode(std::string(utf8, length));
    *ids = static_cast<int32_t*>(std::malloc(found.size() * sizeof(int32_t) + 1));
    if (!*ids) throw std::bad_alloc();
    std::copy(found.begin(), found.end(), *ids);
    return static_cast<int64_t>(found.size());
  } catch (const std::exception& e) {
    *error = copied(e.what());
    return -1;
  }
}

char* lower_case(const char* utf8, size_t length, size_t* lower_length) {
  try {
    const std::string lower = heart::lower_case(heart::repaired_utf8(std::string(utf8, length)));
    *lower_length = lower.size();
    return copied(lower);
  } catch (const std::exception&) {
    return nullptr;
  }
}

}  // namespace

extern "C" __attribute__((visibility("default"))) const HeartTextInterface* heart_text_interface() {
  static const HeartTextInterface table = {HEART_TEXT_INTERFACE_VERSION,
                                           open_text,
                                           close_text,
                                           vocabulary_size,
                                           encode,
                                           lower_case,
                                           std::free};
  return &table;
}
