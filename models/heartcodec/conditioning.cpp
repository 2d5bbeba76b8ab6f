// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/heartcodec/conditioning.h"

namespace heart::codec {

Conditioning::Conditioning(const CodecConfig& config, const Parameters& scope)
    : project_(scope["cond_feature_emb"], config.dim, config.dim),
      zero_(scope.get("zero_cond_embedding1", {config.dim}, Init::normal(1.0))) {}

at::Tensor Conditioning::forward(const at::Tensor& features) const {
  return project_.forward(features).repeat_interleave(CodecConfig::kLatentsPerFrame,
                                                      1);  // [B, L, D]
}

at::Tensor Conditioning::masked(const at::Tensor& mu, const at::Tensor& mask) const {
  expect_shape(mask, {mu.size(0), mu.size(1)}, "mask");
  return at::where((mask == kUnconditioned).unsqueeze(-1), zero_, mu);  // [B, L, D]
}

}  // namespace heart::codec
