// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The MuEncoder (MuQ's architecture): mel, convolutions and a conformer, of which two hidden states are
// read: an early one that hears timbre, a late one that hears meaning. Source: MuQ, arXiv 2501.01108.

#pragma once

#include "models/base/job.h"
#include "models/heartcodec/encoder_vqv12/config.h"
#include "models/heartcodec/encoder_vqv12/conformer.h"
#include "models/heartcodec/encoder_vqv12/mu_conv.h"
#include "models/heartcodec/encoder_vqv12/mu_mel.h"

#include <ATen/ATen.h>

#include <vector>

namespace heart::vqv12 {

/// Threads  const and re-entrant
class MuEncoder {
 public:
  static constexpr int64_t kAcousticLayer = 2;
  static constexpr int64_t kSemanticLayer = 11;

  MuEncoder(const MuConfig& config, const Parameters& scope);

  struct Features {
    at::Tensor acoustic, semantic;  // [B, L, D] at 25 Hz
  };
  /// Shapes   wave [B, S] at 24 kHz -> L = ⌊S/960⌋
  Features forward(const at::Tensor& wave, const Cancel& cancel) const;

  // The stages, for comparison with the reference.
  const MuMel& mel() const { return mel_; }
  const MuConv& conv() const { return conv_; }
  /// Outputs of layers 1 … 11.
  std::vector<at::Tensor> hidden_states(const at::Tensor& conv, const Cancel& cancel) const;

 private:
  MuConfig config_;
  MuMel mel_;
  MuConv conv_;
  std::vector<ConformerLayer> layers_;
  std::vector<LayerNorm>
      last_norm_;  // none, or the one behind the last layer where that is layer 11
};

}  // namespace heart::vqv12
