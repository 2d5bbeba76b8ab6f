// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The flow decoder's network: given latents part of the way from noise, the latents already known and
// mu, in which direction to go on. Two stages of transformer blocks, the second twice as wide; it reads
// the input again, beside the first stage's result. Source: HeartCodec, arXiv 2601.10547
// (`flow_matching.estimator`).

#pragma once

#include "models/heartcodec/config.h"
#include "models/heartcodec/projection.h"
#include "models/heartcodec/time_embedding.h"
#include "models/heartcodec/velocity_block.h"

#include <ATen/ATen.h>

#include <vector>

namespace heart::codec {

/// Runs in the type of its weights; rotary positions and norms in f32.
/// Threads  const and re-entrant
class VelocityNetwork {
 public:
  /// What times mean to both stages. Independent of the latents: a solver makes all its steps' at once.
  struct Modulation {
    TimeEmbedding::Output stage_1, stage_2;
    Modulation row(int64_t step) const;  // one row, [1, ...]
  };
  /// What stays the same while only x and t change, as in all steps of one solve.
  struct Prepared {
    at::Tensor in_part, connection_part;  // [B, L, D], [B, L, 2 D]
    RotaryTable rotary_1, rotary_2;
  };
  /// Values on the way, for tests.
  struct Trace {
    at::Tensor proj_in, stage_1, connection;
  };

  /// `scope` is `flow_matching.estimator`.
  VelocityNetwork(const CodecConfig& config, const Parameters& scope);

  /// Shapes   x, context [B, L, Z]; mu [B, L, D]; t [B] in 0…1 -> v [B, L, Z]
  /// Units    context is 0 where a latent is not given
  at::Tensor forward(const at::Tensor& x, const at::Tensor& context, const at::Tensor& mu,
                     const at::Tensor& t) const {
    return forward(x, prepare(context, mu), modulation(t));
  }

  Modulation modulation(const at::Tensor& t) const;
  Prepared prepare(const at::Tensor& context, const at::Tensor& mu) const;
  at::Tensor forward(const at::Tensor& x, const Prepared& prepared, const Modulation& modulation,
                     Trace* trace = nullptr) const;

  /// The blocks by stage, for tests.
  const std::vector<VelocityBlock>& blocks(int stage) const {
    return stage == 1 ? blocks_1_ : blocks_2_;
  }
  /// Width of a head in a stage.
  int64_t head_width(int stage) const { return head_width_ * stage; }
  at::ScalarType dtype() const { return table_1_.scalar_type(); }
  at::Device device() const { return table_1_.device(); }

 private:
  int64_t latent_width_, head_width_, mu_width_;
  Projection proj_in_, connection_proj_, proj_out_;
  TimeEmbedding time_1_, time_2_;
  std::vector<VelocityBlock> blocks_1_, blocks_2_;
  at::Tensor table_1_, table_2_;  // [2, D], [2, 2 D]: shift and scale after each stage
};

}  // namespace heart::codec
