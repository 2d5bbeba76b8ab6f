// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Which latents of a training crop are given and which are to be made: every kind of hole that a repair
// meets. Holes inside a crop come several at a time, since only latents that are made teach anything.

#pragma once

#include "models/train/step_random.h"

#include <ATen/ATen.h>

namespace heart::train {

struct MaskShares {
  double none = 0.15;        // nothing is given
  double left = 0.20;        // the end is to be made
  double right = 0.15;       // the beginning is to be made; the rest: both sides
  int64_t least_gap = 6;     // latents
  int64_t largest_gap = 80;  // between two given sides: 3.2 s
};

/// Shapes   -> [B, L] int64, codec::kInContext or codec::kGenerate; every row has a latent to make
at::Tensor draw_masks(int64_t batch, int64_t length, const MaskShares& shares, StepRandom& random);

}  // namespace heart::train
