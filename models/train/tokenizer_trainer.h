// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Makes the tokenizer.json of a small checkpoint: byte-level BPE of the released kind, with a vocabulary
// of a few thousand, trained on the prompts that the checkpoint will see. Needs GLib, no torch.
// Source   arXiv 1508.07909 (BPE), with GPT-2's byte characters and Llama 3's pre-split

#pragma once

#include "models/text/pre_split.h"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace heart {

/// The ids of the special tokens lie behind the pieces.
struct TrainedTokenizer {
  std::vector<std::string> pieces;                          // piece i has id i
  std::vector<std::pair<std::string, std::string>> merges;  // best first
  int64_t bos = 0, eos = 0;
  int64_t vocabulary_size() const { return eos + 1; }

  /// Written to PATH.part, then renamed. Error{kFile} if that fails.
  void write(const std::string& path) const;
};

/// Use      add() every text with the weight that it shall have, then train() once
/// Errors   train: kInput for a size too small for the bytes and special tokens
/// Threads  one at a time
class TokenizerTrainer {
 public:
  TokenizerTrainer();

  /// Counts the words of a text, lower-cased as prompts are. Broken UTF-8 counts as U+FFFD.
  void add(const std::string& text, int64_t weight = 1);

  /// Merges the most frequent pair (of equally frequent ones the first in byte order, so the result does
  /// not depend on the order of texts) until there are `size` ids, special tokens included, or no pair
  /// occurs twice.
  TrainedTokenizer train(int64_t size) const;

 private:
  PreSplit pre_split_;
  std::map<std::string, int64_t> words_;  // byte-mapped, with counts
};

}  // namespace heart
