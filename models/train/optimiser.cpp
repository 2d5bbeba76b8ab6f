// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/train/optimiser.h"

#include <c10/core/GradMode.h>
#include <algorithm>
#include <cmath>
#include <limits>

namespace heart::train {

double Schedule::rate_at(int64_t step) const {
  if (step < warmup_steps) return peak * static_cast<double>(step + 1) / warmup_steps;
  const int64_t span = std::max<int64_t>(1, total_steps - warmup_steps);
  const double done = std::min(1.0, static_cast<double>(step - warmup_steps) / span);
  return peak * (floor_share + (1 - floor_share) * 0.5 * (1 + std::cos(M_PI * done)));
}

double average_decay_at(int64_t step, double decay) {
  return std::min(decay, (1.0 + step) / (10.0 + step));
}

AdamW::AdamW(const at::Tensor& weights, const Options& options)
    : options_(options),
      first_(at::zeros_like(weights)),
      second_(at::zeros_like(weights)),
      scratch_(at::empty_like(weights)) {}

double AdamW::step(const at::Tensor& weights, const at::Tensor& gradient,
                   const at::Tensor& decay_mask, double rate) {
  c10::NoGradGuard no_grad;
  const double norm = gradient.norm().item<double>();
  if (!std::isfinite(norm)) return std::numeric_limits<double>::infinity();
  if (options_.clip_norm > 0 && norm > options_.clip_norm) {
    at::Tensor scaled = gradient;  // in place: the caller clears it before the next backward pass
    scaled.mul_(options_.clip_norm / norm);
  }
  ++steps_;
  first_.lerp_(gradient, 1 - options_.beta1);
  second_.mul_(options_.beta2).addcmul_(gradient, gradient, 1 - options_.beta2);
  const double bias1 = 1 - std::pow(options_.beta1, static_cast<double>(steps_));
  const double bias2 = 1 - std::pow(options_.beta2, static_cast<double>(steps_));
  at::Tensor updated = weights;
  if (options_.weight_decay > 0) {
    updated.addcmul_(weights, decay_mask, -rate * options_.weight_decay);
  }
  at::sqrt_out(scratch_, second_);
  scratch_.div_(std::sqrt(bias2)).add_(options_.eps);
  updated.addcdiv_(first_, scratch_, -rate / bias1);
  return norm;
}

void AdamW::restore(const at::Tensor& first, const at::Tensor& second, int64_t steps) {
  first_.copy_(first);
  second_.copy_(second);
  steps_ = steps;
}

}  // namespace heart::train
