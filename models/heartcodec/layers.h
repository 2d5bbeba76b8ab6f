// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The smallest parts of the codec's networks, and the shape check at every border. Const after
// construction, usable under autograd and inference mode, on any thread.

#pragma once

#include "models/checkpoint/parameters.h"

#include <ATen/ATen.h>

#include <optional>
#include <string>

namespace heart::codec {

/// Throws Error{kInternal} unless `tensor` has these sizes; -1 stands for any size.
void expect_shape(const at::Tensor& tensor, at::IntArrayRef wanted, const char* name);

/// y = x W^T (+ b), `weight` [D_out, D_in].
struct Linear {
  Linear(const Parameters& scope, int64_t inputs, int64_t outputs, bool with_bias = true)
      : weight(scope.get("weight", {outputs, inputs}, Init::fan_in(inputs))),
        bias(with_bias ? scope.get("bias", {outputs}, Init::zeros()) : at::Tensor()) {}

  at::Tensor forward(const at::Tensor& x) const { return at::linear(x, weight, bias_or_none()); }
  c10::optional<at::Tensor> bias_or_none() const {
    return bias.defined() ? c10::optional<at::Tensor>(bias) : c10::nullopt;
  }

  at::Tensor weight, bias;
};

/// `weight` · x / rms(x), the statistic in f32 whatever the working type. arXiv 1910.07467.
struct RmsNorm {
  RmsNorm(const Parameters& scope, int64_t width)
      : weight(scope.get("weight", {width}, Init::ones())) {}

  at::Tensor forward(const at::Tensor& x) const;

  at::Tensor weight;
  static constexpr double kEpsilon = 1e-6;
};

}  // namespace heart::codec
