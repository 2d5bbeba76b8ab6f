// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What both mel front ends share: a power spectrogram and triangular filters on a mel scale.

#pragma once

#include <ATen/ATen.h>

#include <cstdint>

namespace heart::vqv12 {

/// HTK's scale, 2595·log10(1 + f/700), from 0 Hz to half the rate; every triangle's peak is 1.
/// Bit for bit those of torchaudio in float32, which are part of what the network was trained on: they
/// are up to 2e-5 from the exact ones, ten times what anything else in the front end rounds.
/// Shapes   -> [mels, n_fft/2 + 1] float32, on the CPU
/// Source   torchaudio.functional.melscale_fbanks
at::Tensor htk_filters(int64_t mels, int64_t n_fft, int64_t rate_hz);

/// Slaney's scale: linear to 1 kHz, above it logarithmic with 27 steps to 6.4 kHz.
double slaney_mel(double hz);
double slaney_hz(double mel);

/// Triangles on Slaney's scale from 0 Hz to half the rate, each divided by half its width in Hz.
/// In doubles, as in transformers' feature extractor.
/// Shapes   -> [mels, n_fft/2 + 1] float32, on the CPU
at::Tensor slaney_filters(int64_t mels, int64_t n_fft, int64_t rate_hz);

/// |X|² of frames under a periodic Hann window, centred on multiples of `hop`, the ends mirrored; the
/// frame on the sample behind the last hop is left out, as both models do.
/// Shapes   wave [B, S], S > n_fft/2 -> [B, n_fft/2 + 1, ⌊S/hop⌋]
at::Tensor power_spectrogram(const at::Tensor& wave, int64_t n_fft, int64_t hop);

}  // namespace heart::vqv12
