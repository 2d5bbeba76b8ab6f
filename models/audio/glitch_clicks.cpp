// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Clicks: samples that linear prediction explains neither forwards nor backwards. An instrument's attack
// surprises forwards too, but its sound goes on, so the prediction error stays high after it.
// Source: Godsill and Rayner, Digital Audio Restoration, 1998, chapter 5.

#include "models/audio/glitch_detector.h"
#include "models/audio/linear_prediction.h"

#include <algorithm>
#include <cmath>

namespace heart {

namespace {

constexpr int kOrder = 12;
constexpr double kBlockSeconds = 0.085;
constexpr double kMaxClickSeconds = 0.003;
constexpr double kSideSeconds = 0.006;   // before and after, in which energies are compared
constexpr double kGuardSeconds = 0.001;  // next to the click, where both directions ring
constexpr double kMaxEnergyRise = 4;     // of the prediction error, in amplitude: 12 dB
constexpr double kMaxSignalRise = 3;     // of the signal: 10 dB
constexpr double kExtentRatio = 5;       // a click reaches as far as its error is 14 dB up
constexpr double kMinAmplitude = 1e-3;   // -60 dB: below, nobody hears it
constexpr double kNoiseFloor = 1e-5;     // of the usual error: less is quantisation
constexpr double kWideSeconds =
    0.0005;                        // longer ones resemble short notes: they must stand out more
constexpr double kWideFactor = 2;  // 6 dB
constexpr int64_t kJoin = 8;       // samples between parts of one click

std::vector<double> reversed(std::vector<double> x) {
  std::reverse(x.begin(), x.end());
  return x;
}

/// Usual size of the error: its median counts no clicks.
double usual_level(const std::vector<double>& error) {
  std::vector<double> sizes(error.size());
  std::transform(error.begin(), error.end(), sizes.begin(), [](double e) { return std::abs(e); });
  const auto middle = sizes.begin() + static_cast<ptrdiff_t>(sizes.size() / 2);
  std::nth_element(sizes.begin(), middle, sizes.end());
  return std::max(*middle / 0.6745, kNoiseFloor);  // of a normal distribution
}

double rms(const std::vector<double>& x, int64_t begin, int64_t end) {
  begin = std::max<int64_t>(begin, 0);
  end = std::min<int64_t>(end, static_cast<int64_t>(x.size()));
  double sum = 0;
  for (int64_t n = begin; n < end; ++n)
    sum += x[static_cast<size_t>(n)] * x[static_cast<size_t>(n)];
  return end > begin ? std::sqrt(sum / static_cast<double>(end - begin)) : 0;
}

class ClickFinder : public GlitchFinder {
 public:
  explicit ClickFinder(const GlitchSettings& s)
      : block_(std::max<int64_t>(16 * kOrder, std::llround(kBlockSeconds * s.rate_hz))),
        max_click_(std::max<int64_t>(4, std::llround(kMaxClickSeconds * s.rate_hz))),
        wide_(std::max<int64_t>(kOrder + 4, std::llround(kWideSeconds * s.rate_hz))),
        side_(std::max<int64_t>(16, std::llround(kSideSeconds * s.rate_hz))),
        guard_(std::max<int64_t>(kOrder, std::llround(kGuardSeconds * s.rate_hz))),
        threshold_(std::pow(10, s.click_threshold_db / 20)) {}

  void advance(const GlitchHistory& history, std::vector<Glitch>& found) override {
    // Half-overlapping blocks; each answers for its middle.
    for (; begin_ + block_ <= history.end(); begin_ += block_ / 2)
      look(history, begin_, begin_ + 3 * block_ / 4, found);
  }

  void finish(const GlitchHistory& history, std::vector<Glitch>& found) override {
    if (history.end() - block_ < history.begin()) return;  // too short for a model
    look(history, history.end() - block_, history.end(), found);
  }

  int64_t needs_from() const override { return begin_; }

 private:
  struct Click {
    int64_t begin, end;
    double ratio;
  };

  /// Looks for clicks in the block and reports those that begin before `until` and were not yet.
  void look(const GlitchHistory& history, int64_t begin, int64_t until,
            std::vector<Glitch>& found) {
    std::vector<Click> clicks;
    for (int c = 0; c < history.channels(); ++c) {
      const float* from = history.from(c, begin);
      find_in({from, from + block_}, clicks);
    }
    std::sort(clicks.begin(), clicks.end(), [](auto& a, auto& b) { return a.begin < b.begin; });
    for (size_t i = 0; i < clicks.size();) {
      Click all = clicks[i];
      for (++i; i < clicks.size() && clicks[i].begin <= all.end + kJoin; ++i) {
        all.end = std::max(all.end, clicks[i].end);
        all.ratio = std::max(all.ratio, clicks[i].ratio);
      }
      if (begin + all.begin < reported_ || begin + all.begin >= until) continue;
      const double over_db = 20 * std::log10(all.ratio / threshold_);
      found.push_back({GlitchKind::kClick, begin + all.begin, begin + all.end,
                       std::clamp(0.5 + over_db / 40, 0.5, 1.0)});
    }
    reported_ = std::max(reported_, until);
  }

  /// Clicks of one channel, positions within the block.
  void find_in(const std::vector<double>& x, std::vector<Click>& clicks) const {
    Predictor predictor = fit_burg({{x.data(), x.size()}}, kOrder);
    std::vector<double> forward = residual(predictor, {x.data(), x.size()});
    // A strong click spoils the model of its block: fit again without what stands out.
    predictor = fit_without_outliers(x, forward);
    forward = residual(predictor, {x.data(), x.size()});
    const std::vector<double> mirrored = reversed(x);
    const std::vector<double> backward =
        reversed(residual(predictor, {mirrored.data(), mirrored.size()}));
    const double usual_forward = usual_level(forward), usual_backward = usual_level(backward);

    const auto size = static_cast<int64_t>(x.size());
    // Forwards a click surprises at its start, backwards just before it and at its end.
    const auto ratio_at = [&](int64_t n) {
      const double ahead = std::abs(forward[static_cast<size_t>(n)]) / usual_forward;
      double back = 0;
      for (int64_t m = std::max<int64_t>(0, n - kOrder); m <= std::min(size - 1, n + kOrder); ++m)
        back = std::max(back, std::abs(backward[static_cast<size_t>(m)]) / usual_backward);
      return std::min(ahead, back);
    };
    for (int64_t n = kOrder; n < size - kOrder; ++n) {
      if (ratio_at(n) < threshold_ || std::abs(forward[static_cast<size_t>(n)]) < kMinAmplitude)
        continue;
      Click click{n, n + 1, ratio_at(n)};
      for (int64_t m = n - 1; m >= std::max<int64_t>(kOrder, click.begin - kJoin); --m)
        if (ratio_at(m) >= kExtentRatio) click.begin = m;
      for (int64_t m = n + 1; m < std::min(size - kOrder, click.end + kJoin); ++m) {
        if (ratio_at(m) < kExtentRatio) continue;
        click.end = m + 1;
        click.ratio = std::max(click.ratio, ratio_at(m));
      }
      n = click.end;
      // Without its neighbourhood a click cannot be told from an attack.
      if (click.end + guard_ + side_ > size) continue;
      if (click.end - click.begin > max_click_ || goes_on(x, forward, click)) continue;
      if (click.end - click.begin > wide_ && click.ratio < kWideFactor * threshold_) continue;
      click.begin = std::max<int64_t>(0, click.begin - 2);
      click.end = std::min(size, click.end + 2);
      clicks.push_back(click);
    }
  }

  Predictor fit_without_outliers(const std::vector<double>& x,
                                 const std::vector<double>& error) const {
    constexpr double kOutlier = 8;  // times the usual error
    const double limit = kOutlier * usual_level(error);
    std::vector<double> cleaned = x;
    const auto size = static_cast<int64_t>(x.size());
    for (int64_t n = 1; n + 1 < size; ++n) {
      if (std::abs(error[static_cast<size_t>(n)]) <= limit) continue;
      int64_t last = n;  // the error rings for `order` samples after the click
      for (int64_t m = n; m < std::min(size - 1, last + kOrder); ++m)
        if (std::abs(error[static_cast<size_t>(m)]) > limit) last = m;
      if (last - n > max_click_ + kOrder) {
        n = last;
        continue;
      }
      const double before = x[static_cast<size_t>(n - 1)], after = x[static_cast<size_t>(last + 1)];
      for (int64_t m = n; m <= last; ++m)
        cleaned[static_cast<size_t>(m)] = before + (after - before) *
                                                       static_cast<double>(m - n + 1) /
                                                       static_cast<double>(last - n + 2);
      n = last;
    }
    return fit_burg({{cleaned.data(), cleaned.size()}}, kOrder);
  }

  /// Whether something began here, rather than being over at once.
  bool goes_on(const std::vector<double>& x, const std::vector<double>& error,
               const Click& click) const {
    const auto rises = [&](const std::vector<double>& of, double limit, double floor) {
      const double before = rms(of, click.begin - guard_ - side_, click.begin - guard_);
      const double after = rms(of, click.end + guard_, click.end + guard_ + side_);
      return after > limit * std::max(before, floor);
    };
    return rises(error, kMaxEnergyRise, kNoiseFloor) || rises(x, kMaxSignalRise, kMinAmplitude);
  }

  const int64_t block_, max_click_, wide_, side_, guard_;
  const double threshold_;
  int64_t begin_ = 0;     // of the next block
  int64_t reported_ = 0;  // clicks that begin before it have been
};

}  // namespace

std::unique_ptr<GlitchFinder> make_click_finder(const GlitchSettings& settings) {
  return std::make_unique<ClickFinder>(settings);
}

}  // namespace heart
