// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/heartcodec/encoder_vqv12/wavlm_attention.h"

#include "models/heartcodec/encoder_vqv12/attention.h"

#include <cmath>

namespace heart::vqv12 {

at::Tensor relative_buckets(const at::Tensor& distance, int64_t buckets, int64_t max_distance) {
  const int64_t half = buckets / 2;
  const int64_t exact = half / 2;
  const at::Tensor upper = (distance > 0).to(at::kLong) * half;
  const at::Tensor size = distance.abs();
  const double span = std::log(static_cast<double>(max_distance) / static_cast<double>(exact));
  const at::Tensor log_size = at::log(size.to(at::kFloat) / exact) / span * (half - exact);
  // log(0) is -inf, whose integer is undefined; those distances are exact ones anyway.
  const at::Tensor large = (log_size.clamp_min(0) + exact).to(at::kLong).clamp_max(half - 1);
  return upper + at::where(size < exact, size, large);
}

at::Tensor distance_bias(const at::Tensor& table, int64_t positions, int64_t max_distance) {
  const at::Tensor distance =
      at::arange(1 - positions, positions, at::TensorOptions().dtype(at::kLong));  // [2·T - 1]
  const at::Tensor bucket = relative_buckets(distance, table.size(0), max_distance);
  return widened(table).index_select(0, bucket.to(table.device())).transpose(0, 1).contiguous();
}

at::Tensor bias_rows(const at::Tensor& by_distance, int64_t begin, int64_t end) {
  const int64_t positions = (by_distance.size(1) + 1) / 2;
  // Row i is the T biases from distance -i on, so they start at T - 1 - i: later rows start earlier.
  const at::Tensor windows = by_distance.unfold(1, positions, 1);         // [H, T, T], a view
  return windows.slice(1, positions - end, positions - begin).flip({1});  // [H, end - begin, T]
}

WavLmAttention::WavLmAttention(const WavLmConfig& config, const Parameters& scope)
    : heads_(config.heads),
      q_(scope["q_proj"], config.dim, config.dim),
      k_(scope["k_proj"], config.dim, config.dim),
      v_(scope["v_proj"], config.dim, config.dim),
      out_(scope["out_proj"], config.dim, config.dim),
      gate_(scope["gru_rel_pos_linear"], config.dim / config.heads, 8),
      gate_const_(scope.get("gru_rel_pos_const", {1, config.heads, 1, 1}, Init::ones())) {}

at::Tensor WavLmAttention::gate(const at::Tensor& x) const {
  const at::Tensor eight = gate_.forward(split_heads(x, heads_));  // [B, H, T, 8]
  const auto both =
      at::sigmoid(eight.unflatten(-1, {2, 4}).sum(-1)).chunk(2, -1);  // 2 x [B, H, T, 1]
  return both[0] * (both[1] * widened(gate_const_) - 1) + 2;
}

at::Tensor WavLmAttention::forward(const at::Tensor& x, const at::Tensor& by_distance,
                                   const Cancel& cancel) const {
  const at::Tensor q = split_heads(q_.forward(x), heads_);  // [B, H, T, E]
  const at::Tensor k = split_heads(k_.forward(x), heads_);  // [B, H, T, E]
  const at::Tensor v = split_heads(v_.forward(x), heads_);  // [B, H, T, E]
  const at::Tensor gates = gate(x);                         // [B, H, T, 1]
  const AttentionBias bias = [&](int64_t begin, int64_t end) {
    return gates.slice(2, begin, end) * bias_rows(by_distance, begin, end).unsqueeze(0);
  };
  return out_.forward(join_heads(attend(q, k, v, cancel, bias)));  // [B, T, D]
}

}  // namespace heart::vqv12
