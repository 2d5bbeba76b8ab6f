// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Full bidirectional attention with rotary positions and no biases. Source: arXiv 1706.03762.

#pragma once

#include "models/heartcodec/layers.h"
#include "models/heartcodec/rotary.h"

#include <ATen/ATen.h>

namespace heart::codec {

/// Threads  const and re-entrant
class Attention {
 public:
  Attention(int64_t width, int64_t heads, const Parameters& scope);
  /// Shapes   x [B, L, D] -> [B, L, D]
  at::Tensor forward(const at::Tensor& x, const RotaryTable& rotary) const;

 private:
  int64_t heads_;
  Linear q_proj_, k_proj_, v_proj_, o_proj_;
};

}  // namespace heart::codec
