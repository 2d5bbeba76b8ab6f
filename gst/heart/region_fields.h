// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Private. The fields by which a region is written into the structure of an event, meta or message,
// and read back with distrust: those structures come from anywhere. Any thread.

#pragma once

#include <gst/heart/region.h>

#include <optional>

namespace heart {

/// The same instant on up to three clock faces; GST_CLOCK_TIME_NONE where not known.
struct RegionTimes {
  GstClockTime timestamp = GST_CLOCK_TIME_NONE;
  GstClockTime stream_time = GST_CLOCK_TIME_NONE;
  GstClockTime running_time = GST_CLOCK_TIME_NONE;
};

enum class Direction { kDownstream, kUpstream };

/// Writes times, duration, label, reason and confidence. Text that is not UTF-8 is made so.
void write_region_fields(GstStructure* structure, const RegionTimes& times, GstClockTime duration,
                         const gchar* label, const gchar* reason, gdouble confidence);

/// Reads what write_region_fields wrote, from a structure that anybody may have made.
/// `running_time_offset` is that of the pads which an event crossed.
/// Returns a new region, or nullptr with `error` set (GST_HEART_ERROR_FIELD or _RANGE).
GstHeartRegion* read_region_fields(const GstStructure* structure, Direction direction,
                                   gint64 running_time_offset, GstHeartTrigger trigger,
                                   GError** error);

/// A whole number of any integer type that lies in 0…2⁶⁴−1.
/// Absent: returns true with `value` empty. Wrong type or negative: false with `error` set.
bool read_whole(const GstStructure* structure, const gchar* field, std::optional<guint64>* value,
                GError** error);

/// A string field, owned by the structure; nullptr if absent. Wrong type: false with `error` set.
bool read_text(const GstStructure* structure, const gchar* field, const gchar** value,
               GError** error);

/// A floating-point field. Absent: `value` unchanged. Wrong type: false with `error` set.
bool read_real(const GstStructure* structure, const gchar* field, gdouble* value, GError** error);

/// Sets a string field, made valid UTF-8; nothing for nullptr.
void write_text(GstStructure* structure, const gchar* field, const gchar* text);

}  // namespace heart
