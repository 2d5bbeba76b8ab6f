// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Convolutions whose weight is stored as length g and direction v: w = g · v / ‖v‖, the norm over all
// axes but the first. Source: arXiv 1602.07868; names of torch's parametrizations.weight_norm.

#pragma once

#include "models/heartcodec/layers.h"

#include <ATen/ATen.h>

#include <memory>
#include <mutex>

namespace heart::codec {

/// Threads  const and re-entrant
class WeightNorm {
 public:
  /// Weight [first, second, kernel] under `scope`.
  WeightNorm(const Parameters& scope, int64_t first, int64_t second, int64_t kernel);

  /// Computed at the first call and kept; under training at every call.
  at::Tensor weight() const;

 private:
  struct Kept {
    std::once_flag once;
    at::Tensor weight;
  };

  at::Tensor length_, direction_;  // g, v
  std::shared_ptr<Kept> kept_ = std::make_shared<Kept>();
};

/// Sees only the past: dilation·(kernel-1) zeros stand before the first sample, whatever the stride.
/// Shapes   x [B, C, S] -> [B, C', ⌈S / stride⌉]
struct CausalConv {
  CausalConv(const Parameters& scope, int64_t inputs, int64_t outputs, int64_t kernel,
             int64_t stride = 1, int64_t dilation = 1);
  at::Tensor forward(const at::Tensor& x) const;

  WeightNorm norm;
  at::Tensor bias;
  int64_t kernel, stride, dilation;
};

/// Transposed: every sample becomes `stride` of them; what would reach past the last is dropped.
/// Shapes   x [B, C, S] -> [B, C', stride · S]
struct CausalUpsample {
  CausalUpsample(const Parameters& scope, int64_t inputs, int64_t outputs, int64_t kernel,
                 int64_t stride);
  at::Tensor forward(const at::Tensor& x) const;

  WeightNorm norm;
  at::Tensor bias;
  int64_t stride;
};

}  // namespace heart::codec
