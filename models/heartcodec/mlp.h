// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Gated feed-forward: down(silu(gate x) · up x), no biases. Source: GLU variants, arXiv 2002.05202.

#pragma once

#include "models/heartcodec/layers.h"

#include <ATen/ATen.h>

namespace heart::codec {

struct Mlp {
  Mlp(int64_t width, const Parameters& scope)
      : gate(scope["gate"], width, hidden_of(width), /*with_bias=*/false),
        up(scope["up"], width, hidden_of(width), /*with_bias=*/false),
        down(scope["down"], hidden_of(width), width, /*with_bias=*/false) {}

  /// Two thirds of four times the width, rounded up to a multiple of 256.
  static int64_t hidden_of(int64_t width) { return (8 * width / 3 + 255) / 256 * 256; }

  at::Tensor forward(const at::Tensor& x) const {
    return down.forward(at::silu(gate.forward(x)) * up.forward(x));  // [B, L, D]
  }

  Linear gate, up, down;
};

}  // namespace heart::codec
