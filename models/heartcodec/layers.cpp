// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/heartcodec/layers.h"

#include "models/base/error.h"

namespace heart::codec {
namespace {

std::string text_of(at::IntArrayRef sizes) {
  std::string text = "[";
  for (size_t i = 0; i < sizes.size(); ++i) {
    if (i > 0) text += ", ";
    text += sizes[i] < 0 ? "any" : std::to_string(sizes[i]);
  }
  return text + "]";
}

}  // namespace

void expect_shape(const at::Tensor& tensor, at::IntArrayRef wanted, const char* name) {
  bool fits = tensor.defined() && tensor.dim() == static_cast<int64_t>(wanted.size());
  for (size_t i = 0; fits && i < wanted.size(); ++i)
    fits = wanted[i] < 0 || tensor.size(static_cast<int64_t>(i)) == wanted[i];
  if (fits) return;
  throw Error(Fault::kInternal, std::string(name) + " is " +
                                    (tensor.defined() ? text_of(tensor.sizes()) : "undefined") +
                                    ", wanted " + text_of(wanted));
}

at::Tensor RmsNorm::forward(const at::Tensor& x) const {
  const auto f = x.to(at::kFloat);
  const auto mean_square = f.square().mean({-1}, /*keepdim=*/true);  // [..., 1] f32
  return (f * (mean_square + kEpsilon).rsqrt()).to(x.scalar_type()) * weight;
}

}  // namespace heart::codec
