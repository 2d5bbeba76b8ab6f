// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/heartmula/rope.h"

#include <cmath>

namespace heart {

at::Tensor Rope::frequencies(int64_t head_dim, const RopeScaling& s) {
  const at::Tensor exponent = at::arange(0, head_dim, 2, at::kFloat) / head_dim;   // [E/2]
  const at::Tensor plain = at::reciprocal(at::pow(at::Scalar(s.base), exponent));  // [E/2]
  const at::Tensor wavelength = 2 * M_PI / plain;                                  // [E/2]
  const at::Tensor slow = plain / s.scale_factor;
  const at::Tensor share = (s.old_context_len / wavelength - s.low_freq_factor) /
                           (s.high_freq_factor - s.low_freq_factor);
  const at::Tensor blend = (1 - share) * slow + share * plain;
  const at::Tensor is_short = wavelength < s.old_context_len / s.high_freq_factor;
  const at::Tensor is_long = wavelength > s.old_context_len / s.low_freq_factor;
  return at::where(is_short, plain, at::where(is_long, slow, blend));
}

at::Tensor Rope::table(const at::Tensor& positions, const at::Tensor& frequencies) {
  const at::Tensor angle = positions.to(at::kFloat).unsqueeze(-1) * frequencies;  // [T, E/2]
  return at::stack({at::cos(angle), at::sin(angle)}, -1);                         // [T, E/2, 2]
}

Rope::Rope(int64_t head_dim, int64_t positions, at::Device device, const RopeScaling& scaling)
    : table_(table(at::arange(positions), frequencies(head_dim, scaling)).to(device)) {}

at::Tensor Rope::forward(const at::Tensor& x, int64_t begin) const {
  return rotate(x, table_.narrow(0, begin, x.size(1)));
}

at::Tensor Rope::rotate(const at::Tensor& x, const at::Tensor& table) {
  const at::Tensor pairs =
      x.to(at::kFloat).unflatten(-1, {x.size(-1) / 2, 2});  // [B, T, H, E/2, 2]
  const at::Tensor turn = table.unsqueeze(1);               // [T, 1, E/2, 2]
  if (x.device().type() != at::kMPS) {
    // One complex product does the work of six calls: (x0 + i x1)(cos + i sin).
    const at::Tensor turned = at::view_as_complex(pairs) * at::view_as_complex(turn);
    return at::view_as_real(turned).flatten(-2).to(x.scalar_type());
  }
  const at::Tensor x0 = pairs.select(-1, 0), x1 = pairs.select(-1, 1);
  const at::Tensor cos = turn.select(-1, 0), sin = turn.select(-1, 1);
  return at::stack({x0 * cos - x1 * sin, x1 * cos + x0 * sin}, -1).flatten(-2).to(x.scalar_type());
}

}  // namespace heart
