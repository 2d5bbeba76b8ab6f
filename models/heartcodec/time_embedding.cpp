// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/heartcodec/time_embedding.h"

#include <cmath>

namespace heart::codec {
namespace {

constexpr int64_t kFrequencies = 256;
constexpr double kTimeScale = 1000.0;  // the networks were trained on t in thousandths
constexpr double kLongestPeriod = 10000.0;

}  // namespace

at::Tensor time_sinusoid(const at::Tensor& t) {
  const auto index = at::arange(kFrequencies, t.options().dtype(at::kFloat));
  const auto frequency = at::exp(index * (-std::log(kLongestPeriod) / kFrequencies));  // [256]
  const auto angle = (t.to(at::kFloat) * kTimeScale).unsqueeze(-1) * frequency;        // [B, 256]
  return at::cat({angle.cos(), angle.sin()}, -1);                                      // [B, 512]
}

TimeEmbedding::TimeEmbedding(int64_t width, const Parameters& scope)
    : linear_1_(scope["emb"]["timestep_embedder"]["linear_1"], 2 * kFrequencies, width),
      linear_2_(scope["emb"]["timestep_embedder"]["linear_2"], width, width),
      modulation_(scope["linear"], width, 6 * width) {}

TimeEmbedding::Output TimeEmbedding::forward(const at::Tensor& t) const {
  const auto sinusoid = time_sinusoid(t).to(linear_1_.weight.scalar_type());
  const auto embedded = linear_2_.forward(at::silu(linear_1_.forward(sinusoid)));  // [B, D]
  return {embedded, modulation_.forward(at::silu(embedded))};
}

}  // namespace heart::codec
