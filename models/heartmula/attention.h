// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Causal grouped-query self-attention: H query heads share G key/value heads, query head j reads ⌊j·G/H⌋.
// Source   arXiv 2305.13245; Llama 3.2 in torchtune's naming

#pragma once

#include "models/checkpoint/parameters.h"
#include "models/heartmula/kv_cache.h"
#include "models/heartmula/lm_config.h"
#include "models/heartmula/rope.h"

namespace heart {

class Attention {
 public:
  /// Asks for q_proj, k_proj, v_proj and output_proj ".weight".
  Attention(const StackConfig& config, const Parameters& params);

  /// Without a cache: x is a whole sequence. With one: x continues it, at positions length, length+1, …
  /// Shapes   x [B, T, D] -> the same
  /// Errors   kInternal: the cache is too small
  at::Tensor forward(const at::Tensor& x, const Rope& rope, KvCache* cache, int64_t layer) const;

 private:
  int64_t heads_, kv_heads_, head_dim_;
  at::Tensor q_, k_, v_, output_;  // [H·E, D], [G·E, D] twice, [D, H·E]
  at::Tensor qkv_;                 // [(H + 2G)·E, D], only where fusing pays
};

/// softmax(q kᵀ / √E) v, each query seeing the keys up to its own position; the last query is at the last key.
/// Shapes   q [B, H, T, E], k and v [B, G, T', E] with T' ≥ T -> [B, H, T, E]
at::Tensor attend_causal(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v);

}  // namespace heart
