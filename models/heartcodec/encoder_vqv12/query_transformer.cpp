// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/heartcodec/encoder_vqv12/query_transformer.h"

#include "models/base/error.h"
#include "models/heartcodec/encoder_vqv12/attention.h"

#include <algorithm>
#include <string>

namespace heart::vqv12 {
namespace {

constexpr double kRotaryBase = 10000;
constexpr int64_t kFeedForwardFactor = 4;
constexpr double kQueryNormEps = 1e-5;

// Half of each head is rotated, but never less than 32 dimensions.
int64_t rotary_width(int64_t head_dim) {
  return std::max<int64_t>(head_dim / 2, 32);
}

at::Tensor rotate_part(const at::Tensor& x, const Rotary& rotary) {
  const int64_t width = rotary.cos.size(1);
  const at::Tensor turned = rotate_halves(x.narrow(-1, 0, width), rotary.cos, rotary.sin);
  return at::cat({turned, x.slice(-1, width)}, -1);  // [B, H, T, E]
}

}  // namespace

QueryTransformer::Layer::Layer(const QueryConfig& config, const Parameters& scope)
    : qkv(scope["self_attn"]["to_qkv"], config.dim, 3 * config.dim, /*with_bias=*/false),
      out(scope["self_attn"]["to_out"], config.dim, config.dim, /*with_bias=*/false),
      q_norm(scope["self_attn"]["q_norm"], config.head_dim, kQueryNormEps),
      k_norm(scope["self_attn"]["k_norm"], config.head_dim, kQueryNormEps),
      up(scope["ff"]["ff"][0]["proj"], config.dim, 2 * kFeedForwardFactor * config.dim,
         /*with_bias=*/true),
      down(scope["ff"]["ff"][2], kFeedForwardFactor * config.dim, config.dim, /*with_bias=*/true),
      attention_scale(scope["self_attn_scale"].get("scale", {config.dim}, Init::constant(0.1))),
      ff_scale(scope["ff_scale"].get("scale", {config.dim}, Init::constant(0.1))) {}

QueryTransformer::QueryTransformer(const Vqv12Config& config, const Parameters& scope)
    : config_(config.query),
      acoustic_(scope["cond_fusion_layer_acoustic"], 2 * config.mu.conformer.dim, config.query.dim),
      semantic_(scope["cond_fusion_layer_semantic"], 2 * config.mu.conformer.dim, config.query.dim),
      phone_(scope["cond_fusion_layer_phone"], 2 * config.wavlm.dim, config.query.dim),
      fusion_(scope["feature_proj"], 3 * config.query.dim + 2 * config.whisper.dim,
              config.query.dim),
      query_(scope.get("cls_token", {1, config.query.dim})) {
  const Parameters layers = scope["encoder_transformers"];
  layers_.reserve(static_cast<size_t>(config.query.layers));
  for (int64_t i = 0; i < config.query.layers; ++i) layers_.emplace_back(config.query, layers[i]);
}

at::Tensor QueryTransformer::fuse(const Features& f) const {
  return fusion_.forward(at::cat({acoustic_.forward(f.acoustic), semantic_.forward(f.semantic),
                                  f.whisper, phone_.forward(f.wavlm)},
                                 -1));  // [B, L, D]
}

at::Tensor QueryTransformer::attention(const Layer& layer, const at::Tensor& x,
                                       const Rotary& rotary, const Cancel& cancel) const {
  const int64_t heads = config_.dim / config_.head_dim;
  const auto qkv = layer.qkv.forward(x).chunk(3, -1);  // 3 x [B, T, D]
  const at::Tensor q = rotate_part(layer.q_norm.forward(split_heads(qkv[0], heads)), rotary);
  const at::Tensor k = rotate_part(layer.k_norm.forward(split_heads(qkv[1], heads)), rotary);
  const at::Tensor v = split_heads(qkv[2], heads);                // [B, H, T, E]
  return layer.out.forward(join_heads(attend(q, k, v, cancel)));  // [B, T, D]
}

at::Tensor QueryTransformer::forward(const at::Tensor& fused, const Cancel& cancel) const {
  const int64_t batch = fused.size(0), interval = config_.interval;
  if (fused.dim() != 3 || fused.size(1) % interval != 0) {
    throw Error(Fault::kInternal, "fused features must be [B, L, D] with L a multiple of " +
                                      std::to_string(interval));
  }
  const int64_t codes = fused.size(1) / interval;
  const at::Tensor groups = fused.reshape({batch, codes, interval, config_.dim});
  const at::Tensor queries = widened(query_).expand({batch, codes, 1, config_.dim});
  at::Tensor x = at::cat({groups, queries}, 2).flatten(1, 2);  // [B, T·(interval+1), D]
  const Rotary rotary =
      Rotary::make(x.size(1), rotary_width(config_.head_dim), kRotaryBase, x.device());
  for (const Layer& layer : layers_) {
    cancel.check();
    x = x + attention(layer, x, rotary, cancel) * widened(layer.attention_scale);
    x = x + layer.down.forward(gated(layer.up.forward(x), -1)) * widened(layer.ff_scale);
  }
  return x.unflatten(1, {codes, interval + 1}).select(2, interval);  // [B, T, D]
}

}  // namespace heart::vqv12
