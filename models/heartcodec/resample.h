// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Sample rate conversion by a windowed sinc, with the arithmetic of torchaudio's `resample`
// (sinc_interp_hann), which the released encoder was trained behind. Filters are built once per
// pair of rates, on the CPU, and kept for the life of the process.

#pragma once

#include <ATen/ATen.h>

#include <cstdint>

namespace heart {

/// The defaults are torchaudio's. A wider filter has a steeper edge: at `lowpass_width` w the
/// passband ends about 1/w of the lower Nyquist frequency below it.
struct ResampleOptions {
  int64_t lowpass_width = 6;  // zero crossings of the sinc on each side
  double rolloff = 0.99;      // cutoff as a share of the lower Nyquist frequency
};

/// Samples that `samples` become: ⌈samples · to / from⌉.
int64_t resampled_length(int64_t samples, int64_t from_hz, int64_t to_hz);

/// Converts audio from one rate to another; sound before the first and after the last sample counts
/// as 0. Shapes   wave [..., S] -> [..., ⌈S · to/from⌉], contiguous; the very same tensor where the
/// rates agree Units    rates in Hz, whole numbers above 0 Errors   Fault::kInput: a rate or a
/// filter width below 1, a rolloff outside (0, 1], no dimension Threads  any; differentiable with
/// respect to `wave` Source   torchaudio.functional.resample: filter positions in float32 for a
/// float32 wave, as there
at::Tensor resample(const at::Tensor& wave, int64_t from_hz, int64_t to_hz,
                    const ResampleOptions& options = {});

}  // namespace heart
