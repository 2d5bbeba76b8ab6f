// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/heartcodec/encoder_vqv12/config.h"

namespace heart::vqv12 {
namespace {

constexpr int64_t kMaxWidth = 1 << 16;
constexpr int64_t kMaxLayers = 1024;

void check_heads(const Config& config, const std::string& key, int64_t dim, int64_t heads) {
  if (dim % heads != 0) {
    config.refuse(key, "is " + std::to_string(heads) + ", which does not divide the width " +
                           std::to_string(dim));
  }
}

std::string activation(const Config& config, const std::string& key, const std::string& fallback) {
  const std::string name = config.string_or(key, fallback);
  if (name != "gelu" && name != "swish" && name != "silu" && name != "relu") {
    config.refuse(key, "is \"" + name + "\", known are gelu, swish, silu and relu");
  }
  return name;
}

WhisperConfig read_whisper(const Config& config) {
  WhisperConfig w;
  w.dim = config.integer("d_model", 2, kMaxWidth);
  w.layers = config.integer("encoder_layers", 1, kMaxLayers);
  w.heads = config.integer("encoder_attention_heads", 1, kMaxWidth);
  w.ffn = config.integer("encoder_ffn_dim", 1, kMaxWidth);
  w.mels = config.integer_or("num_mel_bins", w.mels, 1, 1024);
  w.positions = config.integer_or("max_source_positions", w.positions, 2, 1 << 20);
  w.activation = activation(config, "activation_function", w.activation);
  check_heads(config, "encoder_attention_heads", w.dim, w.heads);
  return w;
}

WavLmConfig read_wavlm(const Config& config) {
  WavLmConfig w;
  w.dim = config.integer("hidden_size", 2, kMaxWidth);
  w.layers = config.integer("num_hidden_layers", 9, kMaxLayers);  // the output of layer 9 is read
  w.heads = config.integer("num_attention_heads", 1, kMaxWidth);
  w.ffn = config.integer("intermediate_size", 1, kMaxWidth);
  w.activation = activation(config, "hidden_act", w.activation);
  w.conv_activation = activation(config, "feat_extract_activation", w.conv_activation);
  w.norm_eps = config.number_or("layer_norm_eps", w.norm_eps);
  w.conv_dim = config.integers_or("conv_dim", std::vector<int64_t>(7, 512), 1, kMaxWidth);
  w.conv_stride = config.integers_or("conv_stride", {5, 2, 2, 2, 2, 2, 2}, 1, 1024);
  w.conv_kernel = config.integers_or("conv_kernel", {10, 3, 3, 3, 3, 2, 2}, 1, 1024);
  w.pos_kernel = config.integer_or("num_conv_pos_embeddings", w.pos_kernel, 1, 4096);
  w.pos_groups = config.integer_or("num_conv_pos_embedding_groups", w.pos_groups, 1, kMaxWidth);
  w.buckets = config.integer_or("num_buckets", w.buckets, 4, kMaxWidth);
  w.max_distance = config.integer_or("max_bucket_distance", w.max_distance, 2, 1 << 20);
  check_heads(config, "num_attention_heads", w.dim, w.heads);
  check_heads(config, "num_conv_pos_embedding_groups", w.dim, w.pos_groups);
  if (w.conv_dim.empty() || w.conv_stride.size() != w.conv_dim.size() ||
      w.conv_kernel.size() != w.conv_dim.size()) {
    config.refuse("conv_dim", "has " + std::to_string(w.conv_dim.size()) +
                                  " entries, conv_stride " + std::to_string(w.conv_stride.size()) +
                                  " and conv_kernel " + std::to_string(w.conv_kernel.size()) +
                                  "; one each is wanted");
  }
  int64_t stride = 1;
  for (const int64_t s : w.conv_stride) stride *= s;
  if (stride != 320) {
    config.refuse("conv_stride",
                  "multiplies to " + std::to_string(stride) + ", features at 50 Hz need 320");
  }
  if (w.buckets % 4 != 0 || w.max_distance <= w.buckets / 4) {
    config.refuse("num_buckets", "must be a multiple of 4 and under 4 · max_bucket_distance");
  }
  if (config.string_or("feat_extract_norm", "group") != "group") {
    config.refuse("feat_extract_norm",
                  "is not \"group\", the only kind that vqv12 was released with");
  }
  for (const char* key : {"do_stable_layer_norm", "conv_bias", "add_adapter"}) {
    if (config.boolean_or(key, false)) config.refuse(key, "is true; vqv12 was released with false");
  }
  return w;
}

ConformerConfig read_conformer(const Config& config) {
  ConformerConfig c;
  c.dim = config.integer("hidden_size", 2, kMaxWidth);
  c.layers = config.integer("num_hidden_layers", 11, kMaxLayers);  // the output of layer 11 is read
  c.heads = config.integer("num_attention_heads", 1, kMaxWidth);
  c.ffn = config.integer("intermediate_size", 1, kMaxWidth);
  c.activation = activation(config, "hidden_act", c.activation);
  c.rotary_base = config.number_or("rotary_embedding_base", c.rotary_base);
  c.norm_eps = config.number_or("layer_norm_eps", c.norm_eps);
  c.depthwise_kernel = config.integer_or("conv_depthwise_kernel_size", c.depthwise_kernel, 1, 4095);
  check_heads(config, "num_attention_heads", c.dim, c.heads);
  if ((c.dim / c.heads) % 2 != 0) {
    config.refuse("num_attention_heads",
                  "gives heads of odd width, which cannot be rotated in halves");
  }
  if (c.depthwise_kernel % 2 == 0)
    config.refuse("conv_depthwise_kernel_size", "is even, odd is wanted");
  if (!(c.rotary_base > 1)) config.refuse("rotary_embedding_base", "must be over 1");
  if (config.string_or("position_embeddings_type", "rotary") != "rotary") {
    config.refuse("position_embeddings_type", "is not \"rotary\", the only kind in vqv12");
  }
  return c;
}

MuConfig read_mu(const Config& config) {
  MuConfig m;
  m.n_fft = config.integer_or("n_fft", m.n_fft, 2, 1 << 16);
  m.hop = config.integer_or("hop_length", m.hop, 1, 1 << 16);
  m.mels = config.integer_or("n_mels", m.mels, 4, 4096);
  m.conv_dim = config.integer_or("conv_dim", m.conv_dim, 1, kMaxWidth);
  m.mean = config.number_or("mean", m.mean);
  m.std = config.number_or("std", m.std);
  m.conformer = read_conformer(config.section("conformer_config"));
  if (config.integer_or("sample_rate", kRateHz, 1, 1 << 20) != kRateHz) {
    config.refuse("sample_rate", "is not 24000, the rate of vqv12's chunks");
  }
  if (m.hop * 4 != kLatentSamples) {
    config.refuse("hop_length", "is " + std::to_string(m.hop) + ", features at 25 Hz need 240");
  }
  if (!(m.std > 0)) config.refuse("std", "must be over 0");
  return m;
}

QueryConfig read_query(const Config& config) {
  QueryConfig q;
  q.dim = config.integer("dim", 1, kMaxWidth);
  q.layers = config.integer("num_layers", 1, kMaxLayers);
  q.head_dim = config.integer("head_dim", 1, kMaxWidth);
  q.interval = config.integer_or("interval", q.interval, 1, 1024);
  if (q.dim % q.head_dim != 0) config.refuse("head_dim", "does not divide dim");
  if (q.head_dim < 32 || (q.head_dim / 2) % 2 != 0) {
    config.refuse("head_dim", "is " + std::to_string(q.head_dim) +
                                  ", the rotary part needs 32 or more and a multiple of 4");
  }
  return q;
}

}  // namespace

Vqv12Config Vqv12Config::read(const Config& config) {
  Vqv12Config c;
  const Config features = config.section("feature_extractors");
  c.chunk_samples = config.integer_or("chunk_samples", c.chunk_samples, 1, int64_t{1} << 32);
  c.whisper = read_whisper(features.section("whisper_config"));
  c.wavlm = read_wavlm(features.section("wavlm_config"));
  c.mu = read_mu(features.section("muencoder_config"));
  c.query = read_query(config.section("query"));

  const int64_t code_samples = kLatentSamples * c.query.interval;
  if (c.chunk_samples % code_samples != 0) {
    config.refuse("chunk_samples", "is " + std::to_string(c.chunk_samples) +
                                       ", not a multiple of " + std::to_string(code_samples) +
                                       " (one code)");
  }
  // Whisper has two positions per feature and one chunk must fit into its table.
  if (c.chunk_samples / kLatentSamples * 2 > c.whisper.positions) {
    config.refuse("chunk_samples", "is longer than Whisper's " +
                                       std::to_string(c.whisper.positions) + " positions of 20 ms");
  }
  return c;
}

}  // namespace heart::vqv12
