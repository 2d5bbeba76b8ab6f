// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/train/tokenizer_trainer.h"

#include "models/base/error.h"
#include "models/text/unicode.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <unordered_map>

namespace heart {
namespace {

constexpr int64_t kByteCount = 256;
constexpr int64_t kSpecialCount = 2;

using Pair = std::pair<int32_t, int32_t>;

struct Word {
  std::vector<int32_t> ids;
  int64_t count;
};

/// Counts of all pairs and the words that hold them, kept up to date merge by merge.
class PairTable {
 public:
  void change(const Word& word, size_t index, int64_t sign) {
    for (size_t i = 0; i + 1 < word.ids.size(); ++i) {
      Entry& entry = entries_[{word.ids[i], word.ids[i + 1]}];
      entry.count += sign * word.count;
      if (sign > 0) entry.words.insert(index);
    }
  }

  /// The most frequent pair; of equals the one whose pieces come first.
  bool best(const std::vector<std::string>& pieces, Pair* pair) const {
    int64_t most = 1;
    bool is_found = false;
    for (const auto& [candidate, entry] : entries_) {
      if (entry.count < most) continue;
      const bool is_earlier =
          is_found && std::make_pair(pieces[candidate.first], pieces[candidate.second]) <
                          std::make_pair(pieces[pair->first], pieces[pair->second]);
      if (entry.count > most || (is_found && is_earlier)) {
        most = entry.count;
        *pair = candidate;
        is_found = true;
      }
    }
    return is_found;
  }

  std::set<size_t> take_words(const Pair& pair) {
    std::set<size_t> words;
    words.swap(entries_[pair].words);
    return words;
  }
  void erase(const Pair& pair) { entries_.erase(pair); }

 private:
  struct Entry {
    int64_t count = 0;
    std::set<size_t> words;  // every word that holds the pair, and perhaps some that did
  };
  std::map<Pair, Entry> entries_;
};

}  // namespace

TokenizerTrainer::TokenizerTrainer() : pre_split_(PreSplit::kDefaultPattern) {}

void TokenizerTrainer::add(const std::string& text, int64_t weight) {
  const std::string lower = lower_case(repaired_utf8(text));
  pre_split_.split(lower.data(), lower.size(), [&](const char* part, size_t length) {
    words_[byte_mapped(part, length)] += weight;
  });
}

TrainedTokenizer TokenizerTrainer::train(int64_t size) const {
  if (size < kByteCount + kSpecialCount) {
    throw Error(Fault::kInput, "a tokenizer of " + std::to_string(size) + " ids, wanted at least " +
                                   std::to_string(kByteCount + kSpecialCount));
  }
  TrainedTokenizer result;
  result.pieces = byte_characters();
  std::sort(result.pieces.begin(), result.pieces.end());
  std::unordered_map<std::string, int32_t> id_of;
  for (size_t i = 0; i < result.pieces.size(); ++i)
    id_of[result.pieces[i]] = static_cast<int32_t>(i);

  std::vector<Word> words;
  PairTable table;
  for (const auto& [mapped, count] : words_) {
    Word word{{}, count};
    for (size_t i = 0; i < mapped.size();) {
      const size_t length = (mapped[i] & 0x80) ? 2 : 1;  // byte characters lie below U+0800
      word.ids.push_back(id_of.at(mapped.substr(i, length)));
      i += length;
    }
    words.push_back(std::move(word));
    table.change(words.back(), words.size() - 1, +1);
  }

  Pair pair;
  while (static_cast<int64_t>(result.pieces.size()) < size - kSpecialCount &&
         table.best(result.pieces, &pair)) {
    const std::string joined = result.pieces[pair.first] + result.pieces[pair.second];
    const auto known = id_of.find(joined);
    // Two ways to one piece: upstream's files list both merges; a trained one needs only the first.
    const int32_t id =
        known != id_of.end() ? known->second : static_cast<int32_t>(result.pieces.size());
    if (known == id_of.end()) {
      id_of[joined] = id;
      result.pieces.push_back(joined);
    }
    result.merges.emplace_back(result.pieces[pair.first], result.pieces[pair.second]);
    for (size_t index : table.take_words(pair)) {
      Word& word = words[index];
      table.change(word, index, -1);
      std::vector<int32_t> merged;
      for (size_t i = 0; i < word.ids.size(); ++i) {
        const bool is_pair =
            i + 1 < word.ids.size() && word.ids[i] == pair.first && word.ids[i + 1] == pair.second;
        merged.push_back(is_pair ? id : word.ids[i]);
        if (is_pair) ++i;
      }
      word.ids.swap(merged);
      table.change(word, index, +1);
    }
    table.erase(pair);
  }
  result.bos = static_cast<int64_t>(result.pieces.size());
  result.eos = result.bos + 1;
  return result;
}

void TrainedTokenizer::write(const std::string& path) const {
  using nlohmann::ordered_json;
  ordered_json vocab = ordered_json::object();
  // Pushed past the map's search for an equal key: pieces are unique, and there may be thousands.
  auto& items = vocab.get_ref<ordered_json::object_t&>();
  for (size_t i = 0; i < pieces.size(); ++i) items.push_back({pieces[i], i});
  ordered_json merge_list = ordered_json::array();
  for (const auto& merge : merges) merge_list.push_back({merge.first, merge.second});
  const auto special = [](int64_t id, const char* content) {
    return ordered_json{{"id", id},        {"content", content}, {"single_word", false},
                        {"lstrip", false}, {"rstrip", false},    {"normalized", false},
                        {"special", true}};
  };
  const ordered_json root = {
      {"version", "1.0"},
      {"truncation", nullptr},
      {"padding", nullptr},
      {"added_tokens",
       ordered_json::array({special(bos, "<|begin_of_text|>"), special(eos, "<|end_of_text|>")})},
      {"normalizer", nullptr},
      {"pre_tokenizer",
       {{"type", "Sequence"},
        {"pretokenizers", ordered_json::array({{{"type", "Split"},
                                                {"pattern", {{"Regex", PreSplit::kDefaultPattern}}},
                                                {"behavior", "Isolated"},
                                                {"invert", false}},
                                               {{"type", "ByteLevel"},
                                                {"add_prefix_space", false},
                                                {"trim_offsets", true},
                                                {"use_regex", false}}})}}},
      {"post_processor", nullptr},
      {"decoder",
       {{"type", "ByteLevel"},
        {"add_prefix_space", true},
        {"trim_offsets", true},
        {"use_regex", true}}},
      {"model",
       {{"type", "BPE"},
        {"dropout", nullptr},
        {"unk_token", nullptr},
        {"continuing_subword_prefix", nullptr},
        {"end_of_word_suffix", nullptr},
        {"fuse_unk", false},
        {"byte_fallback", false},
        {"ignore_merges", true},
        {"vocab", vocab},
        {"merges", merge_list}}}};
  const std::string part = path + ".part";
  {
    std::ofstream stream(part, std::ios::binary);
    stream << root.dump(1, ' ') << "\n";
    stream.flush();
    if (!stream) {
      std::remove(part.c_str());
      throw Error(Fault::kFile, path + ": cannot be written");
    }
  }
  if (std::rename(part.c_str(), path.c_str()) != 0) {
    std::remove(part.c_str());
    throw Error(Fault::kFile, path + ": cannot be written");
  }
}

}  // namespace heart
