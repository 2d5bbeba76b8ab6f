// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The three listeners of the released encoder run on one chunk of 24 kHz sound, brought to 25 Hz.

#pragma once

#include "models/base/job.h"
#include "models/heartcodec/encoder_vqv12/config.h"
#include "models/heartcodec/encoder_vqv12/mu_encoder.h"
#include "models/heartcodec/encoder_vqv12/query_transformer.h"
#include "models/heartcodec/encoder_vqv12/wavlm_encoder.h"
#include "models/heartcodec/encoder_vqv12/whisper_encoder.h"

#include <ATen/ATen.h>

#include <functional>
#include <string>
#include <vector>

namespace heart::vqv12 {

/// Threads  const and re-entrant
class FeatureExtractors {
 public:
  FeatureExtractors(const Vqv12Config& config, const Parameters& scope);

  /// One channel after the other, so that scratch memory is that of one.
  /// Shapes   chunk [1 or 2, 960·L + 240] at 24 kHz, one channel standing for two equal ones
  ///          -> features [1, L, 2 · width]; the MuEncoder does not see the last 240 samples
  Features forward(const at::Tensor& chunk, const Cancel& cancel,
                   const std::function<void()>& step = {}) const;
  static constexpr int64_t kStepsPerChannel = 3;

  const MuEncoder& mu() const { return mu_; }
  const WavLmEncoder& wavlm() const { return wavlm_; }
  const WhisperEncoder& whisper() const { return whisper_; }

 private:
  MuEncoder mu_;
  WavLmEncoder wavlm_;
  WhisperEncoder whisper_;
};

}  // namespace heart::vqv12
