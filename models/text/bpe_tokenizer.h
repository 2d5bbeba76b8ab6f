// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Text to ids, equal to HuggingFace's tokenizers on files of the released kind: special tokens, pre-split,
// byte map, whole pieces, and SentencePiece for the merging. Lives inside libhearttext.

#pragma once

#include "models/text/bpe_file.h"
#include "models/text/pre_split.h"

#include <memory>
#include <string>
#include <vector>

namespace heart {

/// Errors   Error{kFile} from the constructor; kInput for a text that cannot be split
/// Threads  const and re-entrant
class BpeTokenizer {
 public:
  explicit BpeTokenizer(const std::string& tokenizer_json);
  ~BpeTokenizer();

  /// Ids of the text alone, without BOS and EOS. Broken UTF-8 counts as U+FFFD.
  std::vector<int32_t> encode(const std::string& text) const;
  int32_t vocabulary_size() const { return file_.end_id; }

 private:
  struct Merger;  // SentencePiece
  void encode_plain(const char* text, size_t length, std::vector<int32_t>* ids) const;

  BpeFile file_;
  PreSplit pre_split_;
  std::unique_ptr<Merger> merger_;
};

}  // namespace heart
