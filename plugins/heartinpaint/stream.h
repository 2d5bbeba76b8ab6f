// SPDX-License-Identifier: LGPL-2.1-or-later
//
// One life of the data between start, flush and flush: the ordered queue, the runs of samples in it, and
// the regions on them. It decides, and calls nobody: pads, threads and messages are the element's.
// All of it is used under the element's stream lock. Input, work and output have a .cpp file each.

#pragma once

#include "plugins/heartinpaint/marks.h"
#include "plugins/heartinpaint/regions.h"
#include "plugins/heartinpaint/sample_store.h"
#include "plugins/heartinpaint/settings.h"
#include "plugins/heartinpaint/timeline.h"

#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace heart::engine {

constexpr int64_t kOpenEnd = std::numeric_limits<int64_t>::max();

/// Samples that follow each other without a break: one segment, one format. Contexts never leave it.
struct Run {
  Run(const Settings& settings, const GstSegment& segment_in,
      std::shared_ptr<const SampleFormat> format_in, int64_t begin_in);

  bool is_closed() const { return end != kOpenEnd; }
  int64_t newest() const { return store.end(); }
  /// Samples wait this far behind the newest one, so that a region may still be flagged and repaired.
  int64_t lag() const { return max_region + after; }

  const GstSegment segment;
  const std::shared_ptr<const SampleFormat> format;
  const int64_t begin;
  int64_t end = kOpenEnd;
  const int64_t max_region, before, after, crossfade;
  const bool is_passive;  // played backwards: nothing is repaired
  Timeline timeline;
  SampleStore store;
  RegionList regions;
  int64_t next_unmet = kOpenEnd;  // begin of the first region that no audio has reached
  int64_t bad_end;                // audio before it stayed damaged, so it is no context
};

struct FreeReport {
  void operator()(GstHeartReport* report) const { gst_heart_report_free(report); }
};
using ReportPtr = std::unique_ptr<GstHeartReport, FreeReport>;

/// Something to tell once the lock is free.
struct Notice {
  ReportPtr report;
  bool is_qos = false;  // a deadline was missed
  bool is_out_of_memory = false;
  Lateness lateness;
  int64_t region_samples = 0;
  int64_t synthesised_samples = 0;
};

/// Work for a filler; owns its data.
struct Request {
  uint64_t epoch = 0;
  uint64_t ticket = 0;
  uint64_t region_id = 0;
  bool is_live = false;
  std::shared_ptr<const SampleFormat> format;
  NativeAudio left, right;
  Gap gap;  // its planes are filled on the worker
  int64_t max_lead = 0;
  GstClockTime begin_pts = 0, end_pts = 0;
  std::shared_ptr<Cancel> cancel;
};

struct Item {
  enum class Kind { kBuffer, kHole, kEvent, kQuery };
  Kind kind;
  GstMiniObject* object = nullptr;  // owned, except a query; nullptr for a hole
  std::shared_ptr<Run> run;         // of audio
  int64_t begin = 0, end = 0;
  bool follows_hole = false;  // its DISCONT has been mended
};

class Stream {
 public:
  Stream(const Settings& frozen, uint64_t epoch_in, MarkList& marks, uint64_t& last_region_id);
  ~Stream();

  const Settings settings;
  const uint64_t epoch;

  // State that belongs to the same lock.
  bool is_live = false;
  GstClockTime promise = GST_CLOCK_TIME_NONE;  // latency given to downstream; NONE: no deadlines
  GstClockTime budget;                         // may be changed while playing
  std::string tags, lyrics;                    // of the stream

  // --- Input (stream_input.cpp)
  /// A new format ends the run. Returns false if nothing changed.
  bool set_format(const GstAudioInfo& info);
  void set_segment(const GstSegment& segment);
  bool has_format() const { return format_ != nullptr; }
  const SampleFormat& format() const { return *format_; }
  const GstSegment& segment() const { return segment_; }

  /// Takes the buffer. Flags on it and a hole before it become regions.
  void append_buffer(GstBuffer* buffer);
  /// Samples for an announced gap. False if none were put in and the event has to go its way.
  bool append_gap(GstClockTime start, GstClockTime duration, bool is_missing_data);
  void append_event(GstEvent* event);
  /// All that is held before it leaves, so that it can be answered: contexts end here.
  void append_query(GstQuery* query);
  /// Leaves contexts alone. False, and nothing is done, if its turn would only come with more audio or,
  /// live, after a wait.
  bool append_patient_query(GstQuery* query);
  /// Its sender has given up.
  void forget_query(GstQuery* query);
  /// No audio will come that belongs to what came so far.
  void close_run();
  /// At the end of the stream: tells of lasting marks that lie beyond it.
  void report_unmet();

  enum class FlagResult { kAccepted, kWaiting, kLate };
  /// Flags a span given in time, now or when its audio comes.
  FlagResult flag(RegionPtr region);
  /// Takes back all that is flagged and not decided, except where samples are missing.
  void clear_regions();

  int64_t held_samples() const { return position_ - released_; }
  /// More than is ever needed at once is held.
  bool is_full() const;
  bool has_queued(GstEventType type) const;

  // --- Work (stream_work.cpp)
  /// Decides what needs no work and gives the next region that does. `now`: running time, or NONE.
  std::optional<Request> next_job(GstClockTime now);
  /// A worker's answer. False if nobody waits for it any more.
  bool apply(uint64_t ticket, Answer answer, bool is_fallback);
  /// Live: puts the fallback where the front of the queue cannot wait any longer.
  void expire(GstClockTime now);
  /// Everything still at work is cancelled and told of.
  void cancel_all();

  // --- Output (stream_output.cpp)
  struct Readiness {
    bool is_ready = false;
    GstClockTime until = GST_CLOCK_TIME_NONE;  // running time at which to look again
  };
  Readiness peek(GstClockTime now);
  /// The front of the queue, as it leaves. Precondition: peek() said ready.
  struct Departure {
    Item::Kind kind = Item::Kind::kEvent;
    GstMiniObject* object = nullptr;
  };
  Departure take();
  bool is_empty() const { return queue_.empty(); }
  std::deque<Item>& queue() { return queue_; }

  std::vector<Notice> take_notices();

 private:
  using RunPtr = std::shared_ptr<Run>;

  Run& open_run(GstClockTime pts);
  void append_hole(Run& run, int64_t samples, GstHeartTrigger trigger);
  void flag_samples(Run& run, int64_t begin, int64_t end, GstHeartTrigger trigger, int64_t hole);
  RegionList::Verdict add_region(Run& run, int64_t begin, int64_t end, const GstHeartRegion& region,
                                 int64_t hole_samples);
  FlagResult flag_in(Run& run, Mark& mark);
  void meet(Run& run);
  void reopen(Run& run, Region& region);
  void report_untouched(GstHeartRegionStatus status, const GstHeartRegion& region,
                        const std::string& detail);
  void prune_marks();

  bool is_ready_for_work(const Run& run, const Region& region, GstClockTime now) const;
  Request build_request(Run& run, Region& region, GstClockTime now);
  void leave(Region& region, const std::string& detail);
  void note_lateness(Region& region, GstClockTime now, GstClockTime last) const;
  void commit(Run& run, Region& region, Answer answer, GstHeartRegionStatus status);
  int64_t right_limit(const Run& run, const Region& region) const;

  Run* current() const {
    return runs_.empty() || runs_.back()->is_closed() ? nullptr : runs_.back().get();
  }
  GstClockTime due(const Run& run, int64_t sample) const;
  GstClockTime deadline(const Run& run, const Region& region) const;
  GstClockTime work_begins(const Run& run, GstClockTime now) const;
  Region* blocking_region(const Item& item) const;
  GstBuffer* repaired_buffer(const Item& item);
  GstBuffer* hole_buffer(const Item& item);
  void patch(GstBuffer* buffer, const Run& run, int64_t begin, int64_t end);
  void finish_regions(Run& run);
  Notice notice_of(const Run& run, const Region& region) const;

  std::deque<Item> queue_;
  std::deque<RunPtr> runs_;
  std::shared_ptr<const SampleFormat> format_;
  GstSegment segment_;
  int64_t position_ = 0;              // count of all samples taken in
  int64_t released_ = 0;              // count of all samples that have left
  bool is_hole_pending_ = false;      // a gap of unknown length was announced
  bool did_hole_precede_ = false;     // the next buffer follows samples that were put in
  bool is_hurried_ = false;           // live: a query waits for all that is before it
  GstClockTime end_stream_time_ = 0;  // of the last run that was closed
  MarkList& marks_;
  uint64_t& last_region_id_;
  uint64_t last_ticket_ = 0;
  std::vector<Notice> notices_;
};

/// Dates a report by samples of a run.
void set_times(GstHeartReport& report, const Run& run, int64_t begin, int64_t end);

/// Silence with soft edges, made on the spot: what is left when everything else is late.
Answer soft_silence(Request request);

}  // namespace heart::engine
