// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Rotary positions on interleaved pairs (x0, x1), (x2, x3)…, angles and rotation in f32.
// Source: RoFormer, arXiv 2104.09864.

#pragma once

#include <ATen/ATen.h>

namespace heart::codec {

/// cos and sin of every position and frequency, each [L, E/2] f32.
struct RotaryTable {
  at::Tensor cos, sin;
};

/// Positions 0…length-1, frequencies 10000^(-2i/E).
RotaryTable make_rotary(int64_t length, int64_t head_width, const at::Device& device);

/// Rotates `x` [B, L, H, E]; the result has the type of `x`.
at::Tensor rotate(const at::Tensor& x, const RotaryTable& table);

}  // namespace heart::codec
