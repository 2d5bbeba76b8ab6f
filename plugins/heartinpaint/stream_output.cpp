// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What goes out, and when: in order, clean buffers as they came, repaired ones with the store's samples.

#include "plugins/heartinpaint/stream.h"

#include <gst/audio/audio.h>

#include <algorithm>
#include <utility>

namespace heart::engine {

void set_times(GstHeartReport& report, const Run& run, int64_t begin, int64_t end) {
  const GstClockTime start = run.timeline.pts_of(begin);
  gst_heart_report_set_times(&report, &run.segment, start, run.timeline.pts_of(end) - start);
}

// The first region without a decision whose seam may reach into the item.
Region* Stream::blocking_region(const Item& item) const {
  if (!item.run) return nullptr;
  Region* region = item.run->regions.first_undecided();
  return region && region->begin - item.run->crossfade < item.end ? region : nullptr;
}

Stream::Readiness Stream::peek(GstClockTime now) {
  Readiness readiness;
  if (queue_.empty()) return readiness;
  const Item& front = queue_.front();
  if (!front.run) {
    readiness.is_ready = true;
    return readiness;
  }
  const Run& run = *front.run;
  const GstClockTime last = due(run, front.begin);
  readiness.until = MIN(last, work_begins(run, now));
  if (blocking_region(front)) return readiness;
  const int64_t settled = run.newest() - run.lag();
  // Live, the latency promised is that of a buffer's first sample.
  const bool is_settled = is_live ? front.begin < settled : front.end <= settled;
  const bool is_due = GST_CLOCK_TIME_IS_VALID(now) && GST_CLOCK_TIME_IS_VALID(last) && now >= last;
  readiness.is_ready = run.is_closed() || run.is_passive || is_settled || is_due;
  return readiness;
}

// Running time at which a region that still waits for its right context has to do with what came, so that
// the budget is left to compute. NONE if there is none, or the time has passed.
GstClockTime Stream::work_begins(const Run& run, GstClockTime now) const {
  for (const Region& region : run.regions.all()) {
    if (region.is_decided()) continue;
    if (region.state != Region::State::kOpen || region.begin >= run.newest()) break;
    const GstClockTime last = deadline(run, region);
    if (!GST_CLOCK_TIME_IS_VALID(last)) break;
    const GstClockTime start = last > budget ? last - budget : 0;
    return GST_CLOCK_TIME_IS_VALID(now) && start <= now ? GST_CLOCK_TIME_NONE : start;
  }
  return GST_CLOCK_TIME_NONE;
}

// Writes the store's samples over [begin, end) of the span that the buffer holds.
void Stream::patch(GstBuffer* buffer, const Run& run, int64_t begin, int64_t end) {
  GstAudioBuffer audio;
  if (!gst_audio_buffer_map(&audio, const_cast<GstAudioInfo*>(&run.format->info()), buffer,
                            static_cast<GstMapFlags>(GST_MAP_WRITE | GST_MAP_READ))) {
    return;
  }
  std::vector<uint8_t*> planes;
  for (size_t p = 0; p < run.format->plane_count(); ++p) {
    planes.push_back(static_cast<uint8_t*>(audio.planes[p]));
  }
  run.store.copy_to(begin, end, planes.data());
  gst_audio_buffer_unmap(&audio);
}

GstBuffer* Stream::repaired_buffer(const Item& item) {
  const Run& run = *item.run;
  GstBuffer* buffer = GST_BUFFER_CAST(item.object);
  bool is_writable = false;
  for (const Region& region : run.regions.all()) {
    if (!region.has_patch() || region.patch_begin >= item.end || region.patch_end <= item.begin) {
      continue;
    }
    if (!is_writable) {
      buffer = gst_buffer_make_writable(buffer);
      GST_BUFFER_FLAG_UNSET(buffer, GST_BUFFER_FLAG_GAP);
      GST_BUFFER_FLAG_UNSET(buffer, GST_BUFFER_FLAG_CORRUPTED);
      is_writable = true;
      patch(buffer, run, item.begin, item.end);
    }
    const GstClockTime start = run.timeline.pts_of(region.patch_begin);
    gst_heart_buffer_add_repaired_meta(
        buffer, region.id, region.answer.method.c_str(),
        region.answer.model.empty() ? nullptr : region.answer.model.c_str(), region.answer.seed,
        start, run.timeline.pts_of(region.patch_end) - start);
  }
  if (item.follows_hole && GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DISCONT)) {
    buffer = gst_buffer_make_writable(buffer);
    GST_BUFFER_FLAG_UNSET(buffer, GST_BUFFER_FLAG_DISCONT);
    GST_BUFFER_FLAG_UNSET(buffer, GST_BUFFER_FLAG_RESYNC);
  }
  return buffer;
}

// A buffer for samples that never arrived. Its region is decided, so it holds the repair, or silence
// that is flagged as such.
GstBuffer* Stream::hole_buffer(const Item& item) {
  const Run& run = *item.run;
  const SampleFormat& format = *run.format;
  const auto samples = static_cast<size_t>(item.end - item.begin);
  const size_t plane_bytes = samples * format.stride();
  GstBuffer* buffer = gst_buffer_new_allocate(nullptr, plane_bytes * format.plane_count(), nullptr);
  if (format.is_planar()) {
    gst_buffer_add_audio_meta(buffer, &format.info(), samples, nullptr);
  }
  patch(buffer, run, item.begin, item.end);
  const GstClockTime start = run.timeline.pts_of(item.begin);
  GST_BUFFER_PTS(buffer) = start;
  GST_BUFFER_DURATION(buffer) = run.timeline.pts_of(item.end) - start;
  for (const Region& region : run.regions.all()) {
    if (region.begin < item.end && region.end > item.begin && !region.has_patch()) {
      GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_GAP);
    }
  }
  return buffer;
}

Stream::Departure Stream::take() {
  Item item = std::move(queue_.front());
  queue_.pop_front();
  if (item.kind == Item::Kind::kQuery) is_hurried_ = false;
  if (!item.run) return {item.kind, item.object};

  Run& run = *item.run;
  if (item.kind == Item::Kind::kHole) {
    // Long holes leave in pieces of an ordinary size.
    const int64_t piece = std::max<int64_t>(1, run.format->rate_hz() / 10);
    if (item.end - item.begin > piece) {
      Item rest = item;
      rest.begin = item.end = item.begin + piece;
      queue_.push_front(std::move(rest));
    }
    item.object = GST_MINI_OBJECT_CAST(hole_buffer(item));
  }
  item.object = GST_MINI_OBJECT_CAST(repaired_buffer(item));
  released_ = item.end;
  finish_regions(run);
  run.store.trim(released_ - run.before);
  while (!runs_.empty() && runs_.front()->end <= released_) runs_.pop_front();
  return {Item::Kind::kBuffer, item.object};
}

// Regions that have left are told of; they are forgotten once their right seam has left, too.
void Stream::finish_regions(Run& run) {
  auto& all = run.regions.all();
  for (auto it = all.begin(); it != all.end() && it->begin < released_;) {
    Region& region = *it;
    // What was left as it is may still grow while the flags go on.
    const bool is_untouched = region.state == Region::State::kLeft;
    const bool has_left = region.is_decided() && region.end <= released_ &&
                          (!is_untouched || region.end < released_ || run.is_closed());
    if (!has_left) {
      ++it;
      continue;
    }
    if (!region.is_reported) {
      notices_.push_back(notice_of(run, region));
      region.is_reported = true;
    }
    if (region.patch_end > released_) {
      ++it;
      continue;
    }
    if (!region.has_patch()) run.bad_end = std::max(run.bad_end, region.end);
    it = all.erase(it);
  }
}

Notice Stream::notice_of(const Run& run, const Region& region) const {
  Notice notice;
  notice.report.reset(gst_heart_report_new(region.id, region.status, region.flagged.get()));
  GstHeartReport* report = notice.report.get();
  const Answer& answer = region.answer;
  if (region.has_patch()) {
    set_times(*report, run, region.patch_begin, region.patch_end);
    notice.synthesised_samples = region.patch_end - region.patch_begin;
  } else {
    set_times(*report, run, region.begin, region.end);
  }
  notice.region_samples = region.end - region.begin;
  notice.lateness = region.lateness;
  if (!answer.method.empty()) {
    gst_heart_report_set_method(report, answer.method.c_str(),
                                answer.model.empty() ? nullptr : answer.model.c_str(), answer.seed);
  }
  report->elapsed = answer.elapsed;
  if (!region.detail.empty()) gst_heart_report_set_detail(report, region.detail.c_str());
  for (const Candidate& candidate : answer.candidates) {
    gst_heart_report_add_candidate(report, candidate.method.c_str(), candidate.score,
                                   candidate.detail.c_str());
  }
  notice.is_out_of_memory = answer.is_out_of_memory;
  notice.is_qos = is_live && region.status == GST_HEART_REGION_STATUS_LATE;
  return notice;
}

std::vector<Notice> Stream::take_notices() {
  return std::exchange(notices_, {});
}

}  // namespace heart::engine
