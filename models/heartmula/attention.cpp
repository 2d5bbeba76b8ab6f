// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/heartmula/attention.h"

#include <cmath>
#include <limits>

namespace heart {
namespace {

// Below this many numbers a matrix product costs less than the call around it, so one product with the
// three matrices stacked is worth a copy of them. Above it the copy would double the memory in use.
constexpr int64_t kMaxFused = 1 << 21;

}  // namespace

Attention::Attention(const StackConfig& config, const Parameters& params)
    : heads_(config.num_heads), kv_heads_(config.num_kv_heads), head_dim_(config.head_dim()) {
  const int64_t dim = config.embed_dim;
  const int64_t kv_dim = kv_heads_ * head_dim_;
  const Init init = Init::normal(0.02);
  q_ = params.get("q_proj.weight", {dim, dim}, init);
  k_ = params.get("k_proj.weight", {kv_dim, dim}, init);
  v_ = params.get("v_proj.weight", {kv_dim, dim}, init);
  // The residual branches start smaller, so that their sum over all layers does not grow (GPT-2).
  output_ = params.get("output_proj.weight", {dim, dim},
                       Init::normal(0.02 / std::sqrt(2.0 * config.num_layers)));
  if (!q_.requires_grad() && (dim + 2 * kv_dim) * dim <= kMaxFused) qkv_ = at::cat({q_, k_, v_});
}

at::Tensor Attention::forward(const at::Tensor& x, const Rope& rope, KvCache* cache,
                              int64_t layer) const {
  const int64_t rotated = heads_ + kv_heads_;
  const at::Tensor qkv =
      qkv_.defined() ? at::linear(x, qkv_)
                     : at::cat({at::linear(x, q_), at::linear(x, k_), at::linear(x, v_)}, -1);
  const at::Tensor heads =
      qkv.view({x.size(0), x.size(1), heads_ + 2 * kv_heads_, head_dim_});  // [B, T, H + 2G, E]
  const at::Tensor qk = rope.forward(heads.narrow(2, 0, rotated), cache ? cache->length() : 0)
                            .transpose(1, 2);                          // [B, H + G, T, E]
  const at::Tensor q = qk.narrow(1, 0, heads_);                        // [B, H, T, E]
  at::Tensor k = qk.narrow(1, heads_, kv_heads_);                      // [B, G, T, E]
  at::Tensor v = heads.narrow(2, rotated, kv_heads_).transpose(1, 2);  // [B, G, T, E]
  if (cache) std::tie(k, v) = cache->append(layer, k, v);
  const at::Tensor y = attend_causal(q, k, v);               // [B, H, T, E]
  return at::linear(y.transpose(1, 2).flatten(2), output_);  // [B, T, D]
}

at::Tensor attend_causal(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) {
  const int64_t batch = q.size(0), heads = q.size(1), count = q.size(2), width = q.size(3);
  const int64_t kv_heads = k.size(1), seen = k.size(2);
  const int64_t share = heads / kv_heads;
  // The query heads of one key head lie side by side: they become rows of one product.
  const at::Tensor rows =
      (q / std::sqrt(static_cast<double>(width))).reshape({batch * kv_heads, share * count, width});
  const at::Tensor keys = k.reshape({batch * kv_heads, seen, width});
  const at::Tensor values = v.reshape({batch * kv_heads, seen, width});
  at::Tensor scores = at::bmm(rows, keys.transpose(1, 2));  // [B·G, H/G · T, T']
  if (count > 1) {
    const at::Tensor hidden =
        at::ones({count, seen}, scores.options().dtype(at::kBool)).triu(seen - count + 1);
    scores = scores.view({batch * kv_heads, share, count, seen})
                 .masked_fill(hidden, -std::numeric_limits<double>::infinity())
                 .view_as(scores);
  }
  const at::Tensor weights = at::softmax(scores, -1, at::kFloat).to(v.scalar_type());
  return at::bmm(weights, values).view({batch, heads, count, width});
}

}  // namespace heart
