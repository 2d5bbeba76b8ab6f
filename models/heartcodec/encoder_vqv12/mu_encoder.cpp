// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/heartcodec/encoder_vqv12/mu_encoder.h"

namespace heart::vqv12 {

MuEncoder::MuEncoder(const MuConfig& config, const Parameters& scope)
    : config_(config), mel_(config), conv_(config, scope["conv"]) {
  const Parameters conformer = scope["conformer"];
  layers_.reserve(kSemanticLayer);
  for (int64_t i = 0; i < kSemanticLayer; ++i) {
    layers_.emplace_back(config.conformer, conformer["layers"][i]);
  }
  if (config.conformer.layers == kSemanticLayer) {
    last_norm_.emplace_back(conformer["layer_norm"], config.conformer.dim,
                            config.conformer.norm_eps);
  }
}

std::vector<at::Tensor> MuEncoder::hidden_states(const at::Tensor& conv,
                                                 const Cancel& cancel) const {
  const ConformerConfig& c = config_.conformer;
  const Rotary rotary =
      Rotary::make(conv.size(1), c.dim / c.heads, c.rotary_base, conv.device());  // [L, E]
  std::vector<at::Tensor> states;
  at::Tensor x = conv;  // [B, L, D]
  for (const ConformerLayer& layer : layers_) {
    cancel.check();
    x = layer.forward(x, rotary, cancel);
    states.push_back(x);
  }
  if (!last_norm_.empty()) states.back() = last_norm_.front().forward(x);
  return states;
}

MuEncoder::Features MuEncoder::forward(const at::Tensor& wave, const Cancel& cancel) const {
  const at::Tensor conv = conv_.forward(mel_.forward(wave), cancel);  // [B, L, D]
  const std::vector<at::Tensor> states = hidden_states(conv, cancel);
  return {states[kAcousticLayer - 1], states[kSemanticLayer - 1]};
}

}  // namespace heart::vqv12
