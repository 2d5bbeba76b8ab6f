// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the element says on the bus. Called without any lock, on any thread.

#pragma once

#include "plugins/heartinpaint/stats.h"

namespace heart::engine {

/// Region messages, a QOS message for each missed deadline, and the log.
void post_notices(GstElement* element, std::vector<Notice> notices, Stats& stats, int rate_hz);

/// GST_MESSAGE_PROGRESS of one task, at most a few per second.
class ProgressPoster {
 public:
  /// `code`: "load" or "repair"; `text` for people; `region_id` 0 where there is none.
  ProgressPoster(GstElement* element, const char* code, std::string text, guint64 region_id);
  void update(double share, const char* stage);
  void finish(GstProgressType type, const std::string& text);

 private:
  void post(GstProgressType type, const std::string& text, int percent, const char* stage);

  GstElement* element_;
  const char* code_;
  std::string text_;
  guint64 region_id_;
  gint64 last_us_;
};

}  // namespace heart::engine
