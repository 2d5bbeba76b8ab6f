// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The MuEncoder's ears: a normalised mel spectrogram in decibels, 100 frames a second.
// Source: torchaudio MelSpectrogram and AmplitudeToDB with their defaults, as MuQ uses them.

#pragma once

#include "models/heartcodec/encoder_vqv12/config.h"

#include <ATen/ATen.h>

namespace heart::vqv12 {

/// Threads  const and re-entrant
class MuMel {
 public:
  explicit MuMel(const MuConfig& config);
  /// Whole features of 960 samples only; what is left over at the end is not looked at.
  /// Shapes   wave [B, S] at 24 kHz -> [B, mels, 4 · ⌊S/960⌋]
  at::Tensor forward(const at::Tensor& wave) const;

 private:
  int64_t n_fft_, hop_;
  double mean_, std_;
  at::Tensor filters_;  // [mels, n_fft/2 + 1]
};

}  // namespace heart::vqv12
