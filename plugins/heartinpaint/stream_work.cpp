// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What is to be done: regions become requests, one after the other in order of time, since each may be
// the next one's left context; answers go into the store.

#include "plugins/heartinpaint/stream.h"

#include <algorithm>
#include <random>
#include <utility>

namespace heart::engine {
namespace {

int64_t draw_seed() {
  std::random_device device;
  return static_cast<int64_t>(device() & 0x7fffffffu);
}

}  // namespace

// The right context ends where the next region begins.
int64_t Stream::right_limit(const Run& run, const Region& region) const {
  int64_t limit = std::min(run.end, region.end + run.after);
  for (const Region& other : run.regions.all()) {
    if (other.begin >= region.end) limit = std::min(limit, other.begin);
  }
  return limit;
}

// Running time at which a sample has to leave.
GstClockTime Stream::due(const Run& run, int64_t sample) const {
  if (!GST_CLOCK_TIME_IS_VALID(promise)) return GST_CLOCK_TIME_NONE;
  const GstClockTime time =
      gst_segment_to_running_time(&run.segment, GST_FORMAT_TIME, run.timeline.pts_of(sample));
  return GST_CLOCK_TIME_IS_VALID(time) ? time + promise : GST_CLOCK_TIME_NONE;
}

// A buffer leaves as a whole, so the one that holds the start of the seam sets the time.
GstClockTime Stream::deadline(const Run& run, const Region& region) const {
  const int64_t first = std::max(run.begin, region.begin - run.crossfade);
  for (const Item& item : queue_) {
    if (item.run.get() == &run && item.end > first) return due(run, item.begin);
  }
  return due(run, first);
}

bool Stream::is_ready_for_work(const Run& run, const Region& region, GstClockTime now) const {
  if (run.is_closed()) return true;
  if (run.newest() < region.end) return false;
  if (run.newest() >= right_limit(run, region)) return true;
  // Live, and the stream stalls: what is here has to do.
  const GstClockTime last = deadline(run, region);
  return GST_CLOCK_TIME_IS_VALID(now) && GST_CLOCK_TIME_IS_VALID(last) && now + budget >= last;
}

void Stream::note_lateness(Region& region, GstClockTime now, GstClockTime last) const {
  if (!GST_CLOCK_TIME_IS_VALID(now) || !GST_CLOCK_TIME_IS_VALID(last)) return;
  region.lateness.jitter = std::max<GstClockTimeDiff>(0, GST_CLOCK_DIFF(last, now));
  if (GST_CLOCK_TIME_IS_VALID(region.asked_at) && region.asked_at < MIN(last, now)) {
    region.lateness.proportion =
        static_cast<double>(now - region.asked_at) / static_cast<double>(last - region.asked_at);
  }
}

void Stream::leave(Region& region, const std::string& detail) {
  region.state = Region::State::kLeft;
  region.status = GST_HEART_REGION_STATUS_SKIPPED;
  region.detail = detail;
}

std::optional<Request> Stream::next_job(GstClockTime now) {
  for (const RunPtr& run : runs_) {
    for (Region& region : run->regions.all()) {
      if (region.is_decided()) continue;
      if (region.state == Region::State::kWorking) return std::nullopt;
      if (region.begin >= run->newest()) break;
      if (settings.method == Method::kNone) {
        leave(region, "method is none");
        continue;
      }
      if (region.end - region.begin > run->max_region) {
        leave(region, "longer than max-region");
        continue;
      }
      if (!is_ready_for_work(*run, region, now)) return std::nullopt;
      Request request = build_request(*run, region, now);
      if (request.left.samples == 0 && request.right.samples == 0) {
        leave(region, "no good audio on either side");
        continue;
      }
      return request;
    }
  }
  return std::nullopt;
}

Request Stream::build_request(Run& run, Region& region, GstClockTime now) {
  int64_t bad_end = run.bad_end;
  for (const Region& other : run.regions.all()) {
    if (other.end <= region.begin && other.is_decided() && !other.has_patch()) {
      bad_end = std::max(bad_end, other.end);
    }
  }
  const int64_t left = std::max({region.begin - run.before, run.store.begin(), bad_end});
  const int64_t right = std::max(region.end, std::min(right_limit(run, region), run.newest()));

  region.state = Region::State::kWorking;
  region.ticket = ++last_ticket_;
  region.cancel = std::make_shared<Cancel>();
  region.fallback.reset();
  region.is_awaiting_fallback = false;
  region.asked_at = now;

  Request request;
  request.epoch = epoch;
  request.ticket = region.ticket;
  request.region_id = region.id;
  request.is_live = is_live;
  request.format = run.format;
  request.left = run.store.read(std::min(left, region.begin), region.begin);
  request.right = run.store.read(region.end, right);
  request.max_lead = region.begin - std::max(released_, run.begin);
  request.begin_pts = run.timeline.pts_of(region.begin);
  request.end_pts = run.timeline.pts_of(region.end);
  request.cancel = region.cancel;

  Gap& gap = request.gap;
  gap.length = static_cast<size_t>(region.end - region.begin);
  gap.rate_hz = run.format->rate_hz();
  gap.pairs = channel_pairs(run.format->info());
  gap.tags = settings.has_tags ? settings.tags : tags;
  gap.lyrics = settings.has_lyrics ? settings.lyrics : lyrics;
  gap.is_live = is_live;
  gap.seed = settings.seed >= 0 ? settings.seed : draw_seed();
  const GstClockTime stream_time =
      gst_segment_to_stream_time(&run.segment, GST_FORMAT_TIME, request.begin_pts);
  gap.begin_seconds =
      static_cast<double>(GST_CLOCK_TIME_IS_VALID(stream_time) ? stream_time : request.begin_pts) /
      GST_SECOND;
  gap.crossfade_samples = static_cast<size_t>(std::min(
      run.crossfade, std::max<int64_t>(request.max_lead, left < region.begin ? 0 : run.crossfade)));
  const GstClockTime last = deadline(run, region);
  if (GST_CLOCK_TIME_IS_VALID(last) && GST_CLOCK_TIME_IS_VALID(now)) {
    const GstClockTime left_ns = last > now ? last - now : 0;
    gap.deadline = std::chrono::steady_clock::now() + std::chrono::nanoseconds(left_ns);
  }
  return request;
}

void Stream::commit(Run& run, Region& region, Answer answer, GstHeartRegionStatus status) {
  region.state = Region::State::kDone;
  region.status = status;
  if (region.detail.empty()) region.detail = answer.detail;
  region.patch_begin = region.patch_end = region.begin;
  if (answer.is_repaired) {
    region.patch_begin = region.begin - answer.lead;
    region.patch_end = region.end + answer.tail;
    region.original = run.store.read(region.patch_begin, region.patch_end);
    run.store.write(region.patch_begin, answer.audio);
    answer.audio = {};
  }
  region.answer = std::move(answer);
  region.fallback.reset();
}

bool Stream::apply(uint64_t ticket, Answer answer, bool is_fallback) {
  for (const RunPtr& run : runs_) {
    Region* region = run->regions.find(ticket);
    if (!region) continue;
    if (is_fallback) {
      if (region->is_awaiting_fallback) {
        commit(*run, *region, std::move(answer), region->status);
      } else {
        region->fallback = std::make_unique<Answer>(std::move(answer));
      }
      return true;
    }
    if (answer.is_repaired && answer.detail.empty()) {
      commit(*run, *region, std::move(answer), GST_HEART_REGION_STATUS_REPAIRED);
      return true;
    }
    const GstHeartRegionStatus status =
        answer.is_refused ? GST_HEART_REGION_STATUS_LATE : GST_HEART_REGION_STATUS_FAILED;
    if (!is_live) {  // The worker has tried the fallback already.
      commit(*run, *region, std::move(answer), status);
      return true;
    }
    region->detail = answer.detail;
    region->lateness = answer.lateness;
    if (region->fallback) {
      commit(*run, *region, std::move(*region->fallback), status);
    } else {
      region->status = status;
      region->is_awaiting_fallback = true;
    }
    return true;
  }
  return false;
}

void Stream::expire(GstClockTime now) {
  if (queue_.empty() || !queue_.front().run) return;
  const Item& front = queue_.front();
  Region* region = blocking_region(front);
  if (!region || !is_live) return;
  const GstClockTime last = due(*front.run, front.begin);
  const bool is_over = GST_CLOCK_TIME_IS_VALID(now) && GST_CLOCK_TIME_IS_VALID(last) && now >= last;
  if (!is_over && !is_hurried_) return;
  if (!is_over && region->state == Region::State::kWorking && !region->fallback) {
    // The fallback is quick; a query may wait for it.
    region->detail = "a query had to be answered";
    region->status = GST_HEART_REGION_STATUS_LATE;
    region->is_awaiting_fallback = true;
    return;
  }
  if (is_over) note_lateness(*region, now, last);
  if (region->state == Region::State::kOpen) {
    if (region->end > front.run->newest()) {
      leave(*region, "its end had not arrived when its beginning was due");
      region->status = GST_HEART_REGION_STATUS_LATE;
      return;
    }
    Request request = build_request(*front.run, *region, now);
    commit(*front.run, *region, soft_silence(std::move(request)), GST_HEART_REGION_STATUS_LATE);
  } else if (region->fallback) {
    commit(*front.run, *region, std::move(*region->fallback), GST_HEART_REGION_STATUS_LATE);
  } else {
    Request request = build_request(*front.run, *region, now);
    commit(*front.run, *region, soft_silence(std::move(request)), GST_HEART_REGION_STATUS_LATE);
  }
  if (region->cancel) region->cancel->raise();
  region->detail = is_over ? "not ready at its deadline" : "a query had to be answered";
}

void Stream::cancel_all() {
  for (const RunPtr& run : runs_) {
    for (Region& region : run->regions.all()) {
      if (region.cancel) region.cancel->raise();
      const bool has_begun_to_leave =
          region.is_decided() &&
          (region.has_patch() ? region.patch_begin : region.begin) < released_;
      if (region.id == 0 || region.is_reported) continue;
      if (has_begun_to_leave) {
        notices_.push_back(notice_of(*run, region));
      } else {
        Notice notice;
        notice.report.reset(gst_heart_report_new(region.id, GST_HEART_REGION_STATUS_CANCELLED,
                                                 region.flagged.get()));
        set_times(*notice.report, *run, region.begin, region.end);
        gst_heart_report_set_detail(notice.report.get(), "flush or state change");
        notices_.push_back(std::move(notice));
      }
      region.is_reported = true;
    }
  }
}

}  // namespace heart::engine
