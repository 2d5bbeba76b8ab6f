// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What must hold of anything that a reader of regions gives back, whatever it was given.

#pragma once

#include "tests/fuzz/require.h"
#include <gst/heart/heart.h>

inline void require_sound(const GstHeartRegion* region) {
  REQUIRE(gst_heart_region_span_is_valid(region->start, region->stop));
  REQUIRE(region->confidence >= 0.0 && region->confidence <= 1.0);
  REQUIRE(!region->label || g_utf8_validate(region->label, -1, nullptr));
  REQUIRE(!region->reason || g_utf8_validate(region->reason, -1, nullptr));
}

/// An error with a text that can be shown, and nothing else.
inline void require_reason(GError* error) {
  REQUIRE(error && error->domain == GST_HEART_ERROR);
  REQUIRE(*error->message && g_utf8_validate(error->message, -1, nullptr));
  g_error_free(error);
}
