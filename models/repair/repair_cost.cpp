// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/repair/repair_cost.h"

#include <algorithm>

namespace heart {

namespace {

constexpr double kTrustSlower = 0.7;  // a late repair costs a fallback, an early one nothing
constexpr double kTrustFaster = 0.25;

}  // namespace

void RepairCost::set(const UnitCosts& units) {
  std::lock_guard<std::mutex> held(mutex_);
  units_ = units;
  correction_ = 1;
}

double RepairCost::estimate_locked(const RepairWork& work) const {
  return units_.prefill_position * work.prefill_positions + units_.frame * work.frames +
         units_.velocity_latent * work.velocity_latents + units_.coded_sample * work.coded_samples;
}

double RepairCost::estimate(const RepairWork& work) const {
  std::lock_guard<std::mutex> held(mutex_);
  return correction_ * estimate_locked(work);
}

void RepairCost::learn(const RepairWork& work, double seconds) {
  std::lock_guard<std::mutex> held(mutex_);
  const double plain = estimate_locked(work);
  if (plain <= 0) return;
  const double seen = seconds / plain;
  const double trust = seen > correction_ ? kTrustSlower : kTrustFaster;
  correction_ += trust * (seen - correction_);
}

}  // namespace heart
