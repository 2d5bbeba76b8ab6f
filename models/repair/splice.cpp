// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/repair/splice.h"

#include "models/audio/level_match.h"
#include "models/audio/linear_prediction.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace heart {
namespace {

constexpr double kPi = 3.14159265358979323846;

size_t samples(double ms, int rate_hz) {
  return static_cast<size_t>(std::max(0.0, std::round(ms * rate_hz / 1000)));
}

// Sums that give the correlation of two stretches over all channels.
struct Products {
  double xy = 0, xx = 0, yy = 0;
  void add(const float* x, const float* y, size_t size) {
    for (size_t n = 0; n < size; ++n) {
      xy += static_cast<double>(x[n]) * y[n];
      xx += static_cast<double>(x[n]) * x[n];
      yy += static_cast<double>(y[n]) * y[n];
    }
  }
  double correlation() const {
    const double power = std::sqrt(xx * yy);
    return power > 1e-12 ? xy / power : 0;
  }
};

// One joint lag for both edges: the shift of the whole repair at which the filler's versions of the
// contexts agree best with the contexts. A shift must be clearly better than none, since a wrong one
// costs phase at the far edge.
int joint_lag(const Gap& gap, const Planes& audio, size_t lead, size_t tail, int limit,
              size_t window) {
  constexpr double kWorthwhile = 0.03;
  const size_t left = std::min({window, lead, length_of(gap.left)});
  const size_t right = std::min({window, tail, length_of(gap.right)});
  // Never further than the audio reaches: an open end lends what it has.
  const int back = std::min<int>(limit, static_cast<int>(lead - left));
  const int ahead = std::min<int>(limit, static_cast<int>(tail - right));
  if (left + right == 0) return 0;
  const auto agreement = [&](int lag) {
    Products sums;
    for (size_t c = 0; c < audio.size(); ++c) {
      if (left) {
        sums.add(gap.left[c].data() + length_of(gap.left) - left,
                 audio[c].data() + lead - left + lag, left);
      }
      if (right) sums.add(gap.right[c].data(), audio[c].data() + lead + gap.length + lag, right);
    }
    return sums.correlation();
  };
  const double unmoved = agreement(0);
  double best = unmoved + kWorthwhile;
  int lag = 0;
  for (int candidate = -back; candidate <= ahead; ++candidate) {
    const double found = agreement(candidate);
    if (found > best) best = found, lag = candidate;
  }
  return lag;
}

// Programme gain beside a fill gain of w, so that the power of the sum stays that of the programme
// when both correlate by rho.
double programme_gain(double w, double rho) {
  return std::sqrt(std::max(0.0, 1 - w * w * (1 - rho * rho))) - rho * w;
}

double fill_gain(double t) {
  const double s = std::sin(kPi / 2 * t);
  return s * s;
}

// The better both agree, the shorter the fade may be; disagreement needs time to be hidden.
size_t fade_length(double agreement, size_t shortest, size_t longest) {
  const double t = std::clamp((0.95 - agreement) / 0.65, 0.0, 1.0);
  return shortest + static_cast<size_t>(std::lround(t * (longest - shortest)));
}

// Strongest millisecond of the prediction error around `seam` against the ordinary one before it.
double roughness(const std::vector<double>& signal, size_t seam, int rate_hz) {
  const Predictor predictor = fit_burg({{signal.data(), signal.size()}}, 32);
  const std::vector<double> error = residual(predictor, {signal.data(), signal.size()});
  const size_t block = std::max<size_t>(8, samples(1, rate_hz));
  std::vector<double> levels;
  double peak = 0;
  for (size_t begin = 32; begin + block <= error.size(); begin += block / 2) {
    double power = 0;
    for (size_t n = begin; n < begin + block; ++n) power += error[n] * error[n];
    if (begin < seam + block && begin + 2 * block > seam) {
      peak = std::max(peak, power);
    } else {
      levels.push_back(power);
    }
  }
  if (levels.empty()) return 1e9;
  std::nth_element(levels.begin(), levels.begin() + levels.size() / 2, levels.end());
  return std::sqrt(peak / (levels[levels.size() / 2] + 1e-10 * block));
}

// A seam inside the gap, for a repair without its own version of the context: the context is
// continued by prediction and faded into the repair.
// `context` ends at the seam, `fill` begins there; both in the order away from the seam's far side.
void join_inside(const std::vector<double>& context, std::vector<double>& fill, int rate_hz) {
  constexpr double kSmooth = 3;  // ordinary programme stays below 3 times its median
  const size_t near = std::min(context.size(), samples(40, rate_hz));
  const size_t reach = std::min(fill.size(), samples(40, rate_hz));
  if (near < 64 || reach == 0) return;
  std::vector<double> around(context.end() - near, context.end());
  around.insert(around.end(), fill.begin(), fill.begin() + reach);
  if (roughness(around, near, rate_hz) < kSmooth) return;
  const size_t size = std::min(context.size(), samples(100, rate_hz));
  const Stretch past{context.data() + context.size() - size, size};
  const size_t fade = std::min(fill.size(), samples(5, rate_hz));
  const std::vector<double> ahead =
      extrapolate(fit_burg({past}, static_cast<int>(std::min<size_t>(512, size / 3))), past, fade);
  double xy = 0, xx = 1e-12, yy = 1e-12;
  for (size_t n = 0; n < fade; ++n) {
    xy += ahead[n] * fill[n], xx += ahead[n] * ahead[n], yy += fill[n] * fill[n];
  }
  const double rho = std::clamp(xy / std::sqrt(xx * yy), 0.0, 1.0);
  for (size_t n = 0; n < fade; ++n) {
    const double w = fill_gain((n + 0.5) / fade);
    fill[n] = w * fill[n] + programme_gain(w, rho) * ahead[n];
  }
}

void join_inside_left(const Planes& context, Planes& fill, int rate_hz) {
  for (size_t c = 0; c < fill.size(); ++c) {
    std::vector<double> inside(fill[c].begin(), fill[c].end());
    join_inside({context[c].begin(), context[c].end()}, inside, rate_hz);
    std::copy(inside.begin(), inside.end(), fill[c].begin());
  }
}

// The right edge is the left edge of the mirrored signal.
void join_inside_right(const Planes& context, Planes& fill, int rate_hz) {
  const size_t size = std::min(length_of(context), samples(100, rate_hz));
  for (size_t c = 0; c < fill.size(); ++c) {
    std::vector<double> inside(fill[c].rbegin(), fill[c].rend());
    std::vector<double> mirrored(context[c].begin(), context[c].begin() + size);
    std::reverse(mirrored.begin(), mirrored.end());
    join_inside(mirrored, inside, rate_hz);
    std::copy(inside.rbegin(), inside.rend(), fill[c].begin());
  }
}

// The right side's own past, for the last part of a fill that has lost the phase.
void blend_backward(const Gap& gap, Planes& audio, size_t lead, size_t count) {
  const size_t size = std::min(length_of(gap.right), samples(100, gap.rate_hz));
  count = std::min(count, gap.length);
  if (size < 64 || count == 0) return;
  for (size_t c = 0; c < audio.size(); ++c) {
    const std::vector<double> right(gap.right[c].begin(), gap.right[c].begin() + size);
    const Predictor predictor =
        fit_burg({{right.data(), size}}, static_cast<int>(std::min<size_t>(1024, size / 3)));
    const std::vector<double> back = extrapolate_backward(predictor, {right.data(), size}, count);
    float* fill = audio[c].data() + lead + gap.length - count;
    Products sums;
    const std::vector<float> back_float(back.begin(), back.end());
    sums.add(fill, back_float.data(), count);
    const double rho = std::clamp(sums.correlation(), 0.0, 1.0);
    for (size_t n = 0; n < count; ++n) {
      const double w = fill_gain((n + 0.5) / count);  // of the extrapolation: grows to the right
      fill[n] = static_cast<float>(w * back[n] + programme_gain(w, rho) * fill[n]);
    }
  }
}

void check_shapes(const Gap& gap, const Repair& repair) {
  const size_t channels = std::max(gap.left.size(), gap.right.size());
  const size_t wanted = repair.lead + gap.length + repair.tail;
  if (repair.audio.size() != channels) {
    throw Error(Fault::kInput, "repair by " + repair.method + " has " +
                                   std::to_string(repair.audio.size()) + " channels, its gap has " +
                                   std::to_string(channels));
  }
  for (const auto& plane : repair.audio) {
    if (plane.size() != wanted) {
      throw Error(Fault::kInput, "repair by " + repair.method + " has " +
                                     std::to_string(plane.size()) +
                                     " samples, lead + gap + tail is " + std::to_string(wanted));
    }
  }
}

}  // namespace

Spliced splice(const Gap& gap, const Repair& repair, const SpliceOptions& options) {
  check_shapes(gap, repair);
  const int rate = gap.rate_hz;
  const size_t channels = repair.audio.size();
  const size_t left_size = length_of(gap.left), right_size = length_of(gap.right);
  Spliced result;
  Planes audio = repair.audio;
  for (auto& plane : audio) {
    for (float& sample : plane) {
      if (!std::isfinite(sample)) sample = 0;
    }
  }

  // 1. One lag for both edges.
  const size_t longest =
      std::min(samples(options.max_fade_ms, rate), std::max<size_t>(gap.crossfade_samples, 1));
  if (options.align) {
    result.lag_samples =
        joint_lag(gap, audio, repair.lead, repair.tail,
                  static_cast<int>(samples(options.max_lag_ms, rate)), samples(15, rate));
  }

  const long shift = result.lag_samples;
  const long origin = static_cast<long>(repair.lead) + shift;  // of the gap's first sample in audio

  // 2. Level: what the filler's own versions of the contexts lack, at the instants just aligned.
  const size_t lead = std::min<size_t>(left_size, std::max(0L, origin));
  const size_t tail =
      std::min<size_t>(right_size, std::max(0L, static_cast<long>(repair.tail) - shift));
  const size_t measure = samples(15, rate);
  if (options.match_level && (lead >= measure || tail >= measure)) {
    BandGains left, right;
    if (lead >= measure) {
      left = band_gains(gap.left, left_size - measure, audio, origin - measure, measure, rate,
                        options.max_gain_db);
    }
    if (tail >= measure) {
      right =
          band_gains(gap.right, 0, audio, origin + gap.length, measure, rate, options.max_gain_db);
    }
    if (lead < measure) left = right;
    if (tail < measure) right = left;
    const auto matched = [](const BandGains& gains) {
      double sum = 0;
      for (double gain : gains.gain_db) sum += std::abs(gain);
      return gains.gain_db.empty() || sum / gains.gain_db.size() < 1;  // dB: below what one hears
    };
    if (!matched(left) || !matched(right)) {
      apply_gliding_gains(audio, left, right, origin, origin + gap.length, rate);
      result.level_left_db = left.broadband_db;
      result.level_right_db = right.broadband_db;
    }
  }

  // 3. Seams. What the shifted repair still covers of the contexts bounds the fades.
  const size_t guard = samples(options.guard_ms, rate);
  const size_t room_left =
      std::min<size_t>(left_size, std::max(0L, static_cast<long>(repair.lead) + shift));
  const size_t room_right =
      std::min<size_t>(right_size, std::max(0L, static_cast<long>(repair.tail) - shift));
  const size_t shortest = std::min(samples(options.min_fade_ms, rate), longest);
  const size_t least = guard + std::max<size_t>(1, samples(1, rate));
  const auto agreement = [&](bool is_left, size_t reach) {
    Products sums;
    for (size_t c = 0; c < channels; ++c) {
      if (is_left) {
        sums.add(gap.left[c].data() + left_size - reach, audio[c].data() + origin - reach, reach);
      } else {
        sums.add(gap.right[c].data(), audio[c].data() + origin + gap.length, reach);
      }
    }
    return sums.correlation();
  };
  size_t fade_left = 0, fade_right = 0;
  if (room_left >= least) {
    const size_t bound = std::min(room_left, longest) - std::min(guard, longest);
    result.agreement_left = agreement(true, std::min(room_left, longest));
    fade_left = fade_length(result.agreement_left, std::min(shortest, bound), bound);
    result.lead = fade_left + std::min(guard, longest);
  }
  if (room_right >= least) {
    const size_t bound = std::min(room_right, longest) - std::min(guard, longest);
    result.agreement_right = agreement(false, std::min(room_right, longest));
    fade_right = fade_length(result.agreement_right, std::min(shortest, bound), bound);
    result.tail = fade_right + std::min(guard, longest);
  }
  result.audio = make_planes(channels, result.lead + gap.length + result.tail);
  for (size_t c = 0; c < channels; ++c) {
    std::vector<float>& out = result.audio[c];
    for (size_t n = 0; n < out.size(); ++n) {
      out[n] = audio[c][origin - static_cast<long>(result.lead) + static_cast<long>(n)];
    }
  }
  if (options.backward_ms > 0) {
    blend_backward(gap, result.audio, result.lead, samples(options.backward_ms, rate));
  }
  if (left_size > 0 && result.lead == 0 && gap.length > 0) {
    join_inside_left(gap.left, result.audio, rate);
  }
  if (right_size > 0 && result.tail == 0 && gap.length > 0) {
    join_inside_right(gap.right, result.audio, rate);
  }
  const double rho_left = std::clamp(result.agreement_left, 0.0, 1.0);
  const double rho_right = std::clamp(result.agreement_right, 0.0, 1.0);
  float limit = 1;
  for (const Planes* side : {&gap.left, &gap.right}) {
    for (const auto& plane : *side) {
      for (float sample : plane) {
        if (std::isfinite(sample)) limit = std::max(limit, std::abs(sample));
      }
    }
  }
  for (size_t c = 0; c < channels; ++c) {
    std::vector<float>& out = result.audio[c];
    for (size_t n = 0; n < fade_left; ++n) {
      const double w = fill_gain((n + 0.5) / fade_left);
      const double programme = gap.left[c][left_size - result.lead + n];
      out[n] = static_cast<float>(w * out[n] + programme_gain(w, rho_left) * programme);
    }
    for (size_t n = 0; n < fade_right; ++n) {
      const double w = fill_gain((n + 0.5) / fade_right);
      const double programme = gap.right[c][result.tail - 1 - n];
      float& sample = out[out.size() - 1 - n];
      sample = static_cast<float>(w * sample + programme_gain(w, rho_right) * programme);
    }
    for (float& sample : out) sample = std::clamp(sample, -limit, limit);
  }
  return result;
}

}  // namespace heart
