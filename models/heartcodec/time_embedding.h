// SPDX-License-Identifier: LGPL-2.1-or-later
//
// From the solver's time to the vectors that shift, scale and gate every block ("AdaLN-single").
// Source: PixArt-alpha, arXiv 2310.00426; sinusoid as in diffusers' Timesteps with flipped halves.

#pragma once

#include "models/heartcodec/layers.h"

#include <ATen/ATen.h>

namespace heart::codec {

/// cos and sin of 1000 t at 256 geometric frequencies.   t [B] -> [B, 512] f32
at::Tensor time_sinusoid(const at::Tensor& t);

/// Threads  const and re-entrant
class TimeEmbedding {
 public:
  /// What one set of times means to one stage of width D.
  struct Output {
    at::Tensor embedded;    // [B, D], for the stage's last norm
    at::Tensor modulation;  // [B, 6 D], for its blocks
  };

  /// `scope` is `adaln_single` or `adaln_single_2`.
  TimeEmbedding(int64_t width, const Parameters& scope);
  Output forward(const at::Tensor& t) const;

 private:
  Linear linear_1_, linear_2_, modulation_;
};

}  // namespace heart::codec
