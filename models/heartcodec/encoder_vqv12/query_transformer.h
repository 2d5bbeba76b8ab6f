// SPDX-License-Identifier: LGPL-2.1-or-later
//
// From the four kinds of features at 25 Hz to the vectors at 12.5 Hz that the RVQ turns into codes: the
// features are fused, behind every second one a learned query is put, and after some transformer layers
// only the queries are read.

#pragma once

#include "models/base/job.h"
#include "models/heartcodec/encoder_vqv12/config.h"
#include "models/heartcodec/encoder_vqv12/layers.h"

#include <ATen/ATen.h>

#include <vector>

namespace heart::vqv12 {

/// What the three listeners heard in one chunk, left and right side by side, [B, L, 2 · width] at 25 Hz.
struct Features {
  at::Tensor acoustic, semantic, whisper, wavlm;
};

/// Threads  const and re-entrant
class QueryTransformer {
 public:
  QueryTransformer(const Vqv12Config& config, const Parameters& scope);

  at::Device device() const { return query_.device(); }

  /// Shapes   -> [B, L, D]
  at::Tensor fuse(const Features& features) const;
  /// Shapes   fused [B, L, D], L a multiple of the interval -> [B, L / interval, D]
  at::Tensor forward(const at::Tensor& fused, const Cancel& cancel) const;

 private:
  // No norm before or after a layer; queries and keys are normalised per head, what comes back is scaled.
  struct Layer {
    Layer(const QueryConfig& config, const Parameters& scope);
    NormedLinear qkv, out;
    LayerNorm q_norm, k_norm;
    NormedLinear up, down;
    at::Tensor attention_scale, ff_scale;  // [D]
  };
  at::Tensor attention(const Layer& layer, const at::Tensor& x, const Rotary& rotary,
                       const Cancel& cancel) const;

  QueryConfig config_;
  Linear acoustic_, semantic_, phone_, fusion_;
  at::Tensor query_;  // [1, D]
  std::vector<Layer> layers_;
};

}  // namespace heart::vqv12
