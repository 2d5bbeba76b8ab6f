// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/heartcodec/attention.h"

#include <torch/version.h>

#include <cmath>

namespace heart::codec {
namespace {

// q, k, v [B, H, L, E] -> [B, H, L, E]
at::Tensor attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) {
#if TORCH_VERSION_MAJOR >= 2
  return at::scaled_dot_product_attention(q, k, v);
#else
  const double scale = 1.0 / std::sqrt(static_cast<double>(q.size(-1)));
  const auto scores = at::matmul(q * scale, k.transpose(-2, -1));  // [B, H, L, L]
  return at::matmul(at::softmax(scores, -1), v);
#endif
}

}  // namespace

Attention::Attention(int64_t width, int64_t heads, const Parameters& scope)
    : heads_(heads),
      q_proj_(scope["q_proj"], width, width, /*with_bias=*/false),
      k_proj_(scope["k_proj"], width, width, /*with_bias=*/false),
      v_proj_(scope["v_proj"], width, width, /*with_bias=*/false),
      o_proj_(scope["o_proj"], width, width, /*with_bias=*/false) {}

at::Tensor Attention::forward(const at::Tensor& x, const RotaryTable& rotary) const {
  const auto heads = [&](const at::Tensor& y) { return y.unflatten(-1, {heads_, -1}); };
  const auto q = rotate(heads(q_proj_.forward(x)), rotary).transpose(1, 2);  // [B, H, L, E]
  const auto k = rotate(heads(k_proj_.forward(x)), rotary).transpose(1, 2);  // [B, H, L, E]
  const auto v = heads(v_proj_.forward(x)).transpose(1, 2);                  // [B, H, L, E]
  return o_proj_.forward(attend(q, k, v).transpose(1, 2).flatten(2));        // [B, L, D]
}

}  // namespace heart::codec
