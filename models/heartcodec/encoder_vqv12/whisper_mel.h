// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Whisper's ears: a log-mel spectrogram of exactly 30 s, 100 frames a second, each channel floored 80 dB
// below its own maximum. Source: Whisper, arXiv 2212.04356, and its public feature extractor.

#pragma once

#include "models/heartcodec/encoder_vqv12/config.h"

#include <ATen/ATen.h>

namespace heart::vqv12 {

/// Threads  const and re-entrant
class WhisperMel {
 public:
  explicit WhisperMel(const WhisperConfig& config);
  /// Zeros up to two frames for each position of the encoder; longer audio is cut there.
  /// Shapes   wave [B, S] at 16 kHz -> [B, mels, 2 · positions]
  at::Tensor forward(const at::Tensor& wave) const;

 private:
  int64_t samples_;
  at::Tensor filters_;  // [mels, 201]
};

}  // namespace heart::vqv12
