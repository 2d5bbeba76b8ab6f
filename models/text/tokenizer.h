// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The tokenizer for the rest of models/: opens libhearttext on first use and speaks its C interface. Free of
// torch. Start reading here.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace heart {

/// Errors   Error{kFile}: the module or tokenizer.json cannot be used; kInput: a text that cannot be split
/// Threads  const and re-entrant
class Tokenizer {
 public:
  explicit Tokenizer(const std::string& tokenizer_json);
  ~Tokenizer();
  Tokenizer(const Tokenizer&) = delete;
  Tokenizer& operator=(const Tokenizer&) = delete;

  /// Ids of the text alone, without BOS and EOS; special tokens in it count.
  std::vector<int64_t> encode(const std::string& text) const;
  int64_t vocabulary_size() const;

 private:
  void* text_;  // HeartText
};

/// Unicode's full, locale-free lower-casing.
std::string lower_case_text(const std::string& text);

/// What the tokenizer is given for tags: lower case, <tag> in front and </tag> behind where missing,
/// nothing trimmed.
std::string tags_prompt(const std::string& tags);
/// What it is given for lyrics: lower case; "..." for none, as the repair service does.
std::string lyrics_prompt(const std::string& lyrics);

}  // namespace heart
