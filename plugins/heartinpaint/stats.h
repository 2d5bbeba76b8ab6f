// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the element has done since it left READY, for the property `stats`. Any thread.

#pragma once

#include "plugins/heartinpaint/stream.h"

#include <map>
#include <mutex>
#include <string>

namespace heart::engine {

class Stats {
 public:
  void reset();
  void count(const Notice& notice, int rate_hz);
  void count_dropped_result();
  void set_load_seconds(double seconds);
  /// After a flush: what the QOS messages count begins anew.
  void begin_stretch();
  /// Samples flagged since the last start or flush: those whose repair came in time, and those it did not.
  struct Stretch {
    guint64 processed = 0, dropped = 0;
  };
  Stretch stretch() const;
  /// (transfer full) `application/x-heartinpaint-stats`: regions, repaired, late, skipped, failed, cancelled,
  /// dropped-results, samples-synthesised (guint64); methods (structure: method → guint64); load-time,
  /// repair-time (ns, guint64); realtime-factor (seconds of audio made per second of work, double)
  GstStructure* to_structure() const;

 private:
  mutable std::mutex lock_;
  guint64 by_status_[5] = {};
  std::map<std::string, guint64> by_method_;
  guint64 samples_ = 0;
  guint64 dropped_ = 0;
  Stretch stretch_;
  double seconds_made_ = 0;
  GstClockTime repair_time_ = 0;
  GstClockTime load_time_ = 0;
};

}  // namespace heart::engine
