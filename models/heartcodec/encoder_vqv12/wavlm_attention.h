// SPDX-License-Identifier: LGPL-2.1-or-later
//
// WavLM's attention: scores get a bias by the distance of key and query, looked up in 320 buckets and
// scaled by a gate that each query computes. Source: WavLM, arXiv 2110.13900.

#pragma once

#include "models/base/job.h"
#include "models/heartcodec/encoder_vqv12/config.h"
#include "models/heartcodec/encoder_vqv12/layers.h"

#include <ATen/ATen.h>

namespace heart::vqv12 {

/// The bucket of each distance (key - query): distances above 0 have the upper half of the buckets; in
/// each half the first half is exact, the rest grows logarithmically up to `max_distance`.
/// Shapes   distance [...] int64 -> [...] int64
at::Tensor relative_buckets(const at::Tensor& distance, int64_t buckets, int64_t max_distance);

/// Biases of all distances -(T-1) … T-1 from the table of layer 0, which all layers share.
/// Shapes   table [buckets, H] -> [H, 2·T - 1]
at::Tensor distance_bias(const at::Tensor& table, int64_t positions, int64_t max_distance);

/// Rows [begin, end) of the T × T biases that `by_distance` stands for: out[h, i, j] = bias of j - i.
/// Shapes   by_distance [H, 2·T - 1] -> [H, end - begin, T]
at::Tensor bias_rows(const at::Tensor& by_distance, int64_t begin, int64_t end);

/// Threads  const and re-entrant
class WavLmAttention {
 public:
  WavLmAttention(const WavLmConfig& config, const Parameters& scope);
  /// Shapes   x [B, T, D], by_distance [H, 2·T - 1] -> [B, T, D]
  at::Tensor forward(const at::Tensor& x, const at::Tensor& by_distance,
                     const Cancel& cancel) const;
  /// What each query multiplies its biases by, around 1.   x [B, T, D] -> [B, H, T, 1]
  at::Tensor gate(const at::Tensor& x) const;

 private:
  int64_t heads_;
  Linear q_, k_, v_, out_, gate_;
  at::Tensor gate_const_;  // [1, H, 1, 1]
};

}  // namespace heart::vqv12
