// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/heartcodec/velocity_block.h"

namespace heart::codec {

VelocityBlock::VelocityBlock(int64_t width, int64_t heads, const Parameters& scope)
    : attn_norm_(scope["attn_norm"], width),
      mlp_norm_(scope["mlp_norm"], width),
      attn_(width, heads, scope["attn"]),
      mlp_(width, scope["mlp"]),
      scale_shift_table_(scope.get("scale_shift_table", {6, width}, Init::fan_in(width))) {}

at::Tensor VelocityBlock::forward(const at::Tensor& x, const at::Tensor& modulation,
                                  const RotaryTable& rotary) const {
  const auto rows = scale_shift_table_ + modulation.unflatten(-1, {6, -1});  // [B, 6, D]
  const auto row = [&](int64_t i) { return rows.slice(1, i, i + 1); };       // [B, 1, D]
  const auto modulated = [&](const at::Tensor& normed, int64_t first) {
    return at::addcmul(row(first), normed, row(first + 1) + 1);
  };
  const auto y = at::addcmul(x, row(2), attn_.forward(modulated(attn_norm_.forward(x), 0), rotary));
  return at::addcmul(y, row(5), mlp_.forward(modulated(mlp_norm_.forward(y), 3)));  // [B, L, D]
}

}  // namespace heart::codec
