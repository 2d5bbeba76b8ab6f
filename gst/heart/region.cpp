// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The region: a plain boxed value, its conversions between a segment's three times, and joining.
// Any thread, one at a time per region.

#include <gst/heart/region.h>

#include <algorithm>
#include <cmath>
#include <cstring>

G_DEFINE_BOXED_TYPE(GstHeartRegion, gst_heart_region, gst_heart_region_copy, gst_heart_region_free)

namespace {

// Labels of merged regions are joined; a stream of flags must not grow them without bound.
constexpr size_t kMaxJoinedBytes = 1024;

/// A time of any domain as segment time; may be negative or far outside, hence signed.
/// Returns false if the segment gives it no meaning.
bool to_segment_time(const GstSegment* segment, GstHeartTimeDomain domain, GstClockTime time,
                     gint64* position) {
  guint64 magnitude = time;
  gint sign = 1;
  if (domain == GST_HEART_TIME_STREAM) {
    sign = gst_segment_position_from_stream_time_full(segment, GST_FORMAT_TIME, time, &magnitude);
  } else if (domain == GST_HEART_TIME_RUNNING) {
    sign = gst_segment_position_from_running_time_full(segment, GST_FORMAT_TIME, time, &magnitude);
  }
  if (sign == 0) return false;
  const gint64 bounded = static_cast<gint64>(std::min<guint64>(magnitude, GST_HEART_TIME_MAX));
  *position = sign > 0 ? bounded : -bounded;
  return true;
}

GstClockTime from_segment_time(const GstSegment* segment, GstHeartTimeDomain domain,
                               gint64 position) {
  switch (domain) {
    case GST_HEART_TIME_STREAM:
      return gst_segment_to_stream_time(segment, GST_FORMAT_TIME, position);
    case GST_HEART_TIME_RUNNING:
      return gst_segment_to_running_time(segment, GST_FORMAT_TIME, position);
    default:
      return position;
  }
}

/// Whether one of the parts that ", " separates in `list` is `text`.
bool lists(const gchar* list, const gchar* text) {
  const size_t length = strlen(text);
  for (const gchar* at = list; (at = strstr(at, text)); ++at) {
    const bool begins = at == list || (at - list >= 2 && memcmp(at - 2, ", ", 2) == 0);
    const bool ends = at[length] == '\0' || memcmp(at + length, ", ", 2) == 0;
    if (begins && ends) return true;
  }
  return false;
}

gchar* join(const gchar* earlier, const gchar* later) {
  if (!earlier || !*earlier) return g_strdup(later);
  if (!later || !*later || lists(earlier, later)) return g_strdup(earlier);
  if (strlen(earlier) + strlen(later) + 2 <= kMaxJoinedBytes)
    return g_strconcat(earlier, ", ", later, nullptr);
  return g_str_has_suffix(earlier, ", …") ? g_strdup(earlier)
                                          : g_strconcat(earlier, ", …", nullptr);
}

}  // namespace

gboolean gst_heart_region_span_is_valid(GstClockTime start, GstClockTime stop) {
  return start < stop && stop < GST_HEART_TIME_MAX;
}

GstHeartRegion* gst_heart_region_new(GstHeartTimeDomain domain, GstClockTime start,
                                     GstClockTime stop, GstHeartTrigger trigger,
                                     const gchar* label) {
  g_return_val_if_fail(gst_heart_region_span_is_valid(start, stop), nullptr);
  auto* region = g_new0(GstHeartRegion, 1);
  region->domain = domain;
  region->start = start;
  region->stop = stop;
  region->trigger = trigger;
  region->confidence = 1.0;
  region->label = g_strdup(label);
  return region;
}

GstHeartRegion* gst_heart_region_copy(const GstHeartRegion* region) {
  g_return_val_if_fail(region, nullptr);
  auto* copy = g_new0(GstHeartRegion, 1);
  *copy = *region;
  copy->label = g_strdup(region->label);
  copy->reason = g_strdup(region->reason);
  return copy;
}

void gst_heart_region_free(GstHeartRegion* region) {
  if (!region) return;
  g_free(region->label);
  g_free(region->reason);
  g_free(region);
}

gboolean gst_heart_region_equal(const GstHeartRegion* a, const GstHeartRegion* b) {
  g_return_val_if_fail(a && b, FALSE);
  return a->start == b->start && a->stop == b->stop && a->domain == b->domain &&
         a->trigger == b->trigger && a->confidence == b->confidence &&
         g_strcmp0(a->label, b->label) == 0 && g_strcmp0(a->reason, b->reason) == 0;
}

void gst_heart_region_set_label(GstHeartRegion* region, const gchar* label) {
  g_return_if_fail(region);
  gchar* copy = g_strdup(label);  // first: the new label may be the old one
  g_free(region->label);
  region->label = copy;
}

void gst_heart_region_set_reason(GstHeartRegion* region, const gchar* reason, gdouble confidence) {
  g_return_if_fail(region);
  gchar* copy = g_strdup(reason);
  g_free(region->reason);
  region->reason = copy;
  region->confidence = std::isnan(confidence) ? 0.0 : std::clamp(confidence, 0.0, 1.0);
}

GstClockTime gst_heart_region_duration(const GstHeartRegion* region) {
  g_return_val_if_fail(region, 0);
  return region->stop - region->start;
}

gboolean gst_heart_region_convert(GstHeartRegion* region, const GstSegment* segment,
                                  GstHeartTimeDomain domain) {
  g_return_val_if_fail(region && segment, FALSE);
  g_return_val_if_fail(segment->format == GST_FORMAT_TIME, FALSE);

  const bool running = domain == GST_HEART_TIME_RUNNING || region->domain == GST_HEART_TIME_RUNNING;
  if (running && segment->rate < 0 && !GST_CLOCK_TIME_IS_VALID(segment->stop)) return FALSE;

  gint64 begin = 0, end = 0;
  if (!to_segment_time(segment, region->domain, region->start, &begin) ||
      !to_segment_time(segment, region->domain, region->stop, &end)) {
    return FALSE;
  }
  if (begin > end) std::swap(begin, end);  // negative rate

  // What was already played of a segment (its offset) has no running time: it lies at the start going
  // forwards and at the stop going backwards.
  guint64 first = segment->start, last = segment->stop;
  if (running && segment->rate > 0) first += segment->offset;
  if (running && segment->rate < 0) last = last > segment->offset ? last - segment->offset : 0;
  if (first >= GST_HEART_TIME_MAX) return FALSE;
  begin = std::max(begin, static_cast<gint64>(first));
  if (GST_CLOCK_TIME_IS_VALID(last))
    end = std::min(end, static_cast<gint64>(std::min<guint64>(last, GST_HEART_TIME_MAX - 1)));
  if (begin >= end) return FALSE;

  GstClockTime start = from_segment_time(segment, domain, begin);
  GstClockTime stop = from_segment_time(segment, domain, end);
  if (!GST_CLOCK_TIME_IS_VALID(start) || !GST_CLOCK_TIME_IS_VALID(stop)) return FALSE;
  if (start > stop) std::swap(start, stop);
  if (!gst_heart_region_span_is_valid(start, stop)) return FALSE;
  region->start = start;
  region->stop = stop;
  region->domain = domain;
  return TRUE;
}

gboolean gst_heart_region_merge(GstHeartRegion* into, const GstHeartRegion* other,
                                GstClockTime slack) {
  g_return_val_if_fail(into && other, FALSE);
  if (into == other) return TRUE;
  if (into->domain != other->domain) return FALSE;
  const bool into_is_earlier = into->start <= other->start;
  const GstHeartRegion* earlier = into_is_earlier ? into : other;
  const GstHeartRegion* later = into_is_earlier ? other : into;
  if (later->start > earlier->stop && later->start - earlier->stop > slack) return FALSE;

  gchar* label = join(earlier->label, later->label);
  gchar* reason = join(earlier->reason, later->reason);
  const GstHeartTrigger trigger = earlier->trigger;
  const GstClockTime start = earlier->start;
  into->stop = std::max(into->stop, other->stop);
  into->start = start;
  into->trigger = trigger;
  into->confidence = std::max(into->confidence, other->confidence);
  g_free(into->label);
  g_free(into->reason);
  into->label = label;
  into->reason = reason;
  return TRUE;
}
