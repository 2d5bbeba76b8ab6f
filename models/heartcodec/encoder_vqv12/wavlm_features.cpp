// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/heartcodec/encoder_vqv12/wavlm_features.h"

namespace heart::vqv12 {

WavLmFeatures::WavLmFeatures(const WavLmConfig& config, const Parameters& scope)
    : activation_(config.conv_activation) {
  const Parameters layers = scope["conv_layers"];
  int64_t inputs = 1;
  for (size_t i = 0; i < config.conv_dim.size(); ++i) {
    Conv1d::Options options;
    options.stride = config.conv_stride[i];
    options.with_bias = false;
    convs_.emplace_back(layers[static_cast<int64_t>(i)]["conv"], inputs, config.conv_dim[i],
                        config.conv_kernel[i], options);
    inputs = config.conv_dim[i];
  }
  const Parameters norm = layers[0]["layer_norm"];
  norm_weight_ = norm.get("weight", {config.conv_dim[0]}, Init::ones());
  norm_bias_ = norm.get("bias", {config.conv_dim[0]}, Init::zeros());
}

at::Tensor WavLmFeatures::forward(const at::Tensor& wave, const Cancel& cancel) const {
  at::Tensor x = wave.unsqueeze(1);  // [B, 1, S]
  for (size_t i = 0; i < convs_.size(); ++i) {
    cancel.check();
    x = convs_[i].forward(x);  // [B, C, S / strides so far]
    if (i == 0) {
      x = at::group_norm(x, x.size(1), widened(norm_weight_), widened(norm_bias_), kNormEps,
                         /*cudnn_enabled=*/false);
    }
    x = activation_.forward(x);
  }
  return x.transpose(1, 2);  // [B, T, C]
}

}  // namespace heart::vqv12
