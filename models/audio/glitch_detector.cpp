// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The detector: keeps the history that its finders need and asks each of them. Also the clipping
// finder, which is too short for a file of its own.

#include "models/audio/glitch_detector.h"

#include "models/base/error.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace heart {

namespace {

constexpr double kHistorySeconds = 0.5;  // the longest look back of any finder is 0.2 s
constexpr size_t kPieceSamples = 4096;   // of a large push, so that the history never overflows

/// Runs of samples at full scale, of one channel at least; runs less than 50 ms apart are one.
class ClippingFinder : public GlitchFinder {
 public:
  explicit ClippingFinder(int rate_hz) : join_(rate_hz / 20) {}

  void advance(const GlitchHistory& history, std::vector<Glitch>& found) override {
    if (run_.empty()) run_.assign(static_cast<size_t>(history.channels()), 0);
    for (; next_ < history.end(); ++next_) {
      bool is_clipped = false;
      for (int c = 0; c < history.channels(); ++c) {
        int& run = run_[static_cast<size_t>(c)];
        run = std::abs(history.at(c, next_)) >= kFullScale ? run + 1 : 0;
        is_clipped |= run >= kMinRun;
      }
      if (is_clipped) {
        if (end_ == 0) begin_ = next_ - kMinRun + 1;
        end_ = next_ + 1;
      } else if (end_ && next_ - end_ > join_) {
        close(found);
      }
    }
  }
  void finish(const GlitchHistory&, std::vector<Glitch>& found) override {
    if (end_) close(found);
  }
  int64_t needs_from() const override { return next_; }

 private:
  static constexpr float kFullScale = 0.999f;  // 16 bit: 32735 of 32767
  static constexpr int kMinRun = 4;            // a lone peak may touch full scale by right

  void close(std::vector<Glitch>& found) {
    found.push_back({GlitchKind::kClipping, begin_, end_, 1.0});
    end_ = 0;
  }

  int64_t join_;
  int64_t next_ = 0;
  int64_t begin_ = 0, end_ = 0;  // end_ 0: none open
  std::vector<int> run_;
};

}  // namespace

const char* name_of(GlitchKind kind) {
  switch (kind) {
    case GlitchKind::kConstantRun:
      return "zeros";
    case GlitchKind::kClick:
      return "click";
    case GlitchKind::kRepeat:
      return "repeat";
    case GlitchKind::kClipping:
      return "clipping";
  }
  return "unknown";
}

GlitchHistory::GlitchHistory(int channels, size_t capacity)
    : capacity_(capacity), planes_(static_cast<size_t>(channels)) {
  for (auto& plane : planes_) plane.reserve(2 * capacity);
}

void GlitchHistory::push(const Planes& audio) {
  for (size_t c = 0; c < planes_.size(); ++c)
    planes_[c].insert(planes_[c].end(), audio[c].begin(), audio[c].end());
  if (length_of(planes_) < 2 * capacity_) return;
  const size_t surplus = length_of(planes_) - capacity_;  // moved once per `capacity_` samples
  for (auto& plane : planes_)
    plane.erase(plane.begin(), plane.begin() + static_cast<ptrdiff_t>(surplus));
  begin_ += static_cast<int64_t>(surplus);
}

GlitchDetector::GlitchDetector(const GlitchSettings& settings)
    : settings_(settings),
      history_(settings.channels,
               static_cast<size_t>(kHistorySeconds * settings.rate_hz) + 4 * kPieceSamples) {
  if (settings.find_constant_runs) finders_.push_back(make_constant_run_finder(settings));
  if (settings.find_clicks) finders_.push_back(make_click_finder(settings));
  if (settings.find_repeats) finders_.push_back(make_repeat_finder(settings));
  if (settings.find_clipping) finders_.push_back(make_clipping_finder(settings));
}

GlitchDetector::~GlitchDetector() = default;

std::vector<Glitch> GlitchDetector::push(const Planes& audio) {
  if (static_cast<int>(audio.size()) != settings_.channels)
    throw Error(Fault::kInput, "got " + std::to_string(audio.size()) +
                                   " channels, the detector was made for " +
                                   std::to_string(settings_.channels) + "; make one per format");
  std::vector<Glitch> found;
  Planes piece(audio.size());
  for (size_t at = 0; at < length_of(audio); at += kPieceSamples) {
    const size_t n = std::min(kPieceSamples, length_of(audio) - at);
    for (size_t c = 0; c < audio.size(); ++c) {
      const auto from = audio[c].begin() + static_cast<ptrdiff_t>(at);
      piece[c].assign(from, from + static_cast<ptrdiff_t>(n));
      // What is not a number can be compared with nothing; a decoder that makes it has failed there.
      for (float& value : piece[c])
        if (!std::isfinite(value)) value = 0;
    }
    history_.push(piece);
    for (auto& finder : finders_) finder->advance(history_, found);
  }
  return found;
}

std::vector<Glitch> GlitchDetector::finish() {
  std::vector<Glitch> found;
  for (auto& finder : finders_) finder->finish(history_, found);
  return found;
}

int64_t GlitchDetector::delay_samples() const {
  return static_cast<int64_t>(0.2 * settings_.rate_hz) + 2 * kPieceSamples;
}

std::unique_ptr<GlitchFinder> make_clipping_finder(const GlitchSettings& settings) {
  return std::make_unique<ClippingFinder>(settings.rate_hz);
}

}  // namespace heart
