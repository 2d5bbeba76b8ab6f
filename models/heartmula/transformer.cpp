// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/heartmula/transformer.h"

#include "models/base/error.h"

#include <cmath>

namespace heart {
namespace {

constexpr int64_t kMaxFused = 1 << 21;  // as for Attention

}  // namespace

GatedMlp::GatedMlp(const StackConfig& config, const Parameters& params) {
  const int64_t dim = config.embed_dim, inner = config.intermediate_dim;
  w1_ = params.get("w1.weight", {inner, dim}, Init::normal(0.02));
  w2_ = params.get("w2.weight", {dim, inner},
                   Init::normal(0.02 / std::sqrt(2.0 * config.num_layers)));
  w3_ = params.get("w3.weight", {inner, dim}, Init::normal(0.02));
  if (!w1_.requires_grad() && 2 * inner * dim <= kMaxFused) w13_ = at::cat({w1_, w3_});
}

at::Tensor GatedMlp::forward(const at::Tensor& x) const {
  if (w13_.defined()) {
    const at::Tensor both = at::linear(x, w13_);  // [B, T, 2F]
    const int64_t inner = both.size(-1) / 2;
    return at::linear(at::silu(both.narrow(-1, 0, inner)) * both.narrow(-1, inner, inner), w2_);
  }
  return at::linear(at::silu(at::linear(x, w1_)) * at::linear(x, w3_), w2_);
}

Transformer::Transformer(const StackConfig& config, int64_t positions, const Parameters& params)
    : config_(config),
      layers_([&] {
        std::vector<Layer> layers;
        for (int64_t i = 0; i < config.num_layers; ++i) {
          const Parameters scope = params["layers"][i];
          layers.push_back(
              {RmsNorm(config.embed_dim, scope["sa_norm"]), Attention(config, scope["attn"]),
               RmsNorm(config.embed_dim, scope["mlp_norm"]), GatedMlp(config, scope["mlp"])});
        }
        return layers;
      }()),
      norm_(config.embed_dim, params["norm"]),
      options_(norm_.options()),
      rope_(config.head_dim(), positions, options_.device()) {}

at::Tensor Transformer::forward(const at::Tensor& x, KvCache* cache) const {
  const int64_t end = (cache ? cache->length() : 0) + x.size(1);
  if (end > rope_.positions()) {
    throw Error(Fault::kInput, "the sequence would have " + std::to_string(end) +
                                   " positions, the model counts to " +
                                   std::to_string(rope_.positions()) +
                                   "; shorten lyrics, context or gap");
  }
  at::Tensor y = x;
  for (size_t i = 0; i < layers_.size(); ++i) {
    const Layer& layer = layers_[i];
    y = y + layer.attention.forward(layer.attention_norm.forward(y), rope_, cache,
                                    static_cast<int64_t>(i));
    y = y + layer.mlp.forward(layer.mlp_norm.forward(y));
  }
  if (cache) cache->advance(x.size(1));
  return norm_.forward(y);
}

KvCache Transformer::make_cache(int64_t batch, int64_t capacity) const {
  return KvCache(config_, batch, capacity, options_);
}

}  // namespace heart
