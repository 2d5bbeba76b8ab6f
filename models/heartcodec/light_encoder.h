// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The small checkpoints' encoder: latents at 25 Hz, a small bidirectional transformer, pairs of latents
// joined to frames at 12.5 Hz. Ours; trained together with RVQ and velocity network.

#pragma once

#include "models/heartcodec/attention.h"
#include "models/heartcodec/code_encoder.h"
#include "models/heartcodec/mlp.h"

#include <vector>

namespace heart::codec {

/// Attention and MLP, each behind an RMSNorm and added to its input.   [B, L, D] -> [B, L, D]
struct LightBlock {
  LightBlock(int64_t width, int64_t heads, const Parameters& scope);
  at::Tensor forward(const at::Tensor& x, const RotaryTable& rotary) const;

  RmsNorm attn_norm, mlp_norm;
  Attention attn;
  Mlp mlp;
};

/// Threads  const and re-entrant
class LightEncoder : public CodeEncoder {
 public:
  LightEncoder(const LightEncoderConfig& config, const CodecConfig& codec,
               const Autoencoder& autoencoder, const Parameters& scope);

  at::Tensor features(const at::Tensor& audio, int64_t rate, const Cancel& cancel = {},
                      const Progress& progress = {}) const override;

  /// The same from latents, for training.   latents [B, L, Z] -> [B, ⌈L/2⌉, D]
  at::Tensor features_of_latents(const at::Tensor& latents) const;

 private:
  const Autoencoder& autoencoder_;
  int64_t head_width_;
  Linear proj_in_;
  std::vector<LightBlock> blocks_;
  RmsNorm norm_;
  Linear proj_out_;  // reads both latents of a frame side by side
};

}  // namespace heart::codec
