// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/heartcodec/windows.h"

#include "models/base/error.h"

#include <cmath>
#include <vector>

namespace heart::codec {
namespace {

constexpr double kCodesPerSecond = 12.5;
// Of every 93 codes of a window the next one begins after 80.
constexpr int64_t kWindowUnit = 93, kHopUnit = 80;

}  // namespace

WindowPlan WindowPlan::make(int64_t codes, double seconds) {
  if (codes < 1) throw Error(Fault::kInput, "there are no codes to decode");
  // The nudge keeps 29.76 s · 12.5 from coming out just below 372.
  const int64_t window = static_cast<int64_t>(std::floor(kCodesPerSecond * seconds + 1e-6));
  if (window < kWindowUnit)
    throw Error(Fault::kInput, "windows of " + std::to_string(seconds) +
                                   " s are too short, wanted 7.44 s or more");
  WindowPlan plan;
  plan.window = window;
  plan.hop = window / kWindowUnit * kHopUnit;
  plan.count = codes <= window ? 1 : 1 + (codes - window + plan.hop - 1) / plan.hop;
  return plan;
}

at::Tensor fill_windows(const at::Tensor& codes, const WindowPlan& plan) {
  const auto place = at::arange(plan.total(), codes.options().dtype(at::kLong));
  return codes.index_select(1, at::remainder(place, codes.size(1)));  // [K, T]
}

void WindowJoiner::add(const at::Tensor& sound) {
  if (!last_.defined()) {
    last_ = sound;
    return;
  }
  const int64_t seam = last_.size(1) - overlap_;
  const auto rise = at::linspace(0, 1, overlap_, sound.options());
  const auto mixed = last_.slice(1, seam) * (1 - rise) + sound.slice(1, 0, overlap_) * rise;
  done_.push_back(last_.slice(1, 0, seam));
  last_ = at::cat({mixed, sound.slice(1, overlap_)}, 1);  // [A, S]
}

at::Tensor WindowJoiner::finish(int64_t length) {
  done_.push_back(last_);
  const auto all = at::cat(done_, 1).slice(1, 0, length);  // [A, S]
  done_.clear();
  last_ = at::Tensor();
  return all;
}

}  // namespace heart::codec
