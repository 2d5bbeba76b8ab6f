// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/heartmula/rms_norm.h"

namespace heart {
namespace {

constexpr double kEpsilon = 1e-5;  // Llama 3's

}  // namespace

RmsNorm::RmsNorm(int64_t dim, const Parameters& params)
    : scale_(params.get("scale", {dim}, Init::ones())) {}

at::Tensor RmsNorm::forward(const at::Tensor& x) const {
  const at::Tensor wide = x.to(at::kFloat);
  const at::Tensor mean_square = at::mean(wide * wide, {-1}, /*keepdim=*/true);  // [..., 1]
  return (wide * at::rsqrt(mean_square + kEpsilon)).to(x.scalar_type()) * scale_;
}

}  // namespace heart
