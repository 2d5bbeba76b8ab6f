// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The doors of the velocity network (proj_in, connection_proj, proj_out): a convolution over three
// neighbouring latents, scaled by 3^-0.5, and a linear. Both ends of the window see zeros.

#pragma once

#include "models/heartcodec/layers.h"

#include <ATen/ATen.h>

namespace heart::codec {

/// Threads  const and re-entrant
class Projection {
 public:
  Projection(int64_t inputs, int64_t outputs, const Parameters& scope);

  /// Shapes   x [B, L, C] -> [B, L, D]
  at::Tensor forward(const at::Tensor& x) const { return finish(convolve(x, 0)); }

  // In two parts, for inputs of which some channels stay the same from call to call: the convolution
  // of the channels from `first` on, without bias, and what follows once the parts are summed.
  at::Tensor convolve(const at::Tensor& x, int64_t first) const;  // [B, L, D]
  at::Tensor finish(const at::Tensor& convolved) const;           // [B, L, D]

 private:
  at::Tensor kernel_;  // [D, C, 3]
  at::Tensor bias_;    // [D]
  Linear linear_;
};

}  // namespace heart::codec
