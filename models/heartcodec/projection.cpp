// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/heartcodec/projection.h"

#include <cmath>

namespace heart::codec {
namespace {

constexpr int64_t kKernel = 3;

}  // namespace

Projection::Projection(int64_t inputs, int64_t outputs, const Parameters& scope)
    : kernel_(
          scope["ffn_1"].get("weight", {outputs, inputs, kKernel}, Init::fan_in(inputs * kKernel))),
      bias_(scope["ffn_1"].get("bias", {outputs}, Init::zeros())),
      linear_(scope["ffn_2"], outputs, outputs) {}

at::Tensor Projection::convolve(const at::Tensor& x, int64_t first) const {
  const auto kernel = kernel_.slice(1, first, first + x.size(-1));                   // [D, C, 3]
  return at::conv1d(x.transpose(1, 2), kernel, {}, 1, kKernel / 2).transpose(1, 2);  // [B, L, D]
}

at::Tensor Projection::finish(const at::Tensor& convolved) const {
  static const double kScale = 1.0 / std::sqrt(static_cast<double>(kKernel));
  return linear_.forward((convolved + bias_) * kScale);
}

}  // namespace heart::codec
