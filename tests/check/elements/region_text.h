// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Regions spelled as text, short enough for the tables of the readers' tests.

#pragma once

#include <gst/heart/heart.h>

#include <gst/check/gstcheck.h>

#include <string>

/// "start-stop label|…" in nanoseconds.
inline std::string spelled(GPtrArray* regions) {
  std::string text;
  for (guint i = 0; i < regions->len; ++i) {
    const auto* region = static_cast<GstHeartRegion*>(regions->pdata[i]);
    text += (i ? "|" : "") + std::to_string(region->start) + "-" + std::to_string(region->stop);
    if (region->label) text += std::string(" ") + region->label;
  }
  return text;
}

/// Fails, at the caller's line, unless the regions are spelled as wanted.
#define expect_regions(regions, wanted)                                    \
  do {                                                                     \
    const std::string found_ = spelled(regions);                           \
    fail_unless(found_ == (wanted), "found %s, wanted %s", found_.c_str(), \
                std::string(wanted).c_str());                              \
  } while (0)
