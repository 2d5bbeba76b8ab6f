// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/heartcodec/rvq.h"

#include "models/base/error.h"

#include <c10/core/GradMode.h>

namespace heart::codec {

Rvq::Rvq(const CodecConfig& config, const Parameters& scope) : size_(config.codebook_size) {
  if (config.dim != config.codebook_dim) {
    project_in_.emplace(scope["project_in"], config.dim, config.codebook_dim);
    project_out_.emplace(scope["project_out"], config.codebook_dim, config.dim);
  }
  for (int64_t k = 0; k < config.num_quantizers; ++k)
    codebooks_.push_back(scope["layers"][k]["_codebook"].get(
        "embed", {1, size_, config.codebook_dim}, Init::normal(1.0)));
}

at::Tensor Rvq::project_in(const at::Tensor& features) const {
  if (!project_in_) return features;
  return project_in_->forward(features.to(project_in_->weight.scalar_type()));
}

at::Tensor Rvq::project_out(const at::Tensor& vectors) const {
  if (!project_out_) return vectors;
  return project_out_->forward(vectors.to(project_out_->weight.scalar_type()));
}

Quantized Rvq::quantize(const at::Tensor& vectors) const {
  const c10::NoGradGuard no_grad;
  auto residual = vectors.detach().to(at::kFloat);  // [N, Z]
  std::vector<at::Tensor> codes, residuals;
  for (int64_t k = 0; k < num_quantizers(); ++k) {
    residuals.push_back(residual);
    const auto entries = codebook(k).to(at::kFloat);  // [V, Z]
    // |x - e|² without |x|², which is the same for every entry.
    const auto distance = entries.square().sum(-1) - 2 * residual.matmul(entries.t());  // [N, V]
    const auto nearest = distance.argmin(-1);                                           // [N]
    codes.push_back(nearest);
    residual = residual - entries.index_select(0, nearest);
  }
  return {at::stack(codes), at::stack(residuals), residuals.front() - residual};
}

at::Tensor Rvq::lookup(const at::Tensor& codes, int64_t layers) const {
  expect_shape(codes, {-1, num_quantizers(), -1}, "codes");
  if (codes.numel() > 0) {
    const int64_t least = codes.min().item<int64_t>(), largest = codes.max().item<int64_t>();
    if (least < 0 || largest >= size_)
      throw Error(Fault::kInput, "code " + std::to_string(least < 0 ? least : largest) +
                                     " is outside its codebook of " + std::to_string(size_));
  }
  at::Tensor sum;
  for (int64_t k = 0; k < (layers > 0 ? layers : num_quantizers()); ++k) {
    const auto entries = at::embedding(codebook(k), codes.select(1, k));  // [B, T, Z]
    sum = sum.defined() ? sum + entries : entries;
  }
  return sum;
}

at::Tensor Rvq::encode(const at::Tensor& features) const {
  const int64_t batch = features.size(0), frames = features.size(1);
  const auto projected = project_in(features);  // [B, T, Z]
  const auto found = quantize(projected.reshape({batch * frames, projected.size(-1)}));
  return found.codes.reshape({num_quantizers(), batch, frames})
      .transpose(0, 1)
      .contiguous();  // [B, K, T]
}

at::Tensor Rvq::decode(const at::Tensor& codes) const {
  return project_out(lookup(codes));
}

}  // namespace heart::codec
