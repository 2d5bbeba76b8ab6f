// SPDX-License-Identifier: LGPL-2.1-or-later

#include "plugins/heartinpaint/messages.h"

#include <algorithm>
#include <utility>

GST_DEBUG_CATEGORY_EXTERN(heartinpaint_debug);
#define GST_CAT_DEFAULT heartinpaint_debug

namespace heart::engine {
namespace {

constexpr gint64 kProgressEvery = 200 * G_TIME_SPAN_MILLISECOND;

void post_qos(GstElement* element, const Notice& notice, const Stats& stats) {
  const GstHeartReport& report = *notice.report;
  GstMessage* message = gst_message_new_qos(GST_OBJECT_CAST(element), TRUE, report.running_time,
                                            report.stream_time, report.timestamp, report.duration);
  constexpr gint kFullQuality = 1000000;
  gst_message_set_qos_values(message, notice.lateness.jitter, notice.lateness.proportion,
                             kFullQuality);
  const Stats::Stretch stretch = stats.stretch();
  gst_message_set_qos_stats(message, GST_FORMAT_DEFAULT, stretch.processed, stretch.dropped);
  gst_element_post_message(element, message);
}

}  // namespace

void post_notices(GstElement* element, std::vector<Notice> notices, Stats& stats, int rate_hz) {
  for (Notice& notice : notices) {
    const GstHeartReport& report = *notice.report;
    stats.count(notice, rate_hz);
    gchar* span = gst_heart_region_to_string(report.region);
    if (report.status == GST_HEART_REGION_STATUS_FAILED) {
      GST_WARNING_OBJECT(element, "region %" G_GUINT64_FORMAT " (%s): %s", report.region_id, span,
                         report.detail ? report.detail : "failed");
    } else {
      GST_INFO_OBJECT(element, "region %" G_GUINT64_FORMAT " (%s): status %d, method %s, %s",
                      report.region_id, span, report.status, report.method ? report.method : "none",
                      report.detail ? report.detail : "done");
    }
    g_free(span);
    if (notice.is_out_of_memory) {
      GST_ELEMENT_WARNING(element, RESOURCE, NO_SPACE_LEFT,
                          ("Memory ran out in a repair; the fallback is in its place"),
                          ("region %" G_GUINT64_FORMAT ": %s", report.region_id, report.detail));
    }
    gst_element_post_message(element,
                             gst_heart_message_new_region(GST_OBJECT_CAST(element), &report));
    if (notice.is_qos) post_qos(element, notice, stats);
  }
}

ProgressPoster::ProgressPoster(GstElement* element, const char* code, std::string text,
                               guint64 region_id)
    : element_(element),
      code_(code),
      text_(std::move(text)),
      region_id_(region_id),
      last_us_(g_get_monotonic_time()) {
  post(GST_PROGRESS_TYPE_START, text_, 0, "");
}

void ProgressPoster::update(double share, const char* stage) {
  const gint64 now = g_get_monotonic_time();
  if (now - last_us_ < kProgressEvery) return;
  last_us_ = now;
  post(GST_PROGRESS_TYPE_CONTINUE, text_, static_cast<int>(100 * std::clamp(share, 0.0, 1.0)),
       stage);
}

void ProgressPoster::finish(GstProgressType type, const std::string& text) {
  post(type, text, type == GST_PROGRESS_TYPE_COMPLETE ? 100 : 0, "");
}

void ProgressPoster::post(GstProgressType type, const std::string& text, int percent,
                          const char* stage) {
  GstMessage* message =
      gst_message_new_progress(GST_OBJECT_CAST(element_), type, code_, text.c_str());
  GstStructure* details = gst_message_writable_structure(message);
  gst_structure_set(details, "percent", G_TYPE_INT, percent, nullptr);
  if (stage && *stage) gst_structure_set(details, "stage", G_TYPE_STRING, stage, nullptr);
  if (region_id_) gst_structure_set(details, "region-id", G_TYPE_UINT64, region_id_, nullptr);
  gst_element_post_message(element_, message);
}

}  // namespace heart::engine
