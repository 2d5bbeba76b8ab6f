// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Maps timestamps to a count of samples that has no holes: tells, for each buffer, whether it goes on
// where the last one ended, leaves a hole, or starts anew. Free of pads and buffers. Under the stream's lock.
// Source: GstAudioStreamAlign and audiobuffersplit (tolerance, wait), changed to declare holes.

#pragma once

#include <gst/gst.h>

#include <cstdint>

namespace heart::engine {

/// Samples are counted over the whole life of a stream; one Timeline serves one run of them, in which
/// time and count grow together.
class Timeline {
 public:
  enum class Step {
    kContinues,  // the next sample follows the last one
    kHole,       // `missing` samples are missing before it
    kBreaks,     // time jumped back, or in a way that no samples can bridge
  };
  struct Placement {
    Step step = Step::kContinues;
    int64_t missing = 0;
  };

  /// `next`: count of the first sample to come.
  Timeline(int rate_hz, int64_t next) : rate_hz_(rate_hz), next_(next) {}

  /// Where a buffer goes. `is_jump_certain`: a DISCONT flag, a GAP before it or a source that does not
  /// run by the clock make a jump a fact; else it must last for a second, since arrival times waver.
  Placement place(GstClockTime pts, int64_t samples, bool is_jump_certain);
  /// Samples from here to the end of a gap that was announced; 0 if it lies in the past.
  int64_t missing_until(GstClockTime end) const;
  void advance(int64_t samples) { next_ += samples; }
  /// Ties the next sample to a time. Done by `place` for the first buffer.
  void anchor(GstClockTime pts);

  bool is_anchored() const { return GST_CLOCK_TIME_IS_VALID(anchor_pts_); }
  int64_t next() const { return next_; }
  GstClockTime pts_of(int64_t index) const;  // 0 for what would lie before 0
  int64_t index_of(GstClockTime pts) const;  // nearest sample; may lie before the anchor

  static constexpr GstClockTime kTolerance = 40 * GST_MSECOND;
  static constexpr GstClockTime kWait = 1 * GST_SECOND;

 private:
  int64_t to_samples(GstClockTime ns) const;

  int rate_hz_;
  int64_t next_;
  GstClockTime anchor_pts_ = GST_CLOCK_TIME_NONE;
  int64_t anchor_index_ = 0;
  int64_t astray_since_ =
      -1;  // count at which timestamps left the tolerance, -1 while they are within
};

}  // namespace heart::engine
