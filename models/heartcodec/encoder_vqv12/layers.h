// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The smallest parts of the released encoder. Activations are float32 throughout: what comes out are
// codes, decided by small differences. Weights may be stored in half precision and are widened when used.

#pragma once

#include "models/checkpoint/parameters.h"

#include <ATen/ATen.h>

#include <cstdint>
#include <string>
#include <vector>

namespace heart::vqv12 {

/// The eps of torch's norms where the released code does not read one from its config.
inline constexpr double kNormEps = 1e-5;

/// `weight` as the float32 that activations have; itself where it already is.
inline at::Tensor widened(const at::Tensor& weight) {
  return weight.to(at::kFloat);
}

/// y = x W^T (+ b).
struct Linear {
  Linear(const Parameters& scope, int64_t inputs, int64_t outputs, bool with_bias = true);
  at::Tensor forward(const at::Tensor& x) const;  // [..., D_in] -> [..., D_out]

  at::Tensor weight, bias;
};

/// The same with weight norm over the rows: W = g · v/|v|, `original0` = g [out, 1], `original1` = v.
struct NormedLinear {
  NormedLinear(const Parameters& scope, int64_t inputs, int64_t outputs, bool with_bias);
  at::Tensor forward(const at::Tensor& x) const;

  at::Tensor g, v, bias;
};

/// Over the last dimension, with affine.
struct LayerNorm {
  LayerNorm(const Parameters& scope, int64_t width, double eps = kNormEps);
  at::Tensor forward(const at::Tensor& x) const;

  at::Tensor weight, bias;
  double eps;
};

/// With the running statistics; channels are dimension 1.
struct BatchNorm {
  BatchNorm(const Parameters& scope, int64_t channels);
  at::Tensor forward(const at::Tensor& x) const;

  at::Tensor weight, bias, mean, var;
};

struct Conv1d {
  struct Options {
    int64_t stride = 1;
    int64_t padding = 0;
    int64_t groups = 1;
    bool with_bias = true;
  };
  Conv1d(const Parameters& scope, int64_t inputs, int64_t outputs, int64_t kernel, Options options);
  at::Tensor forward(const at::Tensor& x) const;  // [B, C, S] -> [B, C', S']

  at::Tensor weight, bias;
  Options options;
};

/// Named as in the configs: "gelu" (by erf), "swish" = "silu", "relu".
class Activation {
 public:
  explicit Activation(const std::string& name);
  at::Tensor forward(const at::Tensor& x) const;

 private:
  enum class Kind { kGelu, kSwish, kRelu } kind_;
};

/// [B, T, D] <-> [B, H, T, E], views where possible.
at::Tensor split_heads(const at::Tensor& x, int64_t heads);
at::Tensor join_heads(const at::Tensor& x);

/// a · σ(b) of the two halves of dimension `dim`.
at::Tensor gated(const at::Tensor& x, int64_t dim);

/// x · cos + (-x₂ ‖ x₁) · sin: the half-split form of rotary positions. The tables' last dimension is
/// that of `x`, each half the same angles.
at::Tensor rotate_halves(const at::Tensor& x, const at::Tensor& cos, const at::Tensor& sin);

/// cos and sin of position · base^(-2i/width), i twice over, [T, width] float32.
struct Rotary {
  at::Tensor cos, sin;
  static Rotary make(int64_t positions, int64_t width, double base, const at::Device& device);
};

}  // namespace heart::vqv12
