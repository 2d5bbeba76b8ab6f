// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Repeated buffers: a block that equals, bit for bit, the one just before it, and does not continue it.
// A rolling hash of short windows finds the distance; a synthesiser's exactly periodic tone repeats as
// well, but without the jump at the edge, or with the same jump in every period.

#include "models/audio/glitch_detector.h"
#include "models/audio/linear_prediction.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace heart {

namespace {

constexpr int64_t kWindow = 32;  // samples hashed; equal by chance once in 2^(16·32) for noise
constexpr double kMinPeriodSeconds = 0.001;
constexpr double kMaxPeriodSeconds = 0.100;
constexpr double kMinShare = 0.95;  // of a period that must be repeated
constexpr float kMinPeak = 0.003f;  // -50 dB: dither repeats itself by chance
constexpr int kOrder = 12;
constexpr int64_t kModelSamples = 1024;  // before the edge, from which its prediction comes
constexpr int64_t kEdgeSamples = 4;
constexpr double kSureJump = 8;         // prediction error over its usual level: 18 dB
constexpr double kLikelyJump = 4;       // enough if the other edge is sure
constexpr size_t kTableSize = 1 << 15;  // more than the samples of the longest period at 192 kHz

uint64_t mix(uint64_t x) {
  x *= 0x9E3779B97F4A7C15u;
  return x ^ (x >> 29);
}

class RepeatFinder : public GlitchFinder {
 public:
  explicit RepeatFinder(const GlitchSettings& s)
      : min_period_(std::max<int64_t>(kWindow, std::llround(kMinPeriodSeconds * s.rate_hz))),
        max_period_(std::llround(kMaxPeriodSeconds * s.rate_hz)),
        last_seen_(kTableSize, -1) {
    for (int64_t i = 0; i < kWindow; ++i) leaving_factor_ *= kFactor;
  }

  void advance(const GlitchHistory& history, std::vector<Glitch>& found) override {
    for (; next_ < history.end(); ++next_) {
      hash_ = hash_ * kFactor + value_at(history, next_);
      if (next_ >= kWindow) hash_ -= leaving_factor_ * value_at(history, next_ - kWindow);
      int64_t& seen = last_seen_[mix(hash_) % kTableSize];
      if (period_ > 0) {
        if (!equals_before(history, next_, period_)) close(history, next_, found);
      } else if (next_ >= kWindow && seen >= 0) {
        open(history, next_ - seen);
      }
      seen = next_;
    }
  }

  void finish(const GlitchHistory& history, std::vector<Glitch>& found) override {
    if (period_ > 0) close(history, history.end(), found);
  }

  int64_t needs_from() const override { return next_ - 2 * max_period_; }

 private:
  static constexpr uint64_t kFactor = 0x100000001B3u;

  static uint64_t value_at(const GlitchHistory& history, int64_t sample) {
    uint64_t value = 0;
    for (int c = 0; c < history.channels(); ++c) {
      uint32_t bits;
      const float x = history.at(c, sample) + 0.0f;  // -0 becomes 0
      memcpy(&bits, &x, sizeof bits);
      value = mix(value + bits + 1);
    }
    return value;
  }

  static bool equals_before(const GlitchHistory& history, int64_t sample, int64_t distance) {
    if (sample - distance < history.begin()) return false;
    for (int c = 0; c < history.channels(); ++c)
      if (history.at(c, sample) != history.at(c, sample - distance)) return false;
    return true;
  }

  /// A window was seen `distance` ago: if that is true and no chance, a run of repetition is open.
  void open(const GlitchHistory& history, int64_t distance) {
    if (distance < min_period_ || distance > max_period_) return;
    int64_t begin = next_ + 1;
    float peak = 0;
    bool moves = false;
    while (next_ + 1 - begin < kWindow) {
      if (!equals_before(history, begin - 1, distance)) return;  // another window of the same hash
      --begin;
      for (int c = 0; c < history.channels(); ++c)
        peak = std::max(peak, std::abs(history.at(c, begin)));
      moves |= begin < next_ && !equals_before(history, begin + 1, 1);
    }
    if (peak < kMinPeak || !moves) return;
    // A run is noticed as soon as it is a window long; only chance makes it longer.
    const int64_t earliest = std::max(history.begin() + distance, begin - kWindow);
    while (begin > earliest && equals_before(history, begin - 1, distance)) --begin;
    begin_ = begin;
    period_ = distance;
    measure_begin(history);
  }

  /// Prediction errors at the edge, over their usual level, of the channel where it jumps most.
  void measure_begin(const GlitchHistory& history) {
    jump_ = natural_ = 0;
    models_.clear();
    const int64_t from = std::max(history.begin(), begin_ - kModelSamples);
    for (int c = 0; c < history.channels(); ++c) {
      Model model;
      if (begin_ - from >= 8 * kOrder) {
        const float* data = history.from(c, from);
        const std::vector<double> past(data, data + (begin_ - from));
        model.predictor = fit_burg({{past.data(), past.size()}}, kOrder);
        std::vector<double> error = residual(model.predictor, {past.data(), past.size()});
        for (double& e : error) e = std::abs(e);
        const auto middle = error.begin() + static_cast<ptrdiff_t>(error.size() / 2);
        std::nth_element(error.begin(), middle, error.end());
        model.usual = std::max(*middle / 0.6745, 1e-5);
      }
      models_.push_back(model);
    }
    jump_ = jump_at(history, begin_);
    natural_ = jump_at(history, begin_ - period_);
  }

  double jump_at(const GlitchHistory& history, int64_t sample) const {
    double worst = 0;
    if (sample - kOrder < history.begin()) return worst;
    for (int c = 0; c < history.channels(); ++c) {
      const Model& model = models_[static_cast<size_t>(c)];
      if (model.usual == 0) continue;
      for (int64_t n = sample; n < std::min(sample + kEdgeSamples, history.end()); ++n) {
        double error = 0;
        for (int k = 0; k <= model.predictor.order(); ++k)
          error += model.predictor.a[static_cast<size_t>(k)] * history.at(c, n - k);
        worst = std::max(worst, std::abs(error) / model.usual);
      }
    }
    return worst;
  }

  void close(const GlitchHistory& history, int64_t end, std::vector<Glitch>& found) {
    const int64_t length = end - begin_;
    const double last = jump_at(history, end);
    const bool jumps = jump_ >= kSureJump || (jump_ >= kLikelyJump && last >= kSureJump);
    // The same jump one period earlier is the shape of a periodic tone.
    if (static_cast<double>(length) >= kMinShare * static_cast<double>(period_) && jumps &&
        jump_ > 2 * natural_) {
      const double periods = static_cast<double>(length) / static_cast<double>(period_);
      found.push_back(
          {GlitchKind::kRepeat, begin_, end, std::clamp(0.7 + 0.1 * periods, 0.5, 1.0)});
    }
    period_ = 0;
  }

  struct Model {
    Predictor predictor;
    double usual = 0;  // 0: too little past
  };

  const int64_t min_period_, max_period_;
  std::vector<int64_t> last_seen_;  // sample at which a window of this hash ended
  uint64_t leaving_factor_ = 1;
  uint64_t hash_ = 0;
  int64_t next_ = 0;
  int64_t period_ = 0;  // 0: no run open
  int64_t begin_ = 0;
  double jump_ = 0, natural_ = 0;
  std::vector<Model> models_;
};

}  // namespace

std::unique_ptr<GlitchFinder> make_repeat_finder(const GlitchSettings& settings) {
  return std::make_unique<RepeatFinder>(settings);
}

}  // namespace heart
