// SPDX-License-Identifier: LGPL-2.1-or-later
//
// tokenizer.json of a byte-level BPE tokenizer, read and checked, and turned into a SentencePiece model that
// merges exactly as its merge list does.

#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace heart {

struct BpeFile {
  std::string pattern;  // of the pre-tokenizer
  std::unordered_map<std::string, int32_t> vocabulary;
  std::vector<std::pair<std::string, std::string>> merges;      // best first
  std::vector<std::pair<std::string, int32_t>> special_tokens;  // taken out of the text first
  bool ignore_merges = false;  // a part that is a piece is taken whole
  int32_t end_id = 0;          // one past the largest id

  /// Errors   Error{kFile}: not a tokenizer.json, or one with options that are not followed here (each is
  ///          named: a normalizer, another model or pre-tokenizer, trimming special tokens, …)
  static BpeFile open(const std::string& path);
};

/// For each piece that merging its own characters ends in: the rank of the last merge done. Any stretch
/// between token borders has gone through the same states as that stretch alone, so no other merge ever
/// makes it, and "the best piece" is "the best merge".
std::unordered_map<std::string, int64_t> making_ranks(const BpeFile& file);

/// A serialized SentencePiece ModelProto. Piece index = id; score = −rank of the making merge; ids that no
/// merge makes are CONTROL pieces, which never take part. (Written by hand: the packages ship no .pb.h.)
std::string sentencepiece_model(const BpeFile& file);

}  // namespace heart
