// SPDX-License-Identifier: LGPL-2.1-or-later
//
// AdamW with a clipped gradient over one flat vector, and the learning-rate schedule.
// Source   Loshchilov & Hutter, "Decoupled Weight Decay Regularization", arXiv 1711.05101

#pragma once

#include <ATen/ATen.h>

#include <cstdint>

namespace heart::train {

/// Rises linearly over `warmup_steps`, then falls on half a cosine to `floor_share` of the peak at
/// `total_steps`, where it stays.
struct Schedule {
  double peak = 1e-3;
  int64_t warmup_steps = 100;
  int64_t total_steps = 10000;
  double floor_share = 0.05;

  double rate_at(int64_t step) const;
};

/// The decay of a moving average over the weights, small at first so that the random start is
/// forgotten: min(decay, (1 + step) / (10 + step)).
double average_decay_at(int64_t step, double decay);

/// Adam with decoupled weight decay.
/// Shapes   weights, gradient, decay_mask and both moments: [P]
/// Threads  one at a time
class AdamW {
 public:
  struct Options {
    double beta1 = 0.9;
    double beta2 = 0.99;
    double eps = 1e-8;
    double weight_decay = 0.01;
    double clip_norm = 1.0;  // 0: do not clip
  };

  AdamW(const at::Tensor& weights, const Options& options);

  /// One update in place, with step numbers counted from 0. Returns the norm of the gradient before
  /// clipping. A gradient that is not finite changes nothing and returns infinity.
  double step(const at::Tensor& weights, const at::Tensor& gradient, const at::Tensor& decay_mask,
              double rate);

  int64_t steps_done() const { return steps_; }
  const at::Tensor& first_moment() const { return first_; }
  const at::Tensor& second_moment() const { return second_; }
  void restore(const at::Tensor& first, const at::Tensor& second, int64_t steps);

 private:
  Options options_;
  at::Tensor first_, second_, scratch_;
  int64_t steps_ = 0;
};

}  // namespace heart::train
