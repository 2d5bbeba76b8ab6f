// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/heartmula/sampler.h"

#include "models/base/error.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

namespace heart {
namespace {

/// `noise(i)` is asked once per survivor, in rising order of i.
template <typename Noise>
Draw race(const float* logits, int64_t count, const SamplingRule& rule, Noise noise) {
  if (rule.limit > 0) count = std::min(count, rule.limit);
  if (count <= 0) throw Error(Fault::kInternal, "sampler: no code to draw from");
  const int64_t top_k = rule.temperature <= 0 ? 1
                        : rule.top_k <= 0     ? count
                                              : std::min(rule.top_k, count);
  const float scale = rule.temperature > 0 ? static_cast<float>(rule.temperature) : 1.0f;
  std::vector<float> scaled(count);
  float peak = -std::numeric_limits<float>::infinity();
  for (int64_t i = 0; i < count; ++i) {
    scaled[i] = logits[i] / scale;
    if (std::isnan(scaled[i])) peak = std::numeric_limits<float>::quiet_NaN();
    if (scaled[i] > peak) peak = scaled[i];
  }
  if (!std::isfinite(peak)) {
    throw Error(Fault::kInternal, "the language model's logits are not finite; damaged weights?");
  }
  float threshold = -std::numeric_limits<float>::infinity();
  if (top_k < count) {
    std::vector<float> sorted = scaled;
    std::nth_element(sorted.begin(), sorted.begin() + (top_k - 1), sorted.end(),
                     std::greater<float>());
    threshold = sorted[top_k - 1];
  }
  Draw best;
  double best_value = -1;
  for (int64_t i = 0; i < count; ++i) {
    if (scaled[i] < threshold) continue;
    ++best.kept;
    const double chance = std::exp(static_cast<double>(scaled[i]) - peak);
    // A single survivor needs no noise; the first of equals wins, as argmax does.
    const double value = top_k == 1 ? chance : chance / noise(i);
    if (value > best_value) {
      best_value = value;
      best.index = i;
    }
  }
  return best;
}

}  // namespace

Draw draw_with_noise(const float* logits, int64_t count, const SamplingRule& rule,
                     const float* noise) {
  return race(logits, count, rule, [noise](int64_t i) { return static_cast<double>(noise[i]); });
}

Draw draw(const float* logits, int64_t count, const SamplingRule& rule, std::mt19937_64& random) {
  return race(logits, count, rule, [&random](int64_t) {
    // 53 bits in (0, 1], by hand: the standard's distributions differ between libraries.
    const double uniform = (static_cast<double>(random() >> 11) + 1.0) * 0x1.0p-53;
    return std::max(-std::log(uniform), 1e-300);
  });
}

}  // namespace heart
