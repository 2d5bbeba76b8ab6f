// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/heartcodec/rotary.h"

#include <cmath>

namespace heart::codec {

RotaryTable make_rotary(int64_t length, int64_t head_width, const at::Device& device) {
  // In f64 on the CPU, then rounded once; it is a small table.
  const auto options = at::TensorOptions(at::kDouble);
  const auto pair = at::arange(head_width / 2, options) * (2.0 / static_cast<double>(head_width));
  const auto frequency = at::exp(pair * -std::log(10000.0));                // [E/2]
  const auto angle = at::arange(length, options).unsqueeze(1) * frequency;  // [L, E/2]
  return {angle.cos().to(at::kFloat).to(device), angle.sin().to(at::kFloat).to(device)};
}

at::Tensor rotate(const at::Tensor& x, const RotaryTable& table) {
  const auto pairs = x.to(at::kFloat).unflatten(-1, {-1, 2});  // [B, L, H, E/2, 2]
  const auto even = pairs.select(-1, 0), odd = pairs.select(-1, 1);
  const auto cos = table.cos.unsqueeze(1), sin = table.sin.unsqueeze(1);  // [L, 1, E/2]
  return at::stack({even * cos - odd * sin, odd * cos + even * sin}, -1)
      .flatten(-2)
      .to(x.scalar_type());  // [B, L, H, E]
}

}  // namespace heart::codec
