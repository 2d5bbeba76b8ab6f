// SPDX-License-Identifier: LGPL-2.1-or-later
//
// WavLM-base: convolutions, a convolutional position embedding, and post-norm transformer layers, of
// which the outputs of the 6th to 9th are averaged. Source: arXiv 2110.13900; names of transformers.

#pragma once

#include "models/base/job.h"
#include "models/heartcodec/encoder_vqv12/config.h"
#include "models/heartcodec/encoder_vqv12/layers.h"
#include "models/heartcodec/encoder_vqv12/wavlm_attention.h"
#include "models/heartcodec/encoder_vqv12/wavlm_features.h"

#include <ATen/ATen.h>

#include <vector>

namespace heart::vqv12 {

/// Threads  const and re-entrant
class WavLmEncoder {
 public:
  static constexpr int64_t kFirstLayer = 6;
  static constexpr int64_t kLastLayer = 9;

  WavLmEncoder(const WavLmConfig& config, const Parameters& scope);

  /// Mean of the outputs of layers 6–9.   wave [B, S] at 16 kHz -> [B, T, D] at 50 Hz
  at::Tensor forward(const at::Tensor& wave, const Cancel& cancel) const;

  // The stages, for comparison with the reference.
  const WavLmFeatures& features() const { return features_; }
  /// What enters layer 1, then the outputs of layers 1 … 9.   features [B, T, C] -> 10 x [B, T, D]
  std::vector<at::Tensor> hidden_states(const at::Tensor& features, const Cancel& cancel) const;

 private:
  struct Layer {
    Layer(const WavLmConfig& config, const Parameters& scope);
    WavLmAttention attention;
    LayerNorm norm, final_norm;
    Linear up, down;
  };
  at::Tensor position_embedding(const at::Tensor& x) const;

  WavLmConfig config_;
  WavLmFeatures features_;
  LayerNorm projection_norm_;
  Linear projection_;
  at::Tensor position_g_, position_v_, position_bias_;  // [1, 1, k], [D, D/groups, k], [D]
  LayerNorm norm_;
  at::Tensor distance_table_;  // [buckets, H]
  Activation activation_, conv_activation_;
  std::vector<Layer> layers_;
};

}  // namespace heart::vqv12
