// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Rotary positions with Llama 3's frequency scaling, on interleaved pairs (x0,x1), (x2,x3), …
// Everything is f32 whatever the weights are: p·θ in bf16 would lose the position.
// Source   arXiv 2104.09864; torchtune's Llama3ScaledRoPE

#pragma once

#include <ATen/ATen.h>

namespace heart {

struct RopeScaling {
  double base = 500000;
  double scale_factor = 32;
  double low_freq_factor = 1;
  double high_freq_factor = 4;
  double old_context_len = 8192;
};

class Rope {
 public:
  /// A table for positions 0…positions−1 of heads of even width `head_dim`.
  Rope(int64_t head_dim, int64_t positions, at::Device device, const RopeScaling& scaling = {});

  /// Rotates x's positions begin, begin+1, …
  /// Shapes   x [B, T, H, E] -> the same
  at::Tensor forward(const at::Tensor& x, int64_t begin) const;

  /// [E/2] radians per position, f32.
  static at::Tensor frequencies(int64_t head_dim, const RopeScaling& scaling = {});
  /// cos and sin of positions [T] (any integers): [T, E/2, 2], f32.
  static at::Tensor table(const at::Tensor& positions, const at::Tensor& frequencies);
  /// Shapes   x [B, T, H, E], table [T, E/2, 2] -> like x
  static at::Tensor rotate(const at::Tensor& x, const at::Tensor& table);

  int64_t positions() const { return table_.size(0); }

 private:
  at::Tensor table_;  // [T, E/2, 2] f32: cos, sin
};

}  // namespace heart
