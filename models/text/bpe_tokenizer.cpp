// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/text/bpe_tokenizer.h"

#include "models/base/error.h"
#include "models/text/unicode.h"

#include <algorithm>
#include <sentencepiece_processor.h>

namespace heart {

struct BpeTokenizer::Merger {
  sentencepiece::SentencePieceProcessor processor;
};

BpeTokenizer::BpeTokenizer(const std::string& tokenizer_json)
    : file_(BpeFile::open(tokenizer_json)),
      pre_split_(file_.pattern),
      merger_(std::make_unique<Merger>()) {
  const auto status = merger_->processor.LoadFromSerializedProto(sentencepiece_model(file_));
  if (!status.ok()) {
    throw Error(Fault::kFile,
                tokenizer_json + ": SentencePiece refuses its pieces: " + status.ToString());
  }
  file_.merges = {};  // they are in the model now
  // The longest first, where several begin at one place.
  std::sort(file_.special_tokens.begin(), file_.special_tokens.end(),
            [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
}

BpeTokenizer::~BpeTokenizer() = default;

void BpeTokenizer::encode_plain(const char* text, size_t length, std::vector<int32_t>* ids) const {
  std::vector<int> merged;
  pre_split_.split(text, length, [&](const char* part, size_t part_length) {
    const std::string mapped = byte_mapped(part, part_length);
    if (file_.ignore_merges) {
      const auto whole = file_.vocabulary.find(mapped);
      if (whole != file_.vocabulary.end()) {
        ids->push_back(whole->second);
        return;
      }
    }
    const auto status = merger_->processor.Encode(mapped, &merged);
    if (!status.ok()) throw Error(Fault::kInternal, "SentencePiece: " + status.ToString());
    ids->insert(ids->end(), merged.begin(), merged.end());
  });
}

std::vector<int32_t> BpeTokenizer::encode(const std::string& given) const {
  const std::string text = repaired_utf8(given);
  std::vector<int32_t> ids;
  bool begins_special[256] = {};
  for (const auto& special : file_.special_tokens) {
    begins_special[static_cast<uint8_t>(special.first[0])] = true;
  }
  size_t plain = 0;  // start of the text not yet encoded
  for (size_t at = 0; at < text.size();) {
    const std::pair<std::string, int32_t>* found = nullptr;
    if (begins_special[static_cast<uint8_t>(text[at])]) {
      for (const auto& special : file_.special_tokens) {
        if (text.compare(at, special.first.size(), special.first) == 0) {
          found = &special;
          break;
        }
      }
    }
    if (!found) {
      ++at;
      continue;
    }
    encode_plain(text.data() + plain, at - plain, &ids);
    ids.push_back(found->second);
    at += found->first.size();
    plain = at;
  }
  encode_plain(text.data() + plain, text.size() - plain, &ids);
  return ids;
}

}  // namespace heart
