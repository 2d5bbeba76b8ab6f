// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The custom event that flags a region. Any thread.
// Source: fields and the use of the pads' running-time offset as in gst/video/video-event.c.

#include "gst/heart/region_fields.h"
#include <gst/heart/error.h>
#include <gst/heart/region_event.h>

GstEvent* gst_heart_event_new_downstream_region(GstClockTime timestamp, GstClockTime stream_time,
                                                GstClockTime running_time, GstClockTime duration,
                                                const gchar* label, const gchar* reason,
                                                gdouble confidence) {
  GstStructure* structure = gst_structure_new_empty(GST_HEART_REGION_EVENT_NAME);
  heart::write_region_fields(structure, {timestamp, stream_time, running_time}, duration, label,
                             reason, confidence);
  return gst_event_new_custom(GST_EVENT_CUSTOM_DOWNSTREAM, structure);
}

GstEvent* gst_heart_event_new_upstream_region(GstClockTime running_time, GstClockTime duration,
                                              const gchar* label, const gchar* reason,
                                              gdouble confidence) {
  GstStructure* structure = gst_structure_new_empty(GST_HEART_REGION_EVENT_NAME);
  heart::RegionTimes times;
  times.running_time = running_time;
  heart::write_region_fields(structure, times, duration, label, reason, confidence);
  return gst_event_new_custom(GST_EVENT_CUSTOM_UPSTREAM, structure);
}

gboolean gst_heart_event_is_region(GstEvent* event) {
  g_return_val_if_fail(GST_IS_EVENT(event), FALSE);
  switch (GST_EVENT_TYPE(event)) {
    case GST_EVENT_CUSTOM_UPSTREAM:
    case GST_EVENT_CUSTOM_DOWNSTREAM:
    case GST_EVENT_CUSTOM_DOWNSTREAM_OOB:
    case GST_EVENT_CUSTOM_DOWNSTREAM_STICKY:
    case GST_EVENT_CUSTOM_BOTH:
    case GST_EVENT_CUSTOM_BOTH_OOB:
      return gst_event_has_name(event, GST_HEART_REGION_EVENT_NAME);
    default:
      return FALSE;
  }
}

GstHeartRegion* gst_heart_event_parse_region(GstEvent* event, GError** error) {
  g_return_val_if_fail(GST_IS_EVENT(event), nullptr);
  if (!gst_heart_event_is_region(event)) {
    g_set_error(error, GST_HEART_ERROR, GST_HEART_ERROR_FIELD,
                "a %s event does not flag a region; a custom event named %s does",
                GST_EVENT_TYPE_NAME(event), GST_HEART_REGION_EVENT_NAME);
    return nullptr;
  }
  const auto direction = GST_EVENT_TYPE(event) == GST_EVENT_CUSTOM_UPSTREAM
                             ? heart::Direction::kUpstream
                             : heart::Direction::kDownstream;
  return heart::read_region_fields(gst_event_get_structure(event), direction,
                                   gst_event_get_running_time_offset(event),
                                   GST_HEART_TRIGGER_EVENT, error);
}
