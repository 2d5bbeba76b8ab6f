// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/heartcodec/encoder_vqv12/conformer.h"

#include "models/heartcodec/encoder_vqv12/attention.h"

namespace heart::vqv12 {
namespace {

Conv1d::Options unbiased(int64_t padding = 0, int64_t groups = 1) {
  Conv1d::Options options;
  options.padding = padding;
  options.groups = groups;
  options.with_bias = false;
  return options;
}

}  // namespace

ConformerFeedForward::ConformerFeedForward(const ConformerConfig& config, const Parameters& scope)
    : up_(scope["intermediate_dense"], config.dim, config.ffn),
      down_(scope["output_dense"], config.ffn, config.dim),
      activation_(config.activation) {}

at::Tensor ConformerFeedForward::forward(const at::Tensor& x) const {
  return down_.forward(activation_.forward(up_.forward(x)));
}

ConformerAttention::ConformerAttention(const ConformerConfig& config, const Parameters& scope)
    : heads_(config.heads),
      q_(scope["linear_q"], config.dim, config.dim),
      k_(scope["linear_k"], config.dim, config.dim),
      v_(scope["linear_v"], config.dim, config.dim),
      out_(scope["linear_out"], config.dim, config.dim) {}

at::Tensor ConformerAttention::forward(const at::Tensor& x, const Rotary& rotary,
                                       const Cancel& cancel) const {
  const at::Tensor rotated =
      join_heads(rotate_halves(split_heads(x, heads_), rotary.cos, rotary.sin));  // [B, L, D]
  const at::Tensor q = split_heads(q_.forward(rotated), heads_);                  // [B, H, L, E]
  const at::Tensor k = split_heads(k_.forward(rotated), heads_);                  // [B, H, L, E]
  const at::Tensor v = split_heads(v_.forward(x), heads_);                        // [B, H, L, E]
  return out_.forward(join_heads(attend(q, k, v, cancel)));                       // [B, L, D]
}

ConformerConvolution::ConformerConvolution(const ConformerConfig& config, const Parameters& scope)
    : norm_(scope["layer_norm"], config.dim),
      widen_(scope["pointwise_conv1"], config.dim, 2 * config.dim, 1, unbiased()),
      depthwise_(scope["depthwise_conv"], config.dim, config.dim, config.depthwise_kernel,
                 unbiased((config.depthwise_kernel - 1) / 2, config.dim)),
      narrow_(scope["pointwise_conv2"], config.dim, config.dim, 1, unbiased()),
      batch_norm_(scope["batch_norm"], config.dim),
      activation_(config.activation) {}

at::Tensor ConformerConvolution::forward(const at::Tensor& x) const {
  at::Tensor y = norm_.forward(x).transpose(1, 2);  // [B, D, L]
  y = gated(widen_.forward(y), 1);                  // [B, D, L]
  y = activation_.forward(batch_norm_.forward(depthwise_.forward(y)));
  return narrow_.forward(y).transpose(1, 2);  // [B, L, D]
}

ConformerLayer::ConformerLayer(const ConformerConfig& config, const Parameters& scope)
    : ffn1_norm_(scope["ffn1_layer_norm"], config.dim),
      attention_norm_(scope["self_attn_layer_norm"], config.dim),
      ffn2_norm_(scope["ffn2_layer_norm"], config.dim),
      final_norm_(scope["final_layer_norm"], config.dim),
      ffn1_(config, scope["ffn1"]),
      ffn2_(config, scope["ffn2"]),
      attention_(config, scope["self_attn"]),
      convolution_(config, scope["conv_module"]) {}

at::Tensor ConformerLayer::forward(const at::Tensor& x, const Rotary& rotary,
                                   const Cancel& cancel) const {
  at::Tensor y = x + ffn1_.forward(ffn1_norm_.forward(x)) * 0.5;  // [B, L, D]
  y = y + attention_.forward(attention_norm_.forward(y), rotary, cancel);
  y = y + convolution_.forward(y);
  return final_norm_.forward(y + ffn2_.forward(ffn2_norm_.forward(y)) * 0.5);
}

}  // namespace heart::vqv12
