// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Region fields in structures, written and read. Any thread.

#include "gst/heart/region_fields.h"

#include <gst/heart/error.h>

#include <cmath>

namespace heart {

void write_text(GstStructure* structure, const gchar* field, const gchar* text) {
  if (!text) return;
  // GStreamer drops a field that is not UTF-8, with a warning that blames the element.
  gchar* valid = g_utf8_make_valid(text, -1);
  gst_structure_set(structure, field, G_TYPE_STRING, valid, nullptr);
  g_free(valid);
}

void write_region_fields(GstStructure* structure, const RegionTimes& times, GstClockTime duration,
                         const gchar* label, const gchar* reason, gdouble confidence) {
  const auto set_time = [structure](const gchar* field, GstClockTime time) {
    if (GST_CLOCK_TIME_IS_VALID(time))
      gst_structure_set(structure, field, G_TYPE_UINT64, time, nullptr);
  };
  set_time("timestamp", times.timestamp);
  set_time("stream-time", times.stream_time);
  set_time("running-time", times.running_time);
  gst_structure_set(structure, "duration", G_TYPE_UINT64, duration, nullptr);
  write_text(structure, "label", label);
  write_text(structure, "reason", reason);
  gst_structure_set(structure, "confidence", G_TYPE_DOUBLE, confidence, nullptr);
}

bool read_whole(const GstStructure* structure, const gchar* field, std::optional<guint64>* value,
                GError** error) {
  value->reset();
  const GValue* held = gst_structure_get_value(structure, field);
  if (!held) return true;
  gint64 number = 0;
  switch (G_VALUE_TYPE(held)) {
    case G_TYPE_UINT64:
      *value = g_value_get_uint64(held);
      return true;
    case G_TYPE_UINT:
      *value = g_value_get_uint(held);
      return true;
    case G_TYPE_ULONG:
      *value = g_value_get_ulong(held);
      return true;
    case G_TYPE_INT64:
      number = g_value_get_int64(held);
      break;
    case G_TYPE_INT:
      number = g_value_get_int(held);
      break;
    case G_TYPE_LONG:
      number = g_value_get_long(held);
      break;
    default:
      g_set_error(error, GST_HEART_ERROR, GST_HEART_ERROR_FIELD,
                  "%s: field %s is a %s; a guint64 was wanted", gst_structure_get_name(structure),
                  field, G_VALUE_TYPE_NAME(held));
      return false;
  }
  if (number < 0) {
    g_set_error(error, GST_HEART_ERROR, GST_HEART_ERROR_RANGE,
                "%s: field %s is %" G_GINT64_FORMAT "; it cannot be negative",
                gst_structure_get_name(structure), field, number);
    return false;
  }
  *value = static_cast<guint64>(number);
  return true;
}

bool read_text(const GstStructure* structure, const gchar* field, const gchar** value,
               GError** error) {
  *value = nullptr;
  const GValue* held = gst_structure_get_value(structure, field);
  if (!held) return true;
  if (!G_VALUE_HOLDS_STRING(held)) {
    g_set_error(error, GST_HEART_ERROR, GST_HEART_ERROR_FIELD,
                "%s: field %s is a %s; a string was wanted", gst_structure_get_name(structure),
                field, G_VALUE_TYPE_NAME(held));
    return false;
  }
  const gchar* text = g_value_get_string(held);
  if (text && !g_utf8_validate(text, -1, nullptr)) {
    g_set_error(error, GST_HEART_ERROR, GST_HEART_ERROR_ENCODING,
                "%s: field %s is not UTF-8; convert it before sending",
                gst_structure_get_name(structure), field);
    return false;
  }
  *value = text;
  return true;
}

bool read_real(const GstStructure* structure, const gchar* field, gdouble* value, GError** error) {
  const GValue* held = gst_structure_get_value(structure, field);
  if (!held) return true;
  if (G_VALUE_HOLDS_DOUBLE(held)) {
    *value = g_value_get_double(held);
  } else if (G_VALUE_HOLDS_FLOAT(held)) {
    *value = g_value_get_float(held);
  } else {
    g_set_error(error, GST_HEART_ERROR, GST_HEART_ERROR_FIELD,
                "%s: field %s is a %s; a double was wanted", gst_structure_get_name(structure),
                field, G_VALUE_TYPE_NAME(held));
    return false;
  }
  return true;
}

namespace {

/// A time field; GST_CLOCK_TIME_NONE is as good as absent.
bool read_time(const GstStructure* structure, const gchar* field, GstClockTime* time,
               GError** error) {
  std::optional<guint64> value;
  if (!read_whole(structure, field, &value, error)) return false;
  *time = value.value_or(GST_CLOCK_TIME_NONE);
  if (!GST_CLOCK_TIME_IS_VALID(*time) || *time < GST_HEART_TIME_MAX) return true;
  g_set_error(error, GST_HEART_ERROR, GST_HEART_ERROR_RANGE,
              "%s: field %s is %" G_GUINT64_FORMAT
              " ns, beyond 292 years; a negative value that was "
              "sent as unsigned?",
              gst_structure_get_name(structure), field, *time);
  return false;
}

/// Applies the offset of the pads that the event crossed, not going below zero.
GstClockTime offset_by(GstClockTime time, gint64 offset) {
  if (!GST_CLOCK_TIME_IS_VALID(time) || offset == 0) return time;
  if (offset > 0) return time + static_cast<guint64>(offset);  // both below 2⁶³: no overflow
  const guint64 back = static_cast<guint64>(-(offset + 1)) + 1;
  return time > back ? time - back : 0;
}

}  // namespace

GstHeartRegion* read_region_fields(const GstStructure* structure, Direction direction,
                                   gint64 running_time_offset, GstHeartTrigger trigger,
                                   GError** error) {
  const gchar* name = gst_structure_get_name(structure);
  RegionTimes times;
  GstClockTime duration = GST_CLOCK_TIME_NONE;
  const gchar *label = nullptr, *reason = nullptr;
  gdouble confidence = 1.0;
  if (!read_time(structure, "timestamp", &times.timestamp, error) ||
      !read_time(structure, "stream-time", &times.stream_time, error) ||
      !read_time(structure, "running-time", &times.running_time, error) ||
      !read_time(structure, "duration", &duration, error) ||
      !read_text(structure, "label", &label, error) ||
      !read_text(structure, "reason", &reason, error) ||
      !read_real(structure, "confidence", &confidence, error)) {
    return nullptr;
  }
  if (!(confidence >= 0.0 && confidence <= 1.0)) {  // NaN fails too
    g_set_error(error, GST_HEART_ERROR, GST_HEART_ERROR_RANGE,
                "%s: field confidence is %g; 0 to 1 was wanted", name, confidence);
    return nullptr;
  }
  if (!GST_CLOCK_TIME_IS_VALID(duration) || duration == 0) {
    const bool is_zero = duration == 0;
    g_set_error(error, GST_HEART_ERROR, is_zero ? GST_HEART_ERROR_RANGE : GST_HEART_ERROR_FIELD,
                "%s: %s; say in field duration how many nanoseconds are damaged", name,
                is_zero ? "the region is empty" : "no duration");
    return nullptr;
  }
  times.running_time = offset_by(times.running_time, running_time_offset);

  struct Choice {
    GstHeartTimeDomain domain;
    GstClockTime time;
  };
  const Choice segment{GST_HEART_TIME_SEGMENT, times.timestamp};
  const Choice stream{GST_HEART_TIME_STREAM, times.stream_time};
  const Choice running{GST_HEART_TIME_RUNNING, times.running_time};
  const bool downstream = direction == Direction::kDownstream;
  for (const Choice& choice :
       {downstream ? segment : running, stream, downstream ? running : segment}) {
    if (!GST_CLOCK_TIME_IS_VALID(choice.time)) continue;
    if (!gst_heart_region_span_is_valid(choice.time, choice.time + duration)) {
      g_set_error(error, GST_HEART_ERROR, GST_HEART_ERROR_RANGE,
                  "%s: %" G_GUINT64_FORMAT " ns for %" G_GUINT64_FORMAT
                  " ns ends beyond 292 years; were start and duration mixed up?",
                  name, choice.time, duration);
      return nullptr;
    }
    GstHeartRegion* region =
        gst_heart_region_new(choice.domain, choice.time, choice.time + duration, trigger, label);
    gst_heart_region_set_reason(region, reason, confidence);
    return region;
  }
  g_set_error(error, GST_HEART_ERROR, GST_HEART_ERROR_FIELD,
              "%s: no start; set timestamp, stream-time or running-time", name);
  return nullptr;
}

}  // namespace heart
