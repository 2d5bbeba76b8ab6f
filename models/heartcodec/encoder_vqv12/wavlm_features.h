// SPDX-License-Identifier: LGPL-2.1-or-later
//
// WavLM's ears: seven convolutions from samples at 16 kHz to 50 vectors a second.

#pragma once

#include "models/base/job.h"
#include "models/heartcodec/encoder_vqv12/config.h"
#include "models/heartcodec/encoder_vqv12/layers.h"

#include <ATen/ATen.h>

#include <vector>

namespace heart::vqv12 {

/// Convolutions without bias, each followed by the activation; behind the first one every channel is
/// normalised over the whole time, with affine.
/// Threads  const and re-entrant
class WavLmFeatures {
 public:
  WavLmFeatures(const WavLmConfig& config, const Parameters& scope);
  /// Shapes   wave [B, S] -> [B, T, C]
  at::Tensor forward(const at::Tensor& wave, const Cancel& cancel) const;

 private:
  std::vector<Conv1d> convs_;
  at::Tensor norm_weight_, norm_bias_;  // [C]
  Activation activation_;
};

}  // namespace heart::vqv12
