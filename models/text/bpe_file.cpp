// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/text/bpe_file.h"

#include "models/base/error.h"
#include "models/checkpoint/config.h"
#include "models/text/pre_split.h"

#include <cstring>
#include <limits>

namespace heart {
namespace {

using nlohmann::json;

constexpr int32_t kMaxId = 1 << 24;  // scores are floats: ranks are exact up to here

[[noreturn]] void refuse(const std::string& path, const std::string& what) {
  throw Error(Fault::kFile, path + ": " + what);
}

/// object[key], or null where it is missing.
const json& value_at(const json& object, const char* key) {
  static const json null;
  const auto found = object.find(key);
  return found == object.end() ? null : *found;
}

bool is_true(const json& value) {
  return value.is_boolean() && value.get<bool>();
}

int32_t checked_id(const std::string& path, const json& id, const std::string& piece) {
  if (!id.is_number_integer() || id.get<int64_t>() < 0 || id.get<int64_t>() >= kMaxId) {
    refuse(path, "the id of \"" + piece + "\" is not from 0 to " + std::to_string(kMaxId - 1));
  }
  return id.get<int32_t>();
}

std::string read_pattern(const std::string& path, const json& pre_tokenizer) {
  const std::string wanted =
      "; followed is a Sequence of Split (a regex, Isolated) and ByteLevel (no prefix space)";
  if (!pre_tokenizer.is_object() || value_at(pre_tokenizer, "type") != "Sequence" ||
      !value_at(pre_tokenizer, "pretokenizers").is_array() ||
      pre_tokenizer["pretokenizers"].size() != 2) {
    refuse(path, "pre_tokenizer is of another kind" + wanted);
  }
  const json& split = pre_tokenizer["pretokenizers"][0];
  const json& bytes = pre_tokenizer["pretokenizers"][1];
  if (!split.is_object() || value_at(split, "type") != "Split" ||
      value_at(split, "behavior") != "Isolated" || is_true(value_at(split, "invert")) ||
      !value_at(split, "pattern").is_object() || !value_at(split["pattern"], "Regex").is_string()) {
    refuse(path, "the first pre_tokenizer is not such a Split" + wanted);
  }
  if (!bytes.is_object() || value_at(bytes, "type") != "ByteLevel" ||
      is_true(value_at(bytes, "add_prefix_space")) || value_at(bytes, "use_regex") != false) {
    refuse(path, "the second pre_tokenizer is not such a ByteLevel" + wanted);
  }
  return split["pattern"]["Regex"].get<std::string>();
}

void read_merges(const std::string& path, const json& merges, BpeFile* file) {
  if (!merges.is_array()) refuse(path, "model.merges is not a list");
  for (const json& merge : merges) {
    std::string left, right;
    if (merge.is_string()) {
      const std::string both = merge.get<std::string>();
      const size_t blank = both.find(' ');
      if (blank != std::string::npos) {
        left = both.substr(0, blank);
        right = both.substr(blank + 1);
      }
    } else if (merge.is_array() && merge.size() == 2 && merge[0].is_string() &&
               merge[1].is_string()) {
      left = merge[0].get<std::string>();
      right = merge[1].get<std::string>();
    }
    const std::string who = "merge " + std::to_string(file->merges.size());
    if (left.empty() || right.empty()) refuse(path, who + " is neither \"a b\" nor a pair");
    for (const std::string& piece : {left, right, left + right}) {
      if (!file->vocabulary.count(piece)) {
        refuse(path, who + " uses \"" + piece + "\", which is not in model.vocab");
      }
    }
    file->merges.emplace_back(std::move(left), std::move(right));
  }
  if (file->merges.size() > static_cast<size_t>(kMaxId)) refuse(path, "has too many merges");
}

}  // namespace

BpeFile BpeFile::open(const std::string& path) {
  const json root = read_json(path);
  if (!root.is_object() || !value_at(root, "model").is_object()) {
    refuse(path, "has no model; a tokenizer.json of a byte-level BPE tokenizer was wanted");
  }
  const json& model = root["model"];
  // An older file has no type; then merges tell.
  if (!value_at(model, "type").is_null() && model["type"] != "BPE") {
    refuse(path, "model.type is " + model["type"].dump() + ", wanted \"BPE\"");
  }
  for (const char* key : {"dropout", "unk_token"}) {
    if (!value_at(model, key).is_null()) {
      refuse(path, std::string("model.") + key + " is set, which is not followed here");
    }
  }
  for (const char* key : {"continuing_subword_prefix", "end_of_word_suffix"}) {
    const json& value = value_at(model, key);
    if (!value.is_null() && value != "") {
      refuse(path, std::string("model.") + key + " is set, which is not followed here");
    }
  }
  if (is_true(value_at(model, "byte_fallback"))) {
    refuse(path, "model.byte_fallback is set, which is not followed here");
  }
  if (!value_at(root, "normalizer").is_null()) {
    refuse(path, "normalizer is set, which is not followed here");
  }

  BpeFile file;
  file.pattern = read_pattern(path, value_at(root, "pre_tokenizer"));
  file.ignore_merges = is_true(value_at(model, "ignore_merges"));
  if (!value_at(model, "vocab").is_object()) refuse(path, "model.vocab is not an object");
  std::vector<bool> is_taken;
  const auto claim = [&](int32_t id, const std::string& piece) {
    if (static_cast<size_t>(id) >= is_taken.size()) is_taken.resize(id + 1);
    if (is_taken[id]) refuse(path, "the id of \"" + piece + "\" is taken twice");
    is_taken[id] = true;
  };
  for (const auto& [piece, id] : model["vocab"].items()) {
    const int32_t checked = checked_id(path, id, piece);
    claim(checked, piece);
    file.vocabulary.emplace(piece, checked);
  }
  for (const std::string& character : byte_characters()) {
    if (!file.vocabulary.count(character)) {
      refuse(path, "model.vocab lacks the byte character \"" + character +
                       "\"; all 256 are needed to write any text");
    }
  }
  read_merges(path, value_at(model, "merges"), &file);

  const json& added = value_at(root, "added_tokens");
  if (!added.is_null() && !added.is_array()) refuse(path, "added_tokens is not a list");
  for (const json& token : added) {
    if (!token.is_object() || !value_at(token, "content").is_string() ||
        token["content"].get<std::string>().empty()) {
      refuse(path, "an entry of added_tokens has no content");
    }
    const std::string content = token["content"].get<std::string>();
    for (const char* flag : {"single_word", "lstrip", "rstrip", "normalized"}) {
      if (is_true(value_at(token, flag))) {
        refuse(path,
               "added token \"" + content + "\" sets " + flag + ", which is not followed here");
      }
    }
    const int32_t id = checked_id(path, value_at(token, "id"), content);
    const auto known = file.vocabulary.find(content);
    if (known == file.vocabulary.end() || known->second != id) claim(id, content);
    file.special_tokens.emplace_back(content, id);
  }
  file.end_id = static_cast<int32_t>(is_taken.size());
  return file;
}

std::unordered_map<std::string, int64_t> making_ranks(const BpeFile& file) {
  std::unordered_map<std::string, int64_t> rank_of_pair;  // "left right": no piece holds a blank
  for (size_t rank = 0; rank < file.merges.size(); ++rank) {
    rank_of_pair.emplace(file.merges[rank].first + ' ' + file.merges[rank].second, rank);
  }
  std::unordered_map<std::string, int64_t> made;
  std::vector<std::string> parts;
  for (const auto& [piece, id] : file.vocabulary) {
    parts.clear();
    for (size_t i = 0; i < piece.size();) {
      size_t next = i + 1;
      while (next < piece.size() && (piece[next] & 0xC0) == 0x80) ++next;
      parts.push_back(piece.substr(i, next - i));
      i = next;
    }
    int64_t last = -1;
    while (parts.size() > 1) {
      int64_t best = std::numeric_limits<int64_t>::max();
      size_t where = 0;
      for (size_t i = 0; i + 1 < parts.size(); ++i) {
        const auto found = rank_of_pair.find(parts[i] + ' ' + parts[i + 1]);
        if (found != rank_of_pair.end() && found->second < best) {
          best = found->second;
          where = i;
        }
      }
      if (best == std::numeric_limits<int64_t>::max()) break;
      parts[where] += parts[where + 1];
      parts.erase(parts.begin() + where + 1);
      last = best;
    }
    if (parts.size() == 1 && last >= 0) made.emplace(piece, last);
  }
  return made;
}

namespace {

// The wire format of protobuf: key = field number << 3 | type, type 0 a varint, 2 bytes, 5 four bytes.
void put_varint(uint64_t value, std::string* out) {
  for (; value >= 0x80; value >>= 7) out->push_back(static_cast<char>(value | 0x80));
  out->push_back(static_cast<char>(value));
}
void put_number(int field, uint64_t value, std::string* out) {
  put_varint(static_cast<uint64_t>(field) << 3, out);
  put_varint(value, out);
}
void put_bytes(int field, const std::string& bytes, std::string* out) {
  put_varint(static_cast<uint64_t>(field) << 3 | 2, out);
  put_varint(bytes.size(), out);
  *out += bytes;
}
void put_float(int field, float value, std::string* out) {
  put_varint(static_cast<uint64_t>(field) << 3 | 5, out);
  uint32_t bits;
  std::memcpy(&bits, &value, 4);
  for (int i = 0; i < 4; ++i) out->push_back(static_cast<char>(bits >> (8 * i)));
}

// sentencepiece_model.proto
enum PieceType { kNormal = 1, kUnknown = 2, kControl = 3 };
std::string piece_message(const std::string& text, float score, PieceType type) {
  std::string message;
  put_bytes(1, text, &message);
  put_float(2, score, &message);
  put_number(3, type, &message);
  return message;
}

}  // namespace

std::string sentencepiece_model(const BpeFile& file) {
  const auto ranks = making_ranks(file);
  std::vector<const std::string*> by_id(file.end_id, nullptr);
  for (const auto& [piece, id] : file.vocabulary) by_id[id] = &piece;
  for (const auto& special : file.special_tokens) by_id[special.second] = nullptr;
  std::unordered_map<std::string, bool> is_byte;
  for (const std::string& character : byte_characters()) is_byte[character] = true;

  std::string model;
  for (int32_t id = 0; id < file.end_id; ++id) {
    const std::string* piece = by_id[id];
    const auto rank = piece ? ranks.find(*piece) : ranks.end();
    if (rank != ranks.end()) {
      put_bytes(1, piece_message(*piece, -static_cast<float>(rank->second), kNormal), &model);
    } else if (piece && is_byte.count(*piece)) {
      put_bytes(1, piece_message(*piece, 0, kNormal), &model);
    } else {
      // A blank in the name: mapped text never has one, so it never matches.
      put_bytes(1, piece_message("not made " + std::to_string(id), 0, kControl), &model);
    }
  }
  put_bytes(1, piece_message("not known", 0, kUnknown), &model);

  std::string trainer;
  put_number(3, 2, &trainer);  // model_type = BPE
  put_bytes(2, trainer, &model);
  std::string normalizer;
  put_number(3, 0, &normalizer);  // add_dummy_prefix
  put_number(4, 0, &normalizer);  // remove_extra_whitespaces
  put_number(5, 0, &normalizer);  // escape_whitespaces
  put_bytes(3, normalizer, &model);
  return model;
}

}  // namespace heart
