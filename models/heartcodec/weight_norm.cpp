// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/heartcodec/weight_norm.h"

#include <c10/core/GradMode.h>
#include <c10/core/InferenceMode.h>

namespace heart::codec {

WeightNorm::WeightNorm(const Parameters& scope, int64_t first, int64_t second, int64_t kernel)
    : length_(scope["parametrizations"]["weight"].get("original0", {first, 1, 1}, Init::ones())),
      direction_(scope["parametrizations"]["weight"].get("original1", {first, second, kernel},
                                                         Init::fan_in(second * kernel))) {}

at::Tensor WeightNorm::weight() const {
  const auto compute = [this] {
    return direction_ * (length_ / at::norm(direction_, 2, {1, 2}, /*keepdim=*/true));
  };
  if (direction_.requires_grad()) return compute();
  std::call_once(kept_->once, [&] {
    const c10::InferenceMode plain(false);  // also usable under autograd later
    const c10::NoGradGuard no_grad;
    kept_->weight = compute();
  });
  return kept_->weight;
}

CausalConv::CausalConv(const Parameters& scope, int64_t inputs, int64_t outputs, int64_t kernel,
                       int64_t stride, int64_t dilation)
    : norm(scope, outputs, inputs, kernel),
      bias(scope.get("bias", {outputs}, Init::zeros())),
      kernel(kernel),
      stride(stride),
      dilation(dilation) {}

at::Tensor CausalConv::forward(const at::Tensor& x) const {
  const int64_t past = dilation * (kernel - 1);
  const auto padded = past > 0 ? at::constant_pad_nd(x, {past, 0}) : x;
  const int64_t padding = 0;  // a bare 0 would also read as the name of a padding mode
  return at::conv1d(padded, norm.weight(), bias, stride, padding, dilation);  // [B, C', S']
}

CausalUpsample::CausalUpsample(const Parameters& scope, int64_t inputs, int64_t outputs,
                               int64_t kernel, int64_t stride)
    : norm(scope, inputs, outputs, kernel),
      bias(scope.get("bias", {outputs}, Init::zeros())),
      stride(stride) {}

at::Tensor CausalUpsample::forward(const at::Tensor& x) const {
  return at::conv_transpose1d(x, norm.weight(), bias, stride)
      .slice(2, 0, x.size(2) * stride);  // [B, C', S']
}

}  // namespace heart::codec
