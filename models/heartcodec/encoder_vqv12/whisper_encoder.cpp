// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/heartcodec/encoder_vqv12/whisper_encoder.h"

#include "models/heartcodec/encoder_vqv12/attention.h"

namespace heart::vqv12 {
namespace {

Conv1d::Options strided(int64_t stride) {
  Conv1d::Options options;
  options.stride = stride;
  options.padding = 1;
  return options;
}

}  // namespace

WhisperEncoder::Layer::Layer(const WhisperConfig& config, const Parameters& scope)
    : attention_norm(scope["self_attn_layer_norm"], config.dim),
      final_norm(scope["final_layer_norm"], config.dim),
      q(scope["self_attn"]["q_proj"], config.dim, config.dim),
      k(scope["self_attn"]["k_proj"], config.dim, config.dim, /*with_bias=*/false),
      v(scope["self_attn"]["v_proj"], config.dim, config.dim),
      out(scope["self_attn"]["out_proj"], config.dim, config.dim),
      up(scope["fc1"], config.dim, config.ffn),
      down(scope["fc2"], config.ffn, config.dim) {}

WhisperEncoder::WhisperEncoder(const WhisperConfig& config, const Parameters& scope)
    : heads_(config.heads),
      mel_(config),
      conv1_(scope["conv1"], config.mels, config.dim, 3, strided(1)),
      conv2_(scope["conv2"], config.dim, config.dim, 3, strided(2)),
      positions_(scope["embed_positions"].get("weight", {config.positions, config.dim})),
      activation_(config.activation),
      norm_(scope["layer_norm"], config.dim) {
  layers_.reserve(static_cast<size_t>(config.layers));
  for (int64_t i = 0; i < config.layers; ++i) layers_.emplace_back(config, scope["layers"][i]);
}

at::Tensor WhisperEncoder::layer(const Layer& l, const at::Tensor& x, const Cancel& cancel) const {
  const at::Tensor normed = l.attention_norm.forward(x);                        // [B, T, D]
  const at::Tensor q = split_heads(l.q.forward(normed), heads_);                // [B, H, T, E]
  const at::Tensor k = split_heads(l.k.forward(normed), heads_);                // [B, H, T, E]
  const at::Tensor v = split_heads(l.v.forward(normed), heads_);                // [B, H, T, E]
  const at::Tensor y = x + l.out.forward(join_heads(attend(q, k, v, cancel)));  // [B, T, D]
  const at::Tensor hidden = activation_.forward(l.up.forward(l.final_norm.forward(y)));
  return y + l.down.forward(hidden);
}

at::Tensor WhisperEncoder::forward(const at::Tensor& wave, const Cancel& cancel) const {
  at::Tensor x = mel_.forward(wave);  // [B, mels, 2·T]
  // The two convolutions use GELU whatever the config's activation is, as in the public code.
  x = at::gelu(conv1_.forward(x));                                        // [B, D, 2·T]
  x = at::gelu(conv2_.forward(x)).transpose(1, 2) + widened(positions_);  // [B, T, D]
  for (const Layer& l : layers_) {
    cancel.check();
    x = layer(l, x, cancel);
  }
  return norm_.forward(x);
}

}  // namespace heart::vqv12
