// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Two residual 2-D convolutions over a mel spectrogram, each halving mel bands and frames.

#pragma once

#include "models/base/job.h"
#include "models/heartcodec/encoder_vqv12/config.h"
#include "models/heartcodec/encoder_vqv12/layers.h"

#include <ATen/ATen.h>

#include <vector>

namespace heart::vqv12 {

/// 3×3, one zero around the picture. Computed in stretches of time: at full size the unfolded input of
/// one call over a whole chunk would take 1.7 GB.
class Conv3x3 {
 public:
  Conv3x3(const Parameters& scope, int64_t inputs, int64_t outputs, int64_t stride);
  /// Shapes   x [B, C, F, T] -> [B, C', ⌈F/stride⌉, ⌈T/stride⌉]
  at::Tensor forward(const at::Tensor& x, const Cancel& cancel) const;

 private:
  int64_t stride_;
  at::Tensor weight_, bias_;
};

/// relu(bn2(conv2(relu(bn1(conv1 x)))) + bn3(conv3 x)); conv1 and conv3 halve both axes.
class MuConvBlock {
 public:
  MuConvBlock(const Parameters& scope, int64_t inputs, int64_t outputs);
  at::Tensor forward(const at::Tensor& x, const Cancel& cancel) const;

 private:
  Conv3x3 conv1_, conv2_, conv3_;
  BatchNorm norm1_, norm2_, norm3_;
};

/// Threads  const and re-entrant
class MuConv {
 public:
  MuConv(const MuConfig& config, const Parameters& scope);
  /// Shapes   mel [B, mels, 4·L] -> [B, L, D]
  at::Tensor forward(const at::Tensor& mel, const Cancel& cancel) const;

 private:
  MuConvBlock first_, second_;
  Linear linear_;
};

}  // namespace heart::vqv12
