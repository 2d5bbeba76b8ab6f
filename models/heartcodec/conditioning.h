// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the velocity network is told about the codes: mu, one vector per latent, and the mask that says
// which latents are given and which are to be made. Source: HeartCodec, arXiv 2601.10547.

#pragma once

#include "models/heartcodec/config.h"
#include "models/heartcodec/layers.h"

#include <ATen/ATen.h>

namespace heart::codec {

/// Values of the mask, per latent.
enum LatentMask : int64_t {
  kUnconditioned = 0,  // made without codes; only behind the end of short input
  kInContext = 1,      // given: the solver keeps it
  kGenerate = 2,       // made from the codes
};

/// Threads  const and re-entrant
class Conditioning {
 public:
  /// `scope` is `flow_matching`.
  Conditioning(const CodecConfig& config, const Parameters& scope);

  /// Shapes   features [B, T, D] (of Rvq::decode) -> mu [B, L, D], L = 2 T
  at::Tensor forward(const at::Tensor& features) const;
  /// mu with the learned "no codes" vector where the mask is 0.   mask [B, L] int64
  at::Tensor masked(const at::Tensor& mu, const at::Tensor& mask) const;

 private:
  Linear project_;
  at::Tensor zero_;  // [D]
};

}  // namespace heart::codec
