// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Constant runs: stretches in which every channel holds its value. Silence between notes fades in and
// out, a dropout does not: both edges must be loud and abrupt. Square waves hold their value too, but
// again and again: what surrounds a dropout must move.

#include "models/audio/glitch_detector.h"

#include <algorithm>
#include <cmath>

namespace heart {

namespace {

constexpr double kSideSeconds = 0.040;  // on each side, in which the edge level is measured
constexpr double kEdgeSeconds = 0.001;  // next to the run, in which the sound must still be there
constexpr double kAbruptDb = -20;       // of the edge against its side
constexpr double kMaxConstantShare =
    0.9;  // of a side: square waves hold 0.95 and more of it, bursts of dropouts less

/// What one side of a run looks like.
struct Side {
  double peak = 0;            // of all channels, without the run's own value
  double edge_peak = 0;       // the same within kEdgeSeconds
  double constant_share = 1;  // of its samples
  bool is_whole = false;      // there was enough of it
};

class ConstantRunFinder : public GlitchFinder {
 public:
  explicit ConstantRunFinder(const GlitchSettings& s)
      : min_run_(std::max<int64_t>(2, std::llround(s.min_run_seconds * s.rate_hz))),
        max_run_(std::llround(s.max_run_seconds * s.rate_hz)),
        side_(std::max<int64_t>(2, std::llround(kSideSeconds * s.rate_hz))),
        edge_(std::max<int64_t>(1, std::llround(kEdgeSeconds * s.rate_hz))),
        min_peak_(std::pow(10, s.min_edge_level_db / 20)) {}

  void advance(const GlitchHistory& history, std::vector<Glitch>& found) override {
    for (; next_ < history.end(); ++next_) {
      const bool holds = next_ > 0 && is_constant(history, next_);
      if (holds && run_begin_ < 0) {
        run_begin_ = next_ - 1;
        hold_value(history, run_begin_);
        left_ = measure(history, run_begin_ - side_, run_begin_, value_, /*edge_at_end=*/true);
      } else if (!holds && run_begin_ >= 0) {
        close(next_);
      }
      while (!pending_.empty() && next_ + 1 >= pending_.front().end + side_) decide(history, found);
    }
  }

  /// A run that lasts to the end has no right side; one that ended just before has a short one.
  void finish(const GlitchHistory&, std::vector<Glitch>&) override {}

  int64_t needs_from() const override { return std::max<int64_t>(0, next_ - 2 * side_); }

 private:
  struct Pending {
    int64_t begin, end;
    Side left;
    std::vector<float> value;
  };

  static bool is_constant(const GlitchHistory& history, int64_t sample) {
    for (int c = 0; c < history.channels(); ++c)
      if (history.at(c, sample) != history.at(c, sample - 1)) return false;
    return true;
  }

  void hold_value(const GlitchHistory& history, int64_t sample) {
    value_.resize(static_cast<size_t>(history.channels()));
    for (int c = 0; c < history.channels(); ++c)
      value_[static_cast<size_t>(c)] = history.at(c, sample);
  }

  Side measure(const GlitchHistory& history, int64_t begin, int64_t end,
               const std::vector<float>& value, bool edge_at_end) const {
    Side side;
    if (begin < std::max<int64_t>(1, history.begin() + 1) || end > history.end()) return side;
    side.is_whole = true;
    int64_t n_constant = 0;
    for (int64_t n = begin; n < end; ++n) {
      double level = 0;
      // Measured from the run's own value: a stuck converter may hold any.
      for (int c = 0; c < history.channels(); ++c)
        level = std::max<double>(level, std::abs(history.at(c, n) - value[static_cast<size_t>(c)]));
      side.peak = std::max(side.peak, level);
      const bool is_edge = edge_at_end ? n >= end - edge_ : n < begin + edge_;
      if (is_edge) side.edge_peak = std::max(side.edge_peak, level);
      n_constant += is_constant(history, n);
    }
    side.constant_share = static_cast<double>(n_constant) / static_cast<double>(end - begin);
    return side;
  }

  void close(int64_t end) {
    const int64_t length = end - run_begin_;
    if (length >= min_run_ && length <= max_run_ && is_damage_side(left_))
      pending_.push_back({run_begin_, end, left_, value_});
    run_begin_ = -1;
  }

  bool is_damage_side(const Side& side) const {
    return side.is_whole && side.peak >= min_peak_ && side.constant_share <= kMaxConstantShare &&
           side.edge_peak >= side.peak * std::pow(10, kAbruptDb / 20);
  }

  void decide(const GlitchHistory& history, std::vector<Glitch>& found) {
    const Pending run = std::move(pending_.front());
    pending_.pop_front();
    const Side right = measure(history, run.end, run.end + side_, run.value, /*edge_at_end=*/false);
    if (!is_damage_side(right)) return;
    // The softer of the two edges says how sure this is: as loud as its side, surely.
    const double softer =
        std::min(run.left.edge_peak / run.left.peak, right.edge_peak / right.peak);
    const double confidence = std::clamp(1.0 + 0.25 * std::log10(softer), 0.5, 1.0);
    found.push_back({GlitchKind::kConstantRun, run.begin, run.end, confidence});
  }

  const int64_t min_run_, max_run_, side_, edge_;
  const double min_peak_;
  int64_t next_ = 0;
  int64_t run_begin_ = -1;    // -1: none open
  std::vector<float> value_;  // that the open run holds
  Side left_;
  std::deque<Pending> pending_;  // ended, their right sides not yet complete
};

}  // namespace

std::unique_ptr<GlitchFinder> make_constant_run_finder(const GlitchSettings& settings) {
  return std::make_unique<ConstantRunFinder>(settings);
}

}  // namespace heart
