// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What comes in: buffers, gaps, events and queries find their place in the queue, and every way of
// flagging damage ends in the region list.

#include "plugins/heartinpaint/stream.h"

#include <gst/audio/audio.h>

#include <algorithm>
#include <utility>

namespace heart::engine {
namespace {

constexpr GstClockTime kSlack = 20 * GST_MSECOND;  // less good audio is not worth keeping

// Samples per channel, and where they lie.
struct View {
  explicit View(const GstAudioInfo& info, GstBuffer* buffer) {
    is_mapped =
        gst_audio_buffer_map(&audio, const_cast<GstAudioInfo*>(&info), buffer, GST_MAP_READ);
  }
  ~View() {
    if (is_mapped) gst_audio_buffer_unmap(&audio);
  }
  GstAudioBuffer audio;
  bool is_mapped;
};

RegionPtr segment_region(const Run& run, int64_t begin, int64_t end, GstHeartTrigger trigger) {
  const GstClockTime start = run.timeline.pts_of(begin);
  const GstClockTime stop = std::max(run.timeline.pts_of(end), start + 1);
  return RegionPtr(gst_heart_region_new(GST_HEART_TIME_SEGMENT, start, stop, trigger, nullptr));
}

}  // namespace

Run::Run(const Settings& settings, const GstSegment& segment_in,
         std::shared_ptr<const SampleFormat> format_in, int64_t begin_in)
    : segment(segment_in),
      format(format_in),
      begin(begin_in),
      max_region(std::max<int64_t>(1, format->to_samples(settings.max_region))),
      before(format->to_samples(settings.context_before)),
      after(format->to_samples(settings.context_after)),
      crossfade(format->to_samples(settings.crossfade)),
      is_passive(segment_in.rate < 0),
      timeline(format->rate_hz(), begin_in),
      store(format, begin_in),
      regions(format->to_samples(kSlack)),
      bad_end(begin_in) {}

Stream::Stream(const Settings& frozen, uint64_t epoch_in, MarkList& marks, uint64_t& last_region_id)
    : settings(frozen),
      epoch(epoch_in),
      budget(frozen.processing_budget),
      marks_(marks),
      last_region_id_(last_region_id) {
  gst_segment_init(&segment_, GST_FORMAT_TIME);
}

Stream::~Stream() {
  for (Item& item : queue_) {
    if (item.kind != Item::Kind::kQuery && item.object) gst_mini_object_unref(item.object);
  }
}

bool Stream::set_format(const GstAudioInfo& info) {
  if (format_ && gst_audio_info_is_equal(&format_->info(), &info)) return false;
  close_run();
  format_ = std::make_shared<SampleFormat>(info);
  return true;
}

void Stream::set_segment(const GstSegment& segment) {
  if (gst_segment_is_equal(&segment_, &segment)) return;
  close_run();
  if (segment.format == GST_FORMAT_TIME) {
    segment_ = segment;
  } else {
    gst_segment_init(&segment_, GST_FORMAT_TIME);
  }
  marks_.drop_segment_times();
}

Run& Stream::open_run(GstClockTime pts) {
  runs_.push_back(std::make_shared<Run>(settings, segment_, format_, position_));
  Run& run = *runs_.back();
  run.timeline.anchor(GST_CLOCK_TIME_IS_VALID(pts) ? pts : segment_.start);
  for (Mark& mark : marks_.all()) flag_in(run, mark);
  return run;
}

void Stream::close_run() {
  is_hole_pending_ = did_hole_precede_ = false;
  Run* run = current();
  if (!run) return;
  run->end = position_;
  run->regions.cut(run->end);
  const GstClockTime stop = run->timeline.pts_of(run->end);
  const GstClockTime stream_stop =
      gst_segment_to_stream_time(&run->segment, GST_FORMAT_TIME, MIN(stop, run->segment.stop));
  end_stream_time_ = GST_CLOCK_TIME_IS_VALID(stream_stop) ? stream_stop : stop;
  for (Mark& mark : marks_.all()) {
    const RegionPtr here = copy_region(*mark.region);
    if (!gst_heart_region_convert(here.get(), &run->segment, GST_HEART_TIME_SEGMENT)) continue;
    if (run->timeline.index_of(here->start) < run->end &&
        run->timeline.index_of(here->stop) > run->begin) {
      mark.is_met = true;
    }
  }
  if (run->end <= released_) runs_.pop_back();
}

void Stream::report_unmet() {
  for (Mark& mark : marks_.all()) {
    if (!mark.is_lasting || mark.is_met || mark.region->start < end_stream_time_) continue;
    gchar* detail =
        g_strdup_printf("lies beyond the end of the stream, which is %" GST_TIME_FORMAT " long",
                        GST_TIME_ARGS(end_stream_time_));
    report_untouched(GST_HEART_REGION_STATUS_SKIPPED, *mark.region, detail);
    g_free(detail);
    mark.is_met = true;
  }
}

void Stream::append_buffer(GstBuffer* buffer) {
  const GstClockTime pts = GST_BUFFER_PTS(buffer);
  const View view(format_->info(), buffer);
  const int64_t samples = view.is_mapped ? static_cast<int64_t>(view.audio.n_samples) : 0;
  Run* run = current();
  if (!run) run = &open_run(pts);

  const bool is_certain = !is_live || GST_BUFFER_IS_DISCONT(buffer);
  Timeline::Placement placement = run->timeline.place(pts, samples, is_certain && samples > 0);
  const bool was_announced = is_hole_pending_ && GST_CLOCK_TIME_IS_VALID(pts);
  if (was_announced && placement.step != Timeline::Step::kBreaks) {
    placement.missing = run->timeline.missing_until(pts);
    if (placement.missing > 0) placement.step = Timeline::Step::kHole;
  }
  is_hole_pending_ = false;
  if (placement.step == Timeline::Step::kHole) {
    const GstHeartTrigger trigger =
        was_announced ? GST_HEART_TRIGGER_MISSING_DATA : GST_HEART_TRIGGER_DISCONT;
    const bool is_wanted = (settings.triggers & (1 << trigger)) && !run->is_passive;
    if (is_wanted && placement.missing <= run->max_region && settings.method != Method::kNone) {
      append_hole(*run, placement.missing, trigger);
    } else {
      if (is_wanted) {
        const RegionPtr region = segment_region(*run, run->timeline.next(),
                                                run->timeline.next() + placement.missing, trigger);
        report_untouched(
            GST_HEART_REGION_STATUS_SKIPPED, *region,
            settings.method == Method::kNone ? "method is none" : "longer than max-region");
      }
      placement.step = Timeline::Step::kBreaks;
    }
  }
  if (placement.step == Timeline::Step::kBreaks) {
    close_run();
    run = &open_run(pts);
  }

  Item item{Item::Kind::kBuffer, GST_MINI_OBJECT_CAST(buffer), runs_.back()};
  item.begin = position_;
  item.end = position_ + samples;
  item.follows_hole = std::exchange(did_hole_precede_, samples == 0 && did_hole_precede_);
  queue_.push_back(std::move(item));
  if (samples > 0) {
    run->store.append(view.audio.planes, samples);
    run->timeline.advance(samples);
    position_ += samples;
  }

  const int64_t begin = position_ - samples;
  if (samples > 0 && GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_CORRUPTED) &&
      (settings.triggers & GST_HEART_TRIGGER_FLAG_CORRUPTED)) {
    flag_samples(*run, begin, position_, GST_HEART_TRIGGER_CORRUPTED, 0);
  }
  if (samples > 0 && GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_GAP) &&
      (settings.triggers & GST_HEART_TRIGGER_FLAG_GAP)) {
    flag_samples(*run, begin, position_, GST_HEART_TRIGGER_GAP, 0);
  }
  if (settings.triggers & GST_HEART_TRIGGER_FLAG_META) {
    if (GPtrArray* regions = gst_heart_buffer_get_regions(buffer)) {
      for (guint i = 0; i < regions->len; ++i) {
        flag(copy_region(*static_cast<GstHeartRegion*>(g_ptr_array_index(regions, i))));
      }
      g_ptr_array_unref(regions);
    }
  }
  meet(*run);
}

bool Stream::append_gap(GstClockTime start, GstClockTime duration, bool is_missing_data) {
  if (!format_) return false;
  const GstHeartTrigger trigger =
      is_missing_data ? GST_HEART_TRIGGER_MISSING_DATA : GST_HEART_TRIGGER_GAP;
  const bool is_wanted = (settings.triggers & (1 << trigger)) && settings.method != Method::kNone;
  Run* run = current();
  if (!is_wanted || segment_.rate < 0 || !GST_CLOCK_TIME_IS_VALID(start)) {
    // Intended, or somebody else's business: what follows it is no hole.
    close_run();
    return false;
  }
  if (!GST_CLOCK_TIME_IS_VALID(duration)) {
    // The next buffer will tell how long it was.
    is_hole_pending_ = is_missing_data;
    return is_missing_data && run;
  }
  if (start >= GST_HEART_TIME_MAX || duration >= GST_HEART_TIME_MAX) return false;
  if (!run) run = &open_run(start);
  const int64_t missing = run->timeline.missing_until(start + duration);
  if (missing == 0) return true;
  if (missing > run->max_region) {
    const RegionPtr region =
        segment_region(*run, run->timeline.next(), run->timeline.next() + missing, trigger);
    report_untouched(GST_HEART_REGION_STATUS_SKIPPED, *region, "longer than max-region");
    close_run();
    return false;
  }
  append_hole(*run, missing, trigger);
  return true;
}

void Stream::append_hole(Run& run, int64_t samples, GstHeartTrigger trigger) {
  Item item{Item::Kind::kHole, nullptr, runs_.back()};
  item.begin = position_;
  item.end = position_ + samples;
  queue_.push_back(std::move(item));
  run.store.append_silence(samples);
  run.timeline.advance(samples);
  position_ += samples;
  did_hole_precede_ = true;
  flag_samples(run, position_ - samples, position_, trigger, samples);
  meet(run);
}

void Stream::append_event(GstEvent* event) {
  queue_.push_back(
      {Item::Kind::kEvent, GST_MINI_OBJECT_CAST(event), nullptr, position_, position_});
}

// What lies before a query has to leave for it to be answered, and nothing can come behind it before:
// the run ends here for contexts, while time and count go on.
void Stream::append_query(GstQuery* query) {
  if (Run* run = current()) {
    const Timeline timeline = run->timeline;
    close_run();
    runs_.push_back(std::make_shared<Run>(settings, segment_, format_, position_));
    runs_.back()->timeline = timeline;
    for (Mark& mark : marks_.all()) flag_in(*runs_.back(), mark);
  }
  is_hurried_ = true;
  queue_.push_back(
      {Item::Kind::kQuery, GST_MINI_OBJECT_CAST(query), nullptr, position_, position_});
}

bool Stream::append_patient_query(GstQuery* query) {
  const bool has_to_wait = std::any_of(queue_.begin(), queue_.end(), [&](const Item& item) {
    return item.run && (is_live || !item.run->is_closed());
  });
  if (has_to_wait) return false;
  queue_.push_back(
      {Item::Kind::kQuery, GST_MINI_OBJECT_CAST(query), nullptr, position_, position_});
  return true;
}

void Stream::forget_query(GstQuery* query) {
  const auto found = std::find_if(queue_.begin(), queue_.end(), [&](const Item& item) {
    return item.object == GST_MINI_OBJECT_CAST(query);
  });
  if (found == queue_.end()) return;
  queue_.erase(found);
  is_hurried_ = false;
}

void Stream::flag_samples(Run& run, int64_t begin, int64_t end, GstHeartTrigger trigger,
                          int64_t hole) {
  const RegionPtr region = segment_region(run, begin, end, trigger);
  if (run.is_passive) {
    report_untouched(GST_HEART_REGION_STATUS_SKIPPED, *region, "the stream is played backwards");
    return;
  }
  add_region(run, begin, end, *region, hole);
}

RegionList::Verdict Stream::add_region(Run& run, int64_t begin, int64_t end,
                                       const GstHeartRegion& region, int64_t hole_samples) {
  Region* touched = nullptr;
  const auto verdict = run.regions.add(
      begin, end, region, hole_samples, released_, [&](Region& r) { reopen(run, r); }, &touched);
  if (touched && touched->id == 0) run.next_unmet = std::min(run.next_unmet, touched->begin);
  return verdict;
}

Stream::FlagResult Stream::flag_in(Run& run, Mark& mark) {
  if (run.is_passive) return FlagResult::kWaiting;
  const RegionPtr here = copy_region(*mark.region);
  if (!gst_heart_region_convert(here.get(), &run.segment, GST_HEART_TIME_SEGMENT)) {
    return FlagResult::kWaiting;
  }
  const int64_t first = run.timeline.index_of(here->start);
  // At least one sample, however short the span.
  const int64_t last = std::max(run.timeline.index_of(here->stop), first + 1);
  const int64_t begin = std::max(first, run.begin), end = std::min(last, run.end);
  if (begin >= end) return last <= run.begin ? FlagResult::kLate : FlagResult::kWaiting;
  const auto verdict = add_region(run, begin, end, *mark.region, 0);
  return verdict == RegionList::Verdict::kLate ? FlagResult::kLate : FlagResult::kAccepted;
}

// Marks that the stream has passed are not needed again.
void Stream::prune_marks() {
  const Run* run = current();
  if (!run) return;
  marks_.all().remove_if([&](const Mark& mark) {
    if (mark.is_lasting) return false;
    const RegionPtr here = copy_region(*mark.region);
    return gst_heart_region_convert(here.get(), &run->segment, GST_HEART_TIME_SEGMENT) &&
           run->timeline.index_of(here->stop) <= position_;
  });
}

Stream::FlagResult Stream::flag(RegionPtr region) {
  prune_marks();
  Mark& mark = marks_.add(std::move(region));
  bool is_accepted = false, is_late = false;
  for (const RunPtr& run : runs_) {
    const FlagResult result = flag_in(*run, mark);
    is_accepted |= result == FlagResult::kAccepted;
    // In the past of one run means: in an earlier one, if that is still here.
    is_late |= result == FlagResult::kLate;
  }
  for (const RunPtr& run : runs_) meet(*run);
  if (is_accepted) return FlagResult::kAccepted;
  if (!is_late) return FlagResult::kWaiting;
  report_untouched(GST_HEART_REGION_STATUS_LATE, *mark.region,
                   "flagged after its audio had begun to leave");
  return FlagResult::kLate;
}

void Stream::clear_regions() {
  marks_.clear();
  for (const RunPtr& run : runs_) {
    auto& all = run->regions.all();
    for (auto it = all.begin(); it != all.end();) {
      Region& region = *it;
      if (region.is_decided() || region.hole_samples > 0) {
        ++it;
        continue;
      }
      if (region.cancel) region.cancel->raise();
      if (region.id != 0) {
        report_untouched(GST_HEART_REGION_STATUS_CANCELLED, *region.flagged,
                         "cleared by the application");
      }
      it = all.erase(it);
    }
  }
}

// Regions get their number when the stream reaches them.
void Stream::meet(Run& run) {
  if (run.next_unmet >= run.newest()) return;
  run.next_unmet = kOpenEnd;
  for (Region& region : run.regions.all()) {
    if (region.id != 0) continue;
    if (region.begin < run.newest()) {
      region.id = ++last_region_id_;
    } else {
      run.next_unmet = std::min(run.next_unmet, region.begin);
    }
  }
}

void Stream::reopen(Run& run, Region& region) {
  if (region.cancel) region.cancel->raise();
  if (region.has_patch()) run.store.write(region.patch_begin, region.original);
}

void Stream::report_untouched(GstHeartRegionStatus status, const GstHeartRegion& region,
                              const std::string& detail) {
  Notice notice;
  notice.report.reset(gst_heart_report_new(++last_region_id_, status, &region));
  const RegionPtr here = copy_region(region);
  if (gst_heart_region_convert(here.get(), &segment_, GST_HEART_TIME_SEGMENT)) {
    gst_heart_report_set_times(notice.report.get(), &segment_, here->start,
                               here->stop - here->start);
  }
  gst_heart_report_set_detail(notice.report.get(), detail.c_str());
  notices_.push_back(std::move(notice));
}

bool Stream::is_full() const {
  if (runs_.empty() || queue_.empty()) return false;
  const Run& run = *runs_.back();
  const Item& front = queue_.front();
  // The longest region with its context, the seam before it, and room for what is on its way.
  return held_samples() >
         run.lag() + run.crossfade + run.format->rate_hz() + 2 * (front.end - front.begin);
}

bool Stream::has_queued(GstEventType type) const {
  return std::any_of(queue_.begin(), queue_.end(), [&](const Item& item) {
    return item.kind == Item::Kind::kEvent && GST_EVENT_TYPE(item.object) == type;
  });
}

}  // namespace heart::engine
