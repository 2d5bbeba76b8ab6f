// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What both mel front ends share: a power spectrogram and triangular filters on a mel scale.

#pragma once

#include <ATen/ATen.h>

#include <cstdint>

namespace heart::vqv12 {

/// The two scales in use: HTK's 2595·log10(1 + f/700), and Slaney's, linear to 1 kHz and
/// logarithmic above (27 steps to 6.4 kHz).
enum class MelScale { kHtk, kSlaney };
double mel_of_hz(double hz, MelScale scale);
double hz_of_mel(double mel, MelScale scale);

/// Triangles between `mels` + 2 points that are equally spaced on the scale from 0 Hz to half the rate.
/// With `by_area` each is divided by half its width in Hz (Slaney's norm), else its peak is 1.
/// Shapes   -> [mels, n_fft/2 + 1] float32, on the CPU
at::Tensor mel_filters(int64_t mels, int64_t n_fft, double rate_hz, MelScale scale, bool by_area);

/// |X|² of frames under a periodic Hann window, centred on multiples of `hop`, the ends mirrored; the
/// frame on the sample behind the last hop is left out, as both models do.
/// Shapes   wave [B, S], S > n_fft/2 -> [B, n_fft/2 + 1, ⌊S/hop⌋]
at::Tensor power_spectrogram(const at::Tensor& wave, int64_t n_fft, int64_t hop);

}  // namespace heart::vqv12
