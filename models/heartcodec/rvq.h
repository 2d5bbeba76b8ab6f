// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Residual vector quantiser between features at 12.5 Hz and codes: every layer holds a codebook and
// quantises what the layers before it left over. Source: SoundStream, arXiv 2107.03312; checkpoint names
// of vector-quantize-pytorch's ResidualVQ (`project_in`, `project_out`, `layers.q._codebook.embed`).

#pragma once

#include "models/heartcodec/config.h"
#include "models/heartcodec/layers.h"

#include <ATen/ATen.h>

#include <optional>
#include <vector>

namespace heart::codec {

/// Codes of one batch of vectors and what a trainer needs to move the codebooks.
struct Quantized {
  at::Tensor codes;      // [K, N] int64
  at::Tensor residuals;  // [K, N, Z]: what layer k was given, Z = codebook_dim
  at::Tensor vectors;    // [N, Z]: sum of the chosen entries
};

/// Codebooks stay f32 whatever the other networks run in: nearness is decided by small differences.
/// Threads  const and re-entrant
class Rvq {
 public:
  /// `scope` is `flow_matching.vq_embed`.
  Rvq(const CodecConfig& config, const Parameters& scope);

  /// Shapes   features [B, T, D] -> codes [B, K, T] int64
  at::Tensor encode(const at::Tensor& features) const;
  /// Shapes   codes [B, K, T] int64 -> features [B, T, D]
  /// Errors   Fault::kInput: a code outside its codebook
  at::Tensor decode(const at::Tensor& codes) const;

  // The pieces, for training: project_in -> quantize -> (straight through) -> project_out.
  at::Tensor project_in(const at::Tensor& features) const;  // [..., D] -> [..., Z]
  at::Tensor project_out(const at::Tensor& vectors) const;  // [..., Z] -> [..., D]
  /// Nearest entries, layer by layer, without gradients.   `vectors` [N, Z]
  Quantized quantize(const at::Tensor& vectors) const;
  /// Sum over the first `layers` layers' entries (0 = all).   codes [B, K, T] -> [B, T, Z]
  at::Tensor lookup(const at::Tensor& codes, int64_t layers = 0) const;

  int64_t num_quantizers() const { return static_cast<int64_t>(codebooks_.size()); }
  int64_t codebook_size() const { return size_; }
  /// Entries of layer `k`, [V, Z]: a view of the checkpoint's tensor [1, V, Z], which a trainer may write.
  at::Tensor codebook(int64_t k) const { return codebooks_[static_cast<size_t>(k)].squeeze(0); }

 private:
  int64_t size_;
  // None where features are as wide as codebook vectors: the public quantiser has no projection then.
  std::optional<Linear> project_in_, project_out_;
  std::vector<at::Tensor> codebooks_;  // K x [1, V, Z]
};

}  // namespace heart::codec
