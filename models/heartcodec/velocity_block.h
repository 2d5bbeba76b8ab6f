// SPDX-License-Identifier: LGPL-2.1-or-later
//
// One transformer block of the velocity network, shifted, scaled and gated by the time ("AdaLN-single").
// Source: PixArt-alpha, arXiv 2310.00426; tensor names of HeartCodec.

#pragma once

#include "models/heartcodec/attention.h"
#include "models/heartcodec/mlp.h"

#include <ATen/ATen.h>

namespace heart::codec {

/// Threads  const and re-entrant
class VelocityBlock {
 public:
  VelocityBlock(int64_t width, int64_t heads, const Parameters& scope);
  /// Shapes   x [B, L, D]; modulation [B or 1, 6 D] of TimeEmbedding -> [B, L, D]
  at::Tensor forward(const at::Tensor& x, const at::Tensor& modulation,
                     const RotaryTable& rotary) const;

 private:
  RmsNorm attn_norm_, mlp_norm_;
  Attention attn_;
  Mlp mlp_;
  at::Tensor scale_shift_table_;  // [6, D]
};

}  // namespace heart::codec
