// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Any bytes as config.json of each network. What is accepted has sizes that a checkpoint can have, and whose
// products do not overflow.

#include "models/checkpoint/config.h"
#include "models/checkpoint/json_text.h"
#include "models/heartcodec/config.h"
#include "models/heartcodec/encoder_vqv12/config.h"
#include "models/heartmula/lm_config.h"
#include "tests/fuzz/model_error.h"

#include <cstdint>

using namespace heart;  // NOLINT

namespace {

void require_stack(const StackConfig& stack) {
  REQUIRE(stack.num_layers > 0 && stack.max_seq_len > 0 && stack.intermediate_dim > 0);
  REQUIRE(stack.num_heads % stack.num_kv_heads == 0);
  REQUIRE(stack.head_dim() * stack.num_heads == stack.embed_dim && stack.head_dim() % 2 == 0);
}

void require_lm(const Config& config) {
  const HeartMulaConfig lm = HeartMulaConfig::from(config);
  require_stack(lm.backbone);
  require_stack(lm.decoder);
  REQUIRE(lm.num_codebooks > 0 && lm.decoder.max_seq_len >= lm.num_codebooks);
  int64_t elements = 0;
  REQUIRE(!__builtin_mul_overflow(lm.num_codebooks * lm.audio_vocab_size, lm.backbone.embed_dim,
                                  &elements));
  // What was read can be written, and reads the same.
  REQUIRE(HeartMulaConfig::from(Config(lm.to_json(), "again")).to_json() == lm.to_json());
}

void require_codec(const Config& config) {
  const codec::CodecConfig c = codec::CodecConfig::read(config);
  REQUIRE(c.in_channels == 2 * c.out_channels + c.dim);
  REQUIRE(c.samples_per_latent() > 0 && c.inner_dim() > 0 && c.num_quantizers > 0);
  const codec::AutoencoderConfig& a = c.autoencoder;
  REQUIRE(a.downsample_factors.size() == a.upsample_factors.size());
  if (a.type == codec::AutoencoderConfig::Type::kTransform) {
    REQUIRE(a.low_bins + a.bands <= a.top_bin(c.sample_rate) && a.top_bin(c.sample_rate) <= a.hop);
  }
}

void require_encoder(const Config& config) {
  const vqv12::Vqv12Config c = vqv12::Vqv12Config::read(config);
  REQUIRE(c.chunk_samples > 0 && c.query.dim % c.query.head_dim == 0 && c.query.head_dim >= 32);
  REQUIRE(c.wavlm.conv_dim.size() == c.wavlm.conv_kernel.size());
  REQUIRE(c.mu.conformer.dim % c.mu.conformer.heads == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const char* text = reinterpret_cast<const char*>(data);
  fuzz::read_or_refuse([&] {
    const Config config(parse_json(text, text + size, "config.json: "), "config.json");
    for (const auto read : {require_lm, require_codec, require_encoder}) {
      fuzz::read_or_refuse([&] { read(config); });
    }
    fuzz::read_or_refuse([&] { GenerationIds::from(config); });
    fuzz::read_or_refuse([&] { codec::LightEncoderConfig::read(config); });
  });
  return 0;
}
