// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The first step of byte-level BPE: cutting a text into parts that are merged each on its own, and writing
// their bytes as printable characters.

#pragma once

#include <functional>
#include <string>
#include <vector>

namespace heart {

/// Splits by a tokenizer's pattern.
/// Errors   Error{kFile} for a pattern that does not compile, kInput for a text it gives up on
/// Threads  const and re-entrant
class PreSplit {
 public:
  /// Llama 3's.
  static const char* const kDefaultPattern;

  explicit PreSplit(const std::string& pattern);
  ~PreSplit();
  PreSplit(const PreSplit&) = delete;
  PreSplit& operator=(const PreSplit&) = delete;

  /// Every byte of the (valid UTF-8) text is in exactly one part, in order: matches and what lies between.
  void split(const char* text, size_t length,
             const std::function<void(const char* part, size_t length)>& take) const;

 private:
  void* regex_;  // GRegex
};

/// GPT-2's table: each byte as a printable character (UTF-8), so that no piece holds a blank or control.
const std::vector<std::string>& byte_characters();
std::string byte_mapped(const char* bytes, size_t length);

}  // namespace heart
