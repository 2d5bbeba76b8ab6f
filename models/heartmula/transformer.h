// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A stack of Llama 3.2 blocks, x += attn(norm(x)), x += mlp(norm(x)), ending in its own norm. The language
// model has two of them: the backbone over frames and the depth decoder over codebooks.

#pragma once

#include "models/heartmula/attention.h"
#include "models/heartmula/rms_norm.h"

#include <vector>

namespace heart {

/// w2(silu(w1 x) · w3 x): w1 is the gate, w3 the way up, w2 the way down.
class GatedMlp {
 public:
  GatedMlp(const StackConfig& config, const Parameters& params);
  at::Tensor forward(const at::Tensor& x) const;  // [B, T, D]

 private:
  at::Tensor w1_, w2_, w3_;  // [F, D], [D, F], [F, D]
  at::Tensor w13_;           // [2F, D], only where fusing pays
};

class Transformer {
 public:
  /// Asks for "layers.N.…" and "norm.scale". `positions`: how many the rotary table holds.
  Transformer(const StackConfig& config, int64_t positions, const Parameters& params);

  /// Normed outputs. With a cache, x continues what it holds and is added to it.
  /// Shapes   x [B, T, D] -> the same
  /// Errors   kInput: more positions than the model can count
  at::Tensor forward(const at::Tensor& x, KvCache* cache = nullptr) const;

  const StackConfig& config() const { return config_; }
  KvCache make_cache(int64_t batch, int64_t capacity) const;

 private:
  struct Layer {
    RmsNorm attention_norm;
    Attention attention;
    RmsNorm mlp_norm;
    GatedMlp mlp;
  };

  StackConfig config_;
  std::vector<Layer> layers_;
  RmsNorm norm_;
  at::TensorOptions options_;  // of the weights
  Rope rope_;
};

}  // namespace heart
