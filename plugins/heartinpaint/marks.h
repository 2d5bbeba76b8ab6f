// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Regions as they were flagged, in time: they wait here until the stream comes to them, and lasting ones
// (property, file) come again after every seek. Under the stream's lock.

#pragma once

#include "plugins/heartinpaint/regions.h"

#include <list>

namespace heart::engine {

struct Mark {
  RegionPtr region;
  bool is_lasting = false;  // survives flushes
  bool is_met = false;      // audio of it came by
};

class MarkList {
 public:
  /// Reads the property `regions` and the file `regions-location`, replacing all marks.
  /// Errors   false with `error` set: text or file that cannot be read; `warnings` says what was passed over
  bool load(const char* regions, const char* location, GstHeartRegionFormat format,
            std::vector<std::string>& warnings, GError** error);

  Mark& add(RegionPtr region);
  /// A flush: what came with the stream or in running time has lost its meaning.
  void drop_passing();
  /// A new segment: positions in the last one have lost their meaning.
  void drop_segment_times();
  void clear() { marks_.clear(); }

  std::list<Mark>& all() { return marks_; }

 private:
  std::list<Mark> marks_;
};

}  // namespace heart::engine
