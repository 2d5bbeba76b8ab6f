// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Finds damage in a running signal by what it looks like: constant runs (dropouts), and if asked clicks,
// repeated buffers and clipping. Made to be left on over undamaged music: every finder has a reason to
// reject what instruments do. Free of torch and GStreamer.

#pragma once

#include "models/base/planes.h"

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

namespace heart {

enum class GlitchKind {
  kConstantRun,  // all channels hold their value, as when samples were never written
  kClick,        // a few samples that neither their past nor their future explain
  kRepeat,       // a block that was played again, bit for bit
  kClipping,     // samples at full scale: for reports, not for repairs
};

/// "zeros", "click", "repeat", "clipping": the reason of a region.
const char* name_of(GlitchKind kind);

/// What was found. Samples count from the first one pushed.
struct Glitch {
  GlitchKind kind;
  int64_t begin;
  int64_t end;
  double confidence;  // 0…1
};

struct GlitchSettings {
  int rate_hz = 48000;
  int channels = 2;
  bool find_constant_runs = true;
  bool find_clicks = false;
  bool find_repeats = false;
  bool find_clipping = false;
  double min_run_seconds = 0.010;
  double max_run_seconds = 3.5;    // longer silence is a programme fault, not a glitch
  double min_edge_level_db = -30;  // of the loudest sample within 40 ms on each side, full scale 0
  double click_threshold_db = 30;  // prediction error over its usual level, both directions of time
};

/// The last samples of a signal, by their number from the beginning.
class GlitchHistory {
 public:
  GlitchHistory(int channels, size_t capacity);
  void push(const Planes& audio);
  int64_t begin() const { return begin_; }  // first sample still held
  int64_t end() const { return begin_ + static_cast<int64_t>(length_of(planes_)); }
  int channels() const { return static_cast<int>(planes_.size()); }
  float at(int channel, int64_t sample) const { return planes_[channel][sample - begin_]; }
  const float* from(int channel, int64_t sample) const {
    return planes_[channel].data() + (sample - begin_);
  }

 private:
  size_t capacity_;
  Planes planes_;  // [A][S]
  int64_t begin_ = 0;
};

/// One kind of damage. `advance` is called after every push, `finish` at the end of the signal.
class GlitchFinder {
 public:
  virtual ~GlitchFinder() = default;
  virtual void advance(const GlitchHistory& history, std::vector<Glitch>& found) = 0;
  virtual void finish(const GlitchHistory& history, std::vector<Glitch>& found) = 0;
  /// The oldest sample that `advance` will look at next time.
  virtual int64_t needs_from() const = 0;
};

/// All finders that the settings ask for.
/// Shapes   planes [A][S], any S
/// Units    full scale at ±1; what is found does not depend on how the signal is cut into pushes
/// Errors   kInput: another number of channels than the settings say
/// Threads  one at a time
/// Source   inpainting.md names the order of trust: constant runs are on by default, the rest is not
class GlitchDetector {
 public:
  explicit GlitchDetector(const GlitchSettings& settings);
  ~GlitchDetector();

  /// Takes the next samples and returns what can be decided by now, in no particular order. Finders do
  /// not know of each other: the hard edges of a dropout are clicks as well, if clicks are asked for.
  std::vector<Glitch> push(const Planes& audio);
  /// The signal ends here: decides what is pending. Push no more.
  std::vector<Glitch> finish();
  /// How far behind its end, in samples, the report of a glitch comes at most.
  int64_t delay_samples() const;

 private:
  GlitchSettings settings_;
  GlitchHistory history_;
  std::vector<std::unique_ptr<GlitchFinder>> finders_;
};

std::unique_ptr<GlitchFinder> make_constant_run_finder(const GlitchSettings& settings);
std::unique_ptr<GlitchFinder> make_click_finder(const GlitchSettings& settings);
std::unique_ptr<GlitchFinder> make_repeat_finder(const GlitchSettings& settings);
std::unique_ptr<GlitchFinder> make_clipping_finder(const GlitchSettings& settings);

}  // namespace heart
