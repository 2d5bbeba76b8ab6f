// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The report on one region, and the element message that carries it. Any thread.

#include "gst/heart/region_fields.h"
#include <gst/heart/error.h>
#include <gst/heart/region_message.h>

G_DEFINE_BOXED_TYPE(GstHeartReport, gst_heart_report, gst_heart_report_copy, gst_heart_report_free)

namespace {

const gchar* nick_of(GType type, gint value) {
  auto* held = G_ENUM_CLASS(g_type_class_ref(type));
  const GEnumValue* found = g_enum_get_value(held, value);
  const gchar* nick = found ? found->value_nick : "unknown";  // static storage, see enums.cpp
  g_type_class_unref(held);
  return nick;
}

/// The value whose nick stands in a field.
bool read_nick(const GstStructure* structure, const gchar* field, GType type, gint* value,
               GError** error) {
  const gchar* nick = nullptr;
  if (!heart::read_text(structure, field, &nick, error)) return false;
  auto* held = G_ENUM_CLASS(g_type_class_ref(type));
  const GEnumValue* found = nick ? g_enum_get_value_by_nick(held, nick) : nullptr;
  g_type_class_unref(held);
  if (!found) {
    g_set_error(error, GST_HEART_ERROR, GST_HEART_ERROR_FIELD,
                "%s: field %s is %s%s%s; a nick of %s was wanted",
                gst_structure_get_name(structure), field, nick ? "\"" : "", nick ? nick : "missing",
                nick ? "\"" : "", g_type_name(type));
    return false;
  }
  *value = found->value;
  return true;
}

/// A whole number that must be there.
bool need_whole(const GstStructure* structure, const gchar* field, guint64* value, GError** error) {
  std::optional<guint64> found;
  if (!heart::read_whole(structure, field, &found, error)) return false;
  if (!found) {
    g_set_error(error, GST_HEART_ERROR, GST_HEART_ERROR_FIELD, "%s: no field %s",
                gst_structure_get_name(structure), field);
    return false;
  }
  *value = *found;
  return true;
}

void free_candidate(gpointer structure) {
  gst_structure_free(static_cast<GstStructure*>(structure));
}

GPtrArray* candidates_of(GstHeartReport* report) {
  if (!report->candidates) report->candidates = g_ptr_array_new_with_free_func(free_candidate);
  return report->candidates;
}

void replace(gchar** held, const gchar* text) {
  gchar* copy = g_strdup(text);
  g_free(*held);
  *held = copy;
}

}  // namespace

GstHeartReport* gst_heart_report_new(guint64 region_id, GstHeartRegionStatus status,
                                     const GstHeartRegion* region) {
  g_return_val_if_fail(region, nullptr);
  auto* report = g_new0(GstHeartReport, 1);
  report->region_id = region_id;
  report->status = status;
  report->region = gst_heart_region_copy(region);
  report->timestamp = GST_CLOCK_TIME_NONE;
  report->stream_time = GST_CLOCK_TIME_NONE;
  report->running_time = GST_CLOCK_TIME_NONE;
  report->duration = gst_heart_region_duration(region);
  report->seed = -1;
  return report;
}

GstHeartReport* gst_heart_report_copy(const GstHeartReport* report) {
  g_return_val_if_fail(report, nullptr);
  auto* copy = g_new0(GstHeartReport, 1);
  *copy = *report;
  copy->region = report->region ? gst_heart_region_copy(report->region) : nullptr;
  copy->method = g_strdup(report->method);
  copy->model = g_strdup(report->model);
  copy->detail = g_strdup(report->detail);
  copy->candidates = nullptr;
  for (guint i = 0; report->candidates && i < report->candidates->len; ++i) {
    auto* candidate = static_cast<GstStructure*>(g_ptr_array_index(report->candidates, i));
    g_ptr_array_add(candidates_of(copy), gst_structure_copy(candidate));
  }
  return copy;
}

void gst_heart_report_free(GstHeartReport* report) {
  if (!report) return;
  gst_heart_region_free(report->region);
  g_free(report->method);
  g_free(report->model);
  g_free(report->detail);
  g_clear_pointer(&report->candidates, g_ptr_array_unref);
  g_free(report);
}

void gst_heart_report_set_times(GstHeartReport* report, const GstSegment* segment,
                                GstClockTime timestamp, GstClockTime duration) {
  g_return_if_fail(report);
  report->timestamp = timestamp;
  report->duration = duration;
  const bool known = segment && segment->format == GST_FORMAT_TIME;
  report->stream_time =
      known ? gst_segment_to_stream_time(segment, GST_FORMAT_TIME, timestamp) : GST_CLOCK_TIME_NONE;
  report->running_time = known ? gst_segment_to_running_time(segment, GST_FORMAT_TIME, timestamp)
                               : GST_CLOCK_TIME_NONE;
}

void gst_heart_report_set_method(GstHeartReport* report, const gchar* method, const gchar* model,
                                 gint64 seed) {
  g_return_if_fail(report);
  replace(&report->method, method);
  replace(&report->model, model);
  report->seed = seed;
}

void gst_heart_report_set_detail(GstHeartReport* report, const gchar* detail) {
  g_return_if_fail(report);
  replace(&report->detail, detail);
}

void gst_heart_report_add_candidate(GstHeartReport* report, const gchar* method, gdouble score,
                                    const gchar* detail) {
  g_return_if_fail(report && method);
  GstStructure* candidate = gst_structure_new("candidate", "score", G_TYPE_DOUBLE, score, nullptr);
  heart::write_text(candidate, "method", method);
  heart::write_text(candidate, "detail", detail);
  g_ptr_array_add(candidates_of(report), candidate);
}

GstMessage* gst_heart_message_new_region(GstObject* src, const GstHeartReport* report) {
  g_return_val_if_fail(report, nullptr);
  const GstHeartRegion* region = report->region;
  GstStructure* structure = gst_structure_new(
      GST_HEART_REGION_MESSAGE_NAME, "region-id", G_TYPE_UINT64, report->region_id, "status",
      G_TYPE_STRING, nick_of(GST_TYPE_HEART_REGION_STATUS, report->status), nullptr);
  if (region) {
    gst_structure_set(structure, "trigger", G_TYPE_STRING,
                      nick_of(GST_TYPE_HEART_TRIGGER, region->trigger), "domain", G_TYPE_STRING,
                      nick_of(GST_TYPE_HEART_TIME_DOMAIN, region->domain), "start", G_TYPE_UINT64,
                      region->start, "stop", G_TYPE_UINT64, region->stop, "confidence",
                      G_TYPE_DOUBLE, region->confidence, nullptr);
    heart::write_text(structure, "label", region->label);
    heart::write_text(structure, "reason", region->reason);
  }
  gst_structure_set(structure, "timestamp", G_TYPE_UINT64, report->timestamp, "stream-time",
                    G_TYPE_UINT64, report->stream_time, "running-time", G_TYPE_UINT64,
                    report->running_time, "duration", G_TYPE_UINT64, report->duration, "seed",
                    G_TYPE_INT64, report->seed, "elapsed", G_TYPE_UINT64, report->elapsed, nullptr);
  heart::write_text(structure, "method", report->method ? report->method : "none");
  heart::write_text(structure, "model", report->model);
  heart::write_text(structure, "detail", report->detail);

  GValue candidates = G_VALUE_INIT;
  gst_value_array_init(&candidates, report->candidates ? report->candidates->len : 0);
  for (guint i = 0; report->candidates && i < report->candidates->len; ++i) {
    GValue candidate = G_VALUE_INIT;
    g_value_init(&candidate, GST_TYPE_STRUCTURE);
    gst_value_set_structure(&candidate,
                            static_cast<GstStructure*>(g_ptr_array_index(report->candidates, i)));
    gst_value_array_append_and_take_value(&candidates, &candidate);
  }
  gst_structure_take_value(structure, "candidates", &candidates);
  return gst_message_new_element(src, structure);
}

gboolean gst_heart_message_is_region(GstMessage* message) {
  g_return_val_if_fail(GST_IS_MESSAGE(message), FALSE);
  return GST_MESSAGE_TYPE(message) == GST_MESSAGE_ELEMENT &&
         gst_message_has_name(message, GST_HEART_REGION_MESSAGE_NAME);
}

GstHeartReport* gst_heart_message_parse_region(GstMessage* message, GError** error) {
  g_return_val_if_fail(GST_IS_MESSAGE(message), nullptr);
  if (!gst_heart_message_is_region(message)) {
    g_set_error(error, GST_HEART_ERROR, GST_HEART_ERROR_FIELD,
                "a %s message does not report a region; an element message named %s does",
                GST_MESSAGE_TYPE_NAME(message), GST_HEART_REGION_MESSAGE_NAME);
    return nullptr;
  }
  const GstStructure* structure = gst_message_get_structure(message);
  guint64 id = 0, start = 0, stop = 0, timestamp = 0, stream_time = 0, running_time = 0;
  guint64 duration = 0, elapsed = 0;
  gint status = 0, trigger = 0, domain = 0;
  gint64 seed = -1;
  gdouble confidence = 1.0;
  const gchar *label = nullptr, *reason = nullptr, *method = nullptr, *model = nullptr;
  const gchar* detail = nullptr;
  if (!need_whole(structure, "region-id", &id, error) ||
      !read_nick(structure, "status", GST_TYPE_HEART_REGION_STATUS, &status, error) ||
      !read_nick(structure, "trigger", GST_TYPE_HEART_TRIGGER, &trigger, error) ||
      !read_nick(structure, "domain", GST_TYPE_HEART_TIME_DOMAIN, &domain, error) ||
      !need_whole(structure, "start", &start, error) ||
      !need_whole(structure, "stop", &stop, error) ||
      !need_whole(structure, "timestamp", &timestamp, error) ||
      !need_whole(structure, "stream-time", &stream_time, error) ||
      !need_whole(structure, "running-time", &running_time, error) ||
      !need_whole(structure, "duration", &duration, error) ||
      !need_whole(structure, "elapsed", &elapsed, error) ||
      !heart::read_text(structure, "label", &label, error) ||
      !heart::read_text(structure, "reason", &reason, error) ||
      !heart::read_text(structure, "method", &method, error) ||
      !heart::read_text(structure, "model", &model, error) ||
      !heart::read_text(structure, "detail", &detail, error) ||
      !heart::read_real(structure, "confidence", &confidence, error)) {
    return nullptr;
  }
  if (!gst_structure_get_int64(structure, "seed", &seed)) {
    g_set_error(error, GST_HEART_ERROR, GST_HEART_ERROR_FIELD, "%s: no gint64 in field seed",
                GST_HEART_REGION_MESSAGE_NAME);
    return nullptr;
  }
  if (!gst_heart_region_span_is_valid(start, stop)) {
    g_set_error(error, GST_HEART_ERROR, GST_HEART_ERROR_RANGE,
                "%s: from %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT " ns is not a span",
                GST_HEART_REGION_MESSAGE_NAME, start, stop);
    return nullptr;
  }

  GstHeartRegion* region = gst_heart_region_new(static_cast<GstHeartTimeDomain>(domain), start,
                                                stop, static_cast<GstHeartTrigger>(trigger), label);
  gst_heart_region_set_reason(region, reason, confidence);
  GstHeartReport* report =
      gst_heart_report_new(id, static_cast<GstHeartRegionStatus>(status), region);
  gst_heart_region_free(region);
  report->timestamp = timestamp;
  report->stream_time = stream_time;
  report->running_time = running_time;
  report->duration = duration;
  report->elapsed = elapsed;
  const bool has_method = method && g_strcmp0(method, "none") != 0;
  gst_heart_report_set_method(report, has_method ? method : nullptr, model, seed);
  gst_heart_report_set_detail(report, detail);

  const GValue* candidates = gst_structure_get_value(structure, "candidates");
  const guint n_candidates =
      candidates && GST_VALUE_HOLDS_ARRAY(candidates) ? gst_value_array_get_size(candidates) : 0;
  for (guint i = 0; i < n_candidates; ++i) {
    const GValue* held = gst_value_array_get_value(candidates, i);
    if (!GST_VALUE_HOLDS_STRUCTURE(held) || !gst_value_get_structure(held)) continue;
    g_ptr_array_add(candidates_of(report), gst_structure_copy(gst_value_get_structure(held)));
  }
  return report;
}
