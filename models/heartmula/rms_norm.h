// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Root mean square normalisation as Llama has it: statistics in f32, rounded to the working type before
// the scale.
// Source   arXiv 1910.07467; torchtune's RMSNorm

#pragma once

#include "models/checkpoint/parameters.h"

namespace heart {

class RmsNorm {
 public:
  /// Asks for "scale" [D].
  RmsNorm(int64_t dim, const Parameters& params);
  /// Shapes   x [..., D] -> the same
  at::Tensor forward(const at::Tensor& x) const;
  /// Type and device of the weights.
  at::TensorOptions options() const { return scale_.options(); }

 private:
  at::Tensor scale_;  // [D]
};

}  // namespace heart
