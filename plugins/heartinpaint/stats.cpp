// SPDX-License-Identifier: LGPL-2.1-or-later

#include "plugins/heartinpaint/stats.h"

namespace heart::engine {

void Stats::reset() {
  std::lock_guard<std::mutex> held(lock_);
  for (guint64& n : by_status_) n = 0;
  by_method_.clear();
  samples_ = dropped_ = 0;
  seconds_made_ = 0;
  repair_time_ = 0;
  stretch_ = {};
}

void Stats::count(const Notice& notice, int rate_hz) {
  std::lock_guard<std::mutex> held(lock_);
  const GstHeartReport& report = *notice.report;
  ++by_status_[report.status];
  if (report.method) ++by_method_[report.method];
  if (report.status == GST_HEART_REGION_STATUS_REPAIRED) {
    stretch_.processed += notice.region_samples;
  } else if (report.status == GST_HEART_REGION_STATUS_LATE) {
    stretch_.dropped += notice.region_samples;
  }
  samples_ += notice.synthesised_samples;
  if (rate_hz > 0) seconds_made_ += static_cast<double>(notice.synthesised_samples) / rate_hz;
  repair_time_ += report.elapsed;
}

void Stats::count_dropped_result() {
  std::lock_guard<std::mutex> held(lock_);
  ++dropped_;
}

void Stats::set_load_seconds(double seconds) {
  std::lock_guard<std::mutex> held(lock_);
  load_time_ = static_cast<GstClockTime>(seconds * GST_SECOND);
}

void Stats::begin_stretch() {
  std::lock_guard<std::mutex> held(lock_);
  stretch_ = {};
}

Stats::Stretch Stats::stretch() const {
  std::lock_guard<std::mutex> held(lock_);
  return stretch_;
}

GstStructure* Stats::to_structure() const {
  std::lock_guard<std::mutex> held(lock_);
  guint64 regions = 0;
  for (guint64 n : by_status_) regions += n;
  GstStructure* methods = gst_structure_new_empty("methods");
  for (const auto& [name, n] : by_method_) {
    gst_structure_set(methods, name.c_str(), G_TYPE_UINT64, n, nullptr);
  }
  const double work = static_cast<double>(repair_time_) / GST_SECOND;
  GstStructure* stats = gst_structure_new(
      "application/x-heartinpaint-stats", "regions", G_TYPE_UINT64, regions, "repaired",
      G_TYPE_UINT64, by_status_[GST_HEART_REGION_STATUS_REPAIRED], "late", G_TYPE_UINT64,
      by_status_[GST_HEART_REGION_STATUS_LATE], "skipped", G_TYPE_UINT64,
      by_status_[GST_HEART_REGION_STATUS_SKIPPED], "failed", G_TYPE_UINT64,
      by_status_[GST_HEART_REGION_STATUS_FAILED], "cancelled", G_TYPE_UINT64,
      by_status_[GST_HEART_REGION_STATUS_CANCELLED], "dropped-results", G_TYPE_UINT64, dropped_,
      "samples-synthesised", G_TYPE_UINT64, samples_, "load-time", G_TYPE_UINT64, load_time_,
      "repair-time", G_TYPE_UINT64, repair_time_, "realtime-factor", G_TYPE_DOUBLE,
      work > 0 ? seconds_made_ / work : 0.0, nullptr);
  gst_structure_set(stats, "methods", GST_TYPE_STRUCTURE, methods, nullptr);
  gst_structure_free(methods);
  return stats;
}

}  // namespace heart::engine
