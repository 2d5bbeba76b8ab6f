// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Whisper's encoder. Source: arXiv 2212.04356; names of transformers' WhisperEncoder.

#pragma once

#include "models/base/job.h"
#include "models/heartcodec/encoder_vqv12/config.h"
#include "models/heartcodec/encoder_vqv12/layers.h"
#include "models/heartcodec/encoder_vqv12/whisper_mel.h"

#include <ATen/ATen.h>

#include <vector>

namespace heart::vqv12 {

/// Threads  const and re-entrant
class WhisperEncoder {
 public:
  WhisperEncoder(const WhisperConfig& config, const Parameters& scope);

  /// All positions of the 30 s that it always looks at, 50 a second.
  /// Shapes   wave [B, S] at 16 kHz -> [B, positions, D]
  at::Tensor forward(const at::Tensor& wave, const Cancel& cancel) const;

  const WhisperMel& mel() const { return mel_; }

 private:
  struct Layer {
    Layer(const WhisperConfig& config, const Parameters& scope);
    LayerNorm attention_norm, final_norm;
    Linear q, k, v, out, up, down;
  };
  at::Tensor layer(const Layer& l, const at::Tensor& x, const Cancel& cancel) const;

  int64_t heads_;
  WhisperMel mel_;
  Conv1d conv1_, conv2_;
  at::Tensor positions_;  // [positions, D]
  Activation activation_;
  std::vector<Layer> layers_;
  LayerNorm norm_;
};

}  // namespace heart::vqv12
