// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/heartcodec/encoder_vqv12/attention.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace heart::vqv12 {

at::Tensor attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                  const Cancel& cancel, const AttentionBias& bias) {
  const double scale = 1 / std::sqrt(static_cast<double>(q.size(3)));
  const at::Tensor scaled = q * scale;        // [B, H, T, E]
  const at::Tensor keys = k.transpose(2, 3);  // [B, H, E, T]
  const int64_t queries = q.size(2);
  std::vector<at::Tensor> blocks;
  for (int64_t begin = 0; begin < queries; begin += kQueryBlock) {
    cancel.check();
    const int64_t end = std::min(queries, begin + kQueryBlock);
    at::Tensor scores = at::matmul(scaled.slice(2, begin, end), keys);  // [B, H, t, T]
    if (bias) scores = scores + bias(begin, end);
    blocks.push_back(at::matmul(at::softmax(scores, -1), v));  // [B, H, t, E]
  }
  return at::cat(blocks, 2);
}

}  // namespace heart::vqv12
