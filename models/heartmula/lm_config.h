// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The language model's config.json and gen_config.json: named flavors of the releases, or explicit numbers.

#pragma once

#include "models/checkpoint/config.h"

#include <cstdint>
#include <string>

namespace heart {

/// One stack of Llama blocks.
struct StackConfig {
  int64_t num_layers = 0;
  int64_t num_heads = 0;
  int64_t num_kv_heads = 0;
  int64_t embed_dim = 0;
  int64_t intermediate_dim = 0;
  int64_t max_seq_len = 0;

  int64_t head_dim() const { return embed_dim / num_heads; }
  /// "llama-3B", "llama-7B", "llama-300M", "llama-400M" (with or without "llama-").
  static StackConfig flavor(const std::string& name);
};

struct HeartMulaConfig {
  int64_t text_vocab_size = 128256;
  int64_t audio_vocab_size = 8197;
  int64_t num_codebooks = 8;
  int64_t muq_dim = 512;
  StackConfig backbone;
  StackConfig decoder;

  /// Keys of the released config.json; "backbone" and "decoder" objects with explicit numbers take the
  /// place of "backbone_flavor" and "decoder_flavor". Error{kFile} names file and key.
  static HeartMulaConfig from(const Config& config);
  /// The same keys, explicit numbers.
  nlohmann::json to_json() const;
};

/// gen_config.json: ids that the prompt and the stop rule use.
struct GenerationIds {
  int64_t text_bos = 128000;
  int64_t text_eos = 128001;
  int64_t audio_eos = 8193;
  int64_t empty = 0;

  static GenerationIds from(const Config& config);
};

}  // namespace heart
