// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/heartcodec/encoder_vqv12/wavlm_encoder.h"

namespace heart::vqv12 {

WavLmEncoder::Layer::Layer(const WavLmConfig& config, const Parameters& scope)
    : attention(config, scope["attention"]),
      norm(scope["layer_norm"], config.dim, config.norm_eps),
      final_norm(scope["final_layer_norm"], config.dim, config.norm_eps),
      up(scope["feed_forward"]["intermediate_dense"], config.dim, config.ffn),
      down(scope["feed_forward"]["output_dense"], config.ffn, config.dim) {}

WavLmEncoder::WavLmEncoder(const WavLmConfig& config, const Parameters& scope)
    : config_(config),
      features_(config, scope["feature_extractor"]),
      projection_norm_(scope["feature_projection"]["layer_norm"], config.conv_dim.back(),
                       config.norm_eps),
      projection_(scope["feature_projection"]["projection"], config.conv_dim.back(), config.dim),
      norm_(scope["encoder"]["layer_norm"], config.dim, config.norm_eps),
      activation_(config.activation),
      conv_activation_(config.conv_activation) {
  const Parameters conv = scope["encoder"]["pos_conv_embed"]["conv"];
  const Parameters weight = conv["parametrizations"]["weight"];
  const int64_t inputs = config.dim / config.pos_groups;
  position_g_ = weight.get("original0", {1, 1, config.pos_kernel}, Init::ones());
  position_v_ = weight.get("original1", {config.dim, inputs, config.pos_kernel},
                           Init::fan_in(inputs * config.pos_kernel));
  position_bias_ = conv.get("bias", {config.dim}, Init::zeros());

  const Parameters layers = scope["encoder"]["layers"];
  distance_table_ =
      layers[0]["attention"]["rel_attn_embed"].get("weight", {config.buckets, config.heads});
  layers_.reserve(kLastLayer);
  for (int64_t i = 0; i < kLastLayer; ++i) layers_.emplace_back(config, layers[i]);
}

at::Tensor WavLmEncoder::position_embedding(const at::Tensor& x) const {
  const at::Tensor v = widened(position_v_);  // [D, D/groups, k]
  const at::Tensor norm =
      v.square().sum(at::IntArrayRef({0, 1}), /*keepdim=*/true).sqrt();  // [1, 1, k]
  const at::Tensor y =
      at::conv1d(x.transpose(1, 2), v * (widened(position_g_) / norm), widened(position_bias_),
                 /*stride=*/1, config_.pos_kernel / 2, /*dilation=*/1, config_.pos_groups);
  // An even kernel gives one output too many, the last.
  return conv_activation_.forward(y.slice(2, 0, x.size(1))).transpose(1, 2);  // [B, T, D]
}

std::vector<at::Tensor> WavLmEncoder::hidden_states(const at::Tensor& features,
                                                    const Cancel& cancel) const {
  at::Tensor x = projection_.forward(projection_norm_.forward(features));  // [B, T, D]
  x = norm_.forward(x + position_embedding(x));
  const at::Tensor by_distance =
      distance_bias(distance_table_, x.size(1), config_.max_distance);  // [H, 2·T - 1]
  std::vector<at::Tensor> states{x};
  for (const Layer& layer : layers_) {
    cancel.check();
    x = layer.norm.forward(x + layer.attention.forward(x, by_distance, cancel));
    x = layer.final_norm.forward(x + layer.down.forward(activation_.forward(layer.up.forward(x))));
    states.push_back(x);
  }
  return states;
}

at::Tensor WavLmEncoder::forward(const at::Tensor& wave, const Cancel& cancel) const {
  const auto states = hidden_states(features_.forward(wave, cancel), cancel);
  const auto n = static_cast<size_t>(kLastLayer - kFirstLayer + 1);
  return at::stack(at::ArrayRef<at::Tensor>(states).slice(kFirstLayer, n)).mean(0);  // [B, T, D]
}

}  // namespace heart::vqv12
