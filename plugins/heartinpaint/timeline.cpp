// SPDX-License-Identifier: LGPL-2.1-or-later

#include "plugins/heartinpaint/timeline.h"

namespace heart::engine {

int64_t Timeline::to_samples(GstClockTime ns) const {
  return static_cast<int64_t>(gst_util_uint64_scale_round(ns, rate_hz_, GST_SECOND));
}

void Timeline::anchor(GstClockTime pts) {
  anchor_pts_ = pts;
  anchor_index_ = next_;
  astray_since_ = -1;
}

GstClockTime Timeline::pts_of(int64_t index) const {
  if (index >= anchor_index_) {
    return anchor_pts_ + gst_util_uint64_scale(index - anchor_index_, GST_SECOND, rate_hz_);
  }
  const GstClockTime back = gst_util_uint64_scale(anchor_index_ - index, GST_SECOND, rate_hz_);
  return back < anchor_pts_ ? anchor_pts_ - back : 0;
}

int64_t Timeline::index_of(GstClockTime pts) const {
  return pts >= anchor_pts_ ? anchor_index_ + to_samples(pts - anchor_pts_)
                            : anchor_index_ - to_samples(anchor_pts_ - pts);
}

Timeline::Placement Timeline::place(GstClockTime pts, int64_t samples, bool is_jump_certain) {
  if (!GST_CLOCK_TIME_IS_VALID(pts)) {
    if (!is_anchored()) anchor(0);
    return {};
  }
  if (!is_anchored()) {
    anchor(pts);
    return {};
  }
  const GstClockTime expected = pts_of(next_);
  const GstClockTimeDiff jump = GST_CLOCK_DIFF(expected, pts);
  if (ABS(jump) <= static_cast<GstClockTimeDiff>(kTolerance)) {
    astray_since_ = -1;
    return {};
  }
  if (!is_jump_certain) {
    if (astray_since_ < 0) astray_since_ = next_;
    // Too late to say where samples went missing, if any did: only the relation is set right.
    if (next_ + samples - astray_since_ >= to_samples(kWait)) anchor(pts);
    return {};
  }
  astray_since_ = -1;
  if (jump < 0) return {Step::kBreaks, 0};
  return {Step::kHole, index_of(pts) - next_};
}

int64_t Timeline::missing_until(GstClockTime end) const {
  const int64_t last = index_of(end);
  return last > next_ ? last - next_ : 0;
}

}  // namespace heart::engine
