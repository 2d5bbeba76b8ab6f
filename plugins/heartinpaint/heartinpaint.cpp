// SPDX-License-Identifier: LGPL-2.1-or-later
/**
 * SECTION:element-heartinpaint
 * @title: heartinpaint
 * @short_description: repairs flagged stretches of audio inline
 *
 * Keeps some seconds of audio around every stretch that something flags as damaged (an event, a meta, a lost
 * packet, a label file, a signal), fills it by prediction, by a similar stretch, or by a music language
 * model with a neural codec, and lets everything else pass bit for bit. Not one sample is gained or lost.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 filesrc location=damaged.flac ! decodebin ! audioconvert ! heartinpaint regions="12.4-12.9; 0:01:02.5+0.3" ! audioconvert ! wavenc ! filesink location=repaired.wav
 * ]| Repairs two spans of a file.
 * |[
 * gst-launch-1.0 udpsrc port=5004 caps="application/x-rtp,media=audio,encoding-name=OPUS,clock-rate=48000" ! rtpjitterbuffer do-lost=true ! rtpopusdepay ! opusdec plc=false ! heartinpaint max-region=1000000000 context-after=1000000000 ! audioconvert ! autoaudiosink
 * ]| Repairs lost packets of a live stream.
 *
 * Since: 0.1
 */
//
// Threads  streaming thread (chain, sink events and queries) → queue → source task; repairs on a worker of
//          their own. `lock` guards the stream; nothing is pushed, posted or computed under it.

#include "plugins/heartinpaint/heartinpaint.h"

#include "plugins/heartinpaint/fillers.h"
#include "plugins/heartinpaint/guarded.h"
#include "plugins/heartinpaint/marks.h"
#include "plugins/heartinpaint/messages.h"
#include "plugins/heartinpaint/repair_job.h"
#include "plugins/heartinpaint/settings.h"
#include "plugins/heartinpaint/stats.h"
#include "plugins/heartinpaint/stream.h"
#include "plugins/heartinpaint/worker.h"
#include <gst/heart/heart.h>

#include <gst/audio/audio.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

GST_DEBUG_CATEGORY(heartinpaint_debug);
#define GST_CAT_DEFAULT heartinpaint_debug

namespace {

using namespace heart;          // NOLINT
using namespace heart::engine;  // NOLINT

#define HEART_CAPS                                     \
  "audio/x-raw, format=(string)" GST_AUDIO_FORMATS_ALL \
  ", rate=(int)[8000, 192000], "                       \
  "channels=(int)[1, max], layout=(string){ interleaved, non-interleaved }"

GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS(HEART_CAPS));
GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS(HEART_CAPS));

enum Signal { kMarkRegion, kClearRegions, kSignalCount };
guint signals[kSignalCount];

using Held = std::unique_lock<std::mutex>;

}  // namespace

struct _GstHeartInpaint {
  GstElement parent;
  struct Inpaint* p;
};
struct _GstHeartInpaintClass {
  GstElementClass parent_class;
};
using GstHeartInpaint = _GstHeartInpaint;
using GstHeartInpaintClass = _GstHeartInpaintClass;

struct Inpaint {
  explicit Inpaint(GstElement* element_in) : element(element_in) {}

  GstElement* const element;
  GstPad* sink = nullptr;
  GstPad* src = nullptr;

  std::mutex settings_lock;
  Settings settings;

  // What outlives a flush: used between READY and NULL.
  Fillers fillers;
  Settings fillers_settings;
  bool has_fillers = false;
  Worker repairs{"heartinpaint"};
  Worker quick{"heartinpaint-lv"};
  Stats stats;

  std::mutex lock;
  std::condition_variable changed;  // woken by everything that the waits below look at
  std::unique_ptr<Stream> stream;   // between READY→PAUSED and PAUSED→READY
  MarkList marks;
  uint64_t last_region_id = 0;
  uint64_t epoch = 0;
  bool is_flushing = true;
  GstFlowReturn flow = GST_FLOW_OK;  // of the last push
  GstClockID waiting = nullptr;      // the source task's wait, if it waits for the clock
  GstQuery* query = nullptr;         // a serialized query that waits for its turn
  bool is_query_out = false;         // it is being answered downstream
  bool query_result = false;
  bool is_liveness_known = false;
  bool is_live = false;
  GstClockTime promise = GST_CLOCK_TIME_NONE;
  GstClockTime position = GST_CLOCK_TIME_NONE;  // stream time of what has left
};

G_DEFINE_TYPE_WITH_CODE(GstHeartInpaint, gst_heart_inpaint, GST_TYPE_ELEMENT,
                        G_IMPLEMENT_INTERFACE(GST_TYPE_PRESET, nullptr))

GST_ELEMENT_REGISTER_DEFINE(heartinpaint, "heartinpaint", GST_RANK_NONE, GST_TYPE_HEART_INPAINT)

namespace {

Inpaint& of(gpointer object) {
  return *reinterpret_cast<GstHeartInpaint*>(object)->p;
}

Settings settings_of(Inpaint& self) {
  std::lock_guard<std::mutex> held(self.settings_lock);
  return self.settings;
}

void wake(Inpaint& self, Held&) {
  self.changed.notify_all();
  if (self.waiting != nullptr) gst_clock_id_unschedule(self.waiting);
}

/// Takes what is to be told; post() tells it once the lock is free.
struct Told {
  std::vector<Notice> notices;
  int rate_hz = 0;
};
Told take_told(Inpaint& self, Held&) {
  Told told;
  if (!self.stream) return told;
  told.notices = self.stream->take_notices();
  if (self.stream->has_format()) told.rate_hz = self.stream->format().rate_hz();
  return told;
}
void post(Inpaint& self, Told told) {
  if (!told.notices.empty()) {
    post_notices(self.element, std::move(told.notices), self.stats, told.rate_hz);
  }
}

/// Running time now; NONE while no clock runs, and for pipelines that need not keep up with one.
GstClockTime running_time(Inpaint& self) {
  if (!self.is_live || GST_STATE(self.element) != GST_STATE_PLAYING) return GST_CLOCK_TIME_NONE;
  GstClock* clock = gst_element_get_clock(self.element);
  if (clock == nullptr) return GST_CLOCK_TIME_NONE;
  const GstClockTime now = gst_clock_get_time(clock);
  gst_object_unref(clock);
  const GstClockTime base = gst_element_get_base_time(self.element);
  return now > base ? now - base : 0;
}

void renew_stream(Inpaint& self, Held&, const Settings& settings) {
  std::unique_ptr<Stream> old = std::move(self.stream);
  self.stream = std::make_unique<Stream>(settings, ++self.epoch, self.marks, self.last_region_id);
  self.stream->is_live = self.is_live;
  self.stream->promise = self.promise;
  if (old && old->has_format()) self.stream->set_format(old->format().info());
  if (old) {
    self.stream->tags = old->tags;
    self.stream->lyrics = old->lyrics;
  }
  self.flow = GST_FLOW_OK;
}

// ---- Work ---------------------------------------------------------------------------------------

void schedule(Inpaint& self, Held& held);

/// A worker's answer comes home.
void answer(Inpaint& self, const Request& request, Answer result, bool is_fallback) {
  const bool is_repaired = result.is_repaired;
  Told told;
  bool is_taken = false;
  {
    Held held(self.lock);
    if (self.stream && self.stream->epoch == request.epoch) {
      is_taken = self.stream->apply(request.ticket, std::move(result), is_fallback);
      schedule(self, held);
      told = take_told(self, held);
    }
    wake(self, held);
  }
  if (!is_taken && is_repaired && !is_fallback) self.stats.count_dropped_result();
  post(self, std::move(told));
}

void run_repair(Inpaint& self, Request& request, GapFiller* fallback) {
  gchar* what = g_strdup_printf("repairing %.3f s at %.3f s",
                                static_cast<double>(request.gap.length) / request.gap.rate_hz,
                                request.gap.begin_seconds);
  ProgressPoster progress(self.element, "repair", what, request.region_id);
  g_free(what);
  const Progress update = [&](double share, const char* stage) { progress.update(share, stage); };
  Answer result = repair_or_fall_back(request, *self.fillers.method, fallback, update);
  if (result.is_cancelled) {
    progress.finish(GST_PROGRESS_TYPE_CANCELED, "repair cancelled");
  } else if (result.detail.empty()) {
    progress.finish(GST_PROGRESS_TYPE_COMPLETE, "repaired by " + result.method);
  } else {
    progress.finish(GST_PROGRESS_TYPE_ERROR, result.detail);
  }
  answer(self, request, std::move(result), false);
}

/// Hands the next region to the workers. Live, a fallback is made at once beside the repair, so that it
/// is there when the deadline comes.
void schedule(Inpaint& self, Held&) {
  if (!self.stream || self.is_flushing || !self.fillers.method) {
    // Without a method regions are still decided.
    if (self.stream && !self.is_flushing) self.stream->next_job(running_time(self));
    return;
  }
  std::optional<Request> next = self.stream->next_job(running_time(self));
  if (!next) return;
  const Fallback fallback = settings_of(self).fallback;
  if (next->is_live) {
    auto copy = std::make_shared<Request>(*next);
    copy->gap.deadline.reset();
    copy->cancel = std::make_shared<Cancel>();
    GapFiller* filler = self.fillers.fallback(fallback, true);
    self.quick.submit([&self, copy, filler] {
      guarded(self.element, [&] {
        Answer result =
            filler != nullptr
                ? repair_or_fall_back(*copy, *filler, self.fillers.quick_silence.get(), {})
                : Answer();
        answer(self, *copy, std::move(result), true);
      });
    });
  }
  GapFiller* plan_b = next->is_live ? nullptr : self.fillers.fallback(fallback, false);
  auto request = std::make_shared<Request>(std::move(*next));
  self.repairs.submit([&self, request, plan_b] {
    guarded(self.element, [&] { run_repair(self, *request, plan_b); });
  });
}

// ---- Input --------------------------------------------------------------------------------------

/// Asks upstream whether it is live, outside of any lock.
void learn_liveness(Inpaint& self) {
  {
    Held held(self.lock);
    if (self.is_liveness_known) return;
  }
  GstQuery* query = gst_query_new_latency();
  gboolean is_live = FALSE;
  GstClockTime least = 0;
  if (gst_pad_peer_query(self.sink, query))
    gst_query_parse_latency(query, &is_live, &least, nullptr);
  gst_query_unref(query);
  const Settings settings = settings_of(self);
  Held held(self.lock);
  self.is_liveness_known = true;
  self.is_live = is_live != FALSE;
  self.promise = is_live ? least + own_latency(settings, true) : GST_CLOCK_TIME_NONE;
  if (self.stream) {
    self.stream->is_live = self.is_live;
    self.stream->promise = self.promise;
  }
}

GstFlowReturn chain(GstPad*, GstObject* parent, GstBuffer* buffer) {
  Inpaint& self = of(parent);
  return guarded(self.element, GST_FLOW_ERROR, [&]() -> GstFlowReturn {
    GST_LOG_OBJECT(self.element, "buffer %" GST_PTR_FORMAT, buffer);
    learn_liveness(self);
    Told told;
    GstFlowReturn flow = GST_FLOW_OK;
    {
      Held held(self.lock);
      // Live sources drop what is not taken in time, so there the queue grows instead; it is emptied by count.
      self.changed.wait(held, [&] {
        return self.is_flushing || self.flow != GST_FLOW_OK || self.is_live ||
               !self.stream->is_full();
      });
      flow = self.is_flushing ? GST_FLOW_FLUSHING : self.flow;
      if (flow == GST_FLOW_OK && !self.stream->has_format()) flow = GST_FLOW_NOT_NEGOTIATED;
      if (flow == GST_FLOW_OK) {
        self.stream->append_buffer(buffer);
        schedule(self, held);
        wake(self, held);
        told = take_told(self, held);
      }
    }
    if (flow != GST_FLOW_OK) gst_buffer_unref(buffer);
    post(self, std::move(told));
    return flow;
  });
}

/// Takes a flagged region, from whichever side. Returns false where it came too late.
bool flag(Inpaint& self, RegionPtr region) {
  Told told;
  bool is_in_time = false;
  {
    Held held(self.lock);
    if (self.stream && !self.is_flushing) {
      is_in_time = self.stream->flag(std::move(region)) != Stream::FlagResult::kLate;
      schedule(self, held);
      wake(self, held);
      told = take_told(self, held);
    }
  }
  post(self, std::move(told));
  return is_in_time;
}

/// A region event of either direction. Returns false if it is not for this element.
bool take_region_event(Inpaint& self, GstEvent* event) {
  if (!gst_heart_event_is_region(event)) return false;
  if (!(settings_of(self).triggers & GST_HEART_TRIGGER_FLAG_EVENT)) return false;
  GError* error = nullptr;
  RegionPtr region(gst_heart_event_parse_region(event, &error));
  if (!region) {
    GST_ELEMENT_WARNING(self.element, STREAM, FORMAT,
                        ("A region event was refused: %s", error->message),
                        ("%" GST_PTR_FORMAT, event));
    g_clear_error(&error);
  } else {
    GST_DEBUG_OBJECT(self.element, "region event %" GST_PTR_FORMAT, event);
    flag(self, std::move(region));
  }
  return true;
}

/// Tags become the model's prompt where the properties leave it open.
void read_tags(Stream& stream, GstEvent* event) {
  GstTagList* list = nullptr;
  gst_event_parse_tag(event, &list);
  gchar* text = nullptr;
  if (gst_tag_list_get_string(list, GST_TAG_LYRICS, &text)) {
    stream.lyrics = text;
    g_free(text);
  }
  std::string tags;
  for (const char* name : {GST_TAG_GENRE, GST_TAG_KEYWORDS}) {
    for (guint i = 0; gst_tag_list_get_string_index(list, name, i, &text); ++i) {
      tags += (tags.empty() ? "" : ",") + std::string(text);
      g_free(text);
    }
  }
  if (!tags.empty()) stream.tags = tags;
}

void start_flush(Inpaint& self) {
  Told told;
  {
    Held held(self.lock);
    self.is_flushing = true;
    if (self.stream) {
      self.stream->cancel_all();
      told = take_told(self, held);
    }
    wake(self, held);
  }
  post(self, std::move(told));
}

void source_loop(gpointer data);

bool stop_flush(Inpaint& self) {
  const Settings settings = settings_of(self);
  {
    Held held(self.lock);
    self.marks.drop_passing();
    if (self.stream) {
      // What describes the stream stays true; only positions in it do not.
      for (const Item& item : self.stream->queue()) {
        if (item.kind != Item::Kind::kEvent) continue;
        GstEvent* event = GST_EVENT_CAST(item.object);
        const GstEventType type = GST_EVENT_TYPE(event);
        if (GST_EVENT_IS_STICKY(event) && type != GST_EVENT_SEGMENT && type != GST_EVENT_EOS) {
          gst_pad_store_sticky_event(self.src, event);
        }
      }
    }
    renew_stream(self, held, settings);
    self.position = GST_CLOCK_TIME_NONE;
    self.is_flushing = false;
  }
  return gst_pad_start_task(self.src, source_loop, &self, nullptr) != FALSE;
}

/// Serialized events in their place, after what they mean for the stream was noted.
bool take_serialized(Inpaint& self, GstEvent* event) {
  Told told;
  bool is_taken = true;
  {
    Held held(self.lock);
    if (self.is_flushing || !self.stream) {
      gst_event_unref(event);
      return false;
    }
    Stream& stream = *self.stream;
    bool is_used_up = false;
    switch (GST_EVENT_TYPE(event)) {
      case GST_EVENT_CAPS: {
        GstCaps* caps = nullptr;
        gst_event_parse_caps(event, &caps);
        GstAudioInfo info;
        is_taken = gst_audio_info_from_caps(&info, caps) != FALSE;
        if (is_taken) stream.set_format(info);
        break;
      }
      case GST_EVENT_SEGMENT: {
        const GstSegment* segment = nullptr;
        gst_event_parse_segment(event, &segment);
        stream.set_segment(*segment);
        break;
      }
      case GST_EVENT_GAP: {
        GstClockTime start = GST_CLOCK_TIME_NONE;
        GstClockTime duration = GST_CLOCK_TIME_NONE;
        GstGapFlags flags = static_cast<GstGapFlags>(0);
        gst_event_parse_gap(event, &start, &duration);
        gst_event_parse_gap_flags(event, &flags);
        is_used_up = stream.append_gap(start, duration, (flags & GST_GAP_FLAG_MISSING_DATA) != 0);
        break;
      }
      case GST_EVENT_TAG:
        read_tags(stream, event);
        break;
      case GST_EVENT_EOS:
        stream.close_run();
        stream.report_unmet();
        break;
      default:
        break;
    }
    if (is_taken && !is_used_up) {
      stream.append_event(event);
    } else {
      gst_event_unref(event);
    }
    schedule(self, held);
    wake(self, held);
    told = take_told(self, held);
  }
  post(self, std::move(told));
  return is_taken;
}

gboolean sink_event(GstPad* pad, GstObject* parent, GstEvent* event) {
  Inpaint& self = of(parent);
  return guarded(self.element, FALSE, [&]() -> gboolean {
    GST_DEBUG_OBJECT(self.element, "event %" GST_PTR_FORMAT, event);
    if (take_region_event(self, event)) {
      gst_event_unref(event);
      return TRUE;
    }
    switch (GST_EVENT_TYPE(event)) {
      case GST_EVENT_FLUSH_START: {
        const gboolean result = gst_pad_push_event(self.src, event);
        start_flush(self);
        gst_pad_pause_task(self.src);
        return result;
      }
      case GST_EVENT_FLUSH_STOP: {
        const gboolean result = gst_pad_push_event(self.src, event);
        stop_flush(self);
        return result;
      }
      default:
        if (!GST_EVENT_IS_SERIALIZED(event)) return gst_pad_event_default(pad, parent, event);
        return take_serialized(self, event);
    }
  });
}

gboolean sink_query(GstPad* pad, GstObject* parent, GstQuery* query) {
  Inpaint& self = of(parent);
  if (!GST_QUERY_IS_SERIALIZED(query)) return gst_pad_query_default(pad, parent, query);
  return guarded(self.element, FALSE, [&]() -> gboolean {
    Held held(self.lock);
    if (self.is_flushing || !self.stream) return FALSE;
    self.stream->append_query(query);
    self.query = query;
    self.query_result = false;
    schedule(self, held);
    wake(self, held);
    // Flushing ends the wait, but never while downstream still has the query in its hands.
    self.changed.wait(
        held, [&] { return self.query != query || (self.is_flushing && !self.is_query_out); });
    if (self.query == query) {
      // It did not have its turn; the queue forgets it with the flush.
      self.query = nullptr;
      return FALSE;
    }
    return self.query_result;
  });
}

// ---- Output -------------------------------------------------------------------------------------

/// Waits until something changes or running time `until` has come.
void wait_for_change(Inpaint& self, Held& held, GstClockTime until) {
  GstClock* clock = nullptr;
  if (self.is_live && GST_CLOCK_TIME_IS_VALID(until) &&
      GST_STATE(self.element) == GST_STATE_PLAYING) {
    clock = gst_element_get_clock(self.element);
  }
  if (clock == nullptr) {
    self.changed.wait(held);
    return;
  }
  const GstClockID id =
      gst_clock_new_single_shot_id(clock, gst_element_get_base_time(self.element) + until);
  self.waiting = id;
  held.unlock();
  gst_clock_id_wait(id, nullptr);
  held.lock();
  self.waiting = nullptr;
  gst_clock_id_unref(id);
  gst_object_unref(clock);
}

/// Notes how far the output is. For the position query.
void note_position(Inpaint& self, GstBuffer* buffer) {
  Held held(self.lock);
  if (!self.stream || !GST_BUFFER_PTS_IS_VALID(buffer)) return;
  GstClockTime end = GST_BUFFER_PTS(buffer);
  if (GST_BUFFER_DURATION_IS_VALID(buffer)) end += GST_BUFFER_DURATION(buffer);
  const GstSegment segment = self.stream->segment();
  self.position = gst_segment_to_stream_time(&segment, GST_FORMAT_TIME, end);
}

GstFlowReturn push(Inpaint& self, Stream::Departure departure) {
  switch (departure.kind) {
    case Item::Kind::kEvent:
      gst_pad_push_event(self.src, GST_EVENT_CAST(departure.object));
      return GST_FLOW_OK;
    case Item::Kind::kQuery: {
      const bool result = gst_pad_peer_query(self.src, GST_QUERY_CAST(departure.object)) != FALSE;
      Held held(self.lock);
      self.query_result = result;
      self.query = nullptr;
      self.is_query_out = false;
      wake(self, held);
      return GST_FLOW_OK;
    }
    case Item::Kind::kBuffer:
    case Item::Kind::kHole:
      note_position(self, GST_BUFFER_CAST(departure.object));
      return gst_pad_push(self.src, GST_BUFFER_CAST(departure.object));
  }
  return GST_FLOW_OK;
}

void source_loop(gpointer data) {
  Inpaint& self = *static_cast<Inpaint*>(data);
  guarded(self.element, [&] {
    Stream::Departure departure;
    bool has_departure = false;
    Told told;
    {
      Held held(self.lock);
      while (!self.is_flushing && self.stream) {
        GstClockTime now = running_time(self);
        self.stream->expire(now);
        schedule(self, held);
        const Stream::Readiness readiness = self.stream->peek(now);
        told = take_told(self, held);
        if (readiness.is_ready) {
          departure = self.stream->take();
          has_departure = true;
          if (departure.kind == Item::Kind::kQuery) self.is_query_out = true;
          Told more = take_told(self, held);
          for (Notice& notice : more.notices) told.notices.push_back(std::move(notice));
          told.rate_hz = more.rate_hz;
          self.changed.notify_all();  // there is room
          break;
        }
        if (!told.notices.empty()) break;  // tell first, then wait
        wait_for_change(self, held, readiness.until);
      }
      if (!has_departure && told.notices.empty()) {
        gst_pad_pause_task(self.src);
        return;
      }
    }
    post(self, std::move(told));
    if (!has_departure) return;
    const GstFlowReturn flow = push(self, departure);
    if (flow == GST_FLOW_OK) return;
    {
      Held held(self.lock);
      self.flow = flow;
      wake(self, held);
    }
    GST_DEBUG_OBJECT(self.element, "pausing, %s", gst_flow_get_name(flow));
    if (flow == GST_FLOW_NOT_LINKED || flow < GST_FLOW_EOS) {
      GST_ELEMENT_FLOW_ERROR(self.element, flow);
      gst_pad_push_event(self.src, gst_event_new_eos());
    }
    gst_pad_pause_task(self.src);
  });
}

gboolean src_activate_mode(GstPad* pad, GstObject* parent, GstPadMode mode, gboolean is_active) {
  Inpaint& self = of(parent);
  if (mode != GST_PAD_MODE_PUSH) return FALSE;
  if (is_active) return gst_pad_start_task(pad, source_loop, &self, nullptr);
  start_flush(self);
  return gst_pad_stop_task(pad);
}

gboolean src_event(GstPad* pad, GstObject* parent, GstEvent* event) {
  Inpaint& self = of(parent);
  return guarded(self.element, FALSE, [&]() -> gboolean {
    if (take_region_event(self, event)) {
      gst_event_unref(event);
      return TRUE;
    }
    return gst_pad_event_default(pad, parent, event);
  });
}

bool answer_latency(Inpaint& self, GstQuery* query) {
  if (!gst_pad_peer_query(self.sink, query)) return false;
  gboolean is_live = FALSE;
  GstClockTime least = 0;
  GstClockTime most = GST_CLOCK_TIME_NONE;
  gst_query_parse_latency(query, &is_live, &least, &most);
  const GstClockTime own = own_latency(settings_of(self), is_live != FALSE);
  least += own;
  if (GST_CLOCK_TIME_IS_VALID(most)) most += own;
  gst_query_set_latency(query, is_live, least, most);
  GST_DEBUG_OBJECT(self.element, "latency %" GST_TIME_FORMAT " of which own %" GST_TIME_FORMAT,
                   GST_TIME_ARGS(least), GST_TIME_ARGS(own));
  Held held(self.lock);
  self.is_liveness_known = true;
  self.is_live = is_live != FALSE;
  self.promise = is_live ? least : GST_CLOCK_TIME_NONE;
  if (self.stream) {
    self.stream->is_live = self.is_live;
    self.stream->promise = self.promise;
  }
  wake(self, held);
  return true;
}

gboolean src_query(GstPad* pad, GstObject* parent, GstQuery* query) {
  Inpaint& self = of(parent);
  switch (GST_QUERY_TYPE(query)) {
    case GST_QUERY_LATENCY:
      return guarded(self.element, FALSE,
                     [&]() -> gboolean { return answer_latency(self, query); });
    case GST_QUERY_POSITION: {
      GstFormat format;
      gst_query_parse_position(query, &format, nullptr);
      Held held(self.lock);
      if (format == GST_FORMAT_TIME && GST_CLOCK_TIME_IS_VALID(self.position)) {
        gst_query_set_position(query, format, static_cast<gint64>(self.position));
        return TRUE;
      }
      held.unlock();
      return gst_pad_query_default(pad, parent, query);
    }
    default:
      return gst_pad_query_default(pad, parent, query);
  }
}

// ---- State --------------------------------------------------------------------------------------

bool load_fillers(Inpaint& self) {
  const Settings settings = settings_of(self);
  if (self.has_fillers && !needs_other_fillers(settings, self.fillers_settings)) return true;
  const bool has_networks = settings.method == Method::kAuto || settings.method == Method::kLm ||
                            settings.method == Method::kBest;
  std::unique_ptr<ProgressPoster> progress;
  if (has_networks) {
    progress = std::make_unique<ProgressPoster>(self.element, "load", "loading the checkpoint", 0);
  }
  const Cancel never;
  Outcome<Fillers> fillers = make_fillers(settings, never, [&](double share, const char* stage) {
    if (progress) progress->update(share, stage);
  });
  if (!fillers) {
    const Failure& failure = fillers.failure();
    if (progress) progress->finish(GST_PROGRESS_TYPE_ERROR, failure.text);
    switch (failure.fault) {
      case Fault::kFile:
        GST_ELEMENT_ERROR(self.element, RESOURCE, NOT_FOUND, ("%s", failure.text.c_str()),
                          (nullptr));
        break;
      case Fault::kMemory:
        GST_ELEMENT_ERROR(self.element, RESOURCE, NO_SPACE_LEFT, ("%s", failure.text.c_str()),
                          (nullptr));
        break;
      default:
        GST_ELEMENT_ERROR(self.element, LIBRARY, SETTINGS, ("%s", failure.text.c_str()), (nullptr));
    }
    return false;
  }
  self.fillers = std::move(*fillers);
  self.fillers_settings = settings;
  self.has_fillers = true;
  if (!self.fillers.warning.empty()) {
    GST_ELEMENT_WARNING(self.element, RESOURCE, NOT_FOUND,
                        ("Repairing without the networks: %s", self.fillers.warning.c_str()),
                        (nullptr));
  }
  if (self.fillers.model) self.stats.set_load_seconds(self.fillers.model->load_seconds());
  if (progress) {
    progress->finish(
        self.fillers.warning.empty() ? GST_PROGRESS_TYPE_COMPLETE : GST_PROGRESS_TYPE_ERROR,
        self.fillers.warning.empty() ? "checkpoint loaded" : self.fillers.warning);
  }
  return true;
}

/// READY → PAUSED: regions are read, a stream begins.
bool start(Inpaint& self) {
  if (!load_fillers(self)) return false;
  const Settings settings = settings_of(self);
  std::vector<std::string> warnings;
  GError* error = nullptr;
  {
    Held held(self.lock);
    self.stream.reset();
    self.last_region_id = 0;
    self.position = GST_CLOCK_TIME_NONE;
    self.is_liveness_known = self.is_live = false;
    self.promise = GST_CLOCK_TIME_NONE;
    if (self.marks.load(settings.regions.c_str(), settings.regions_location.c_str(),
                        settings.regions_format, warnings, &error)) {
      renew_stream(self, held, settings);
      self.is_flushing = false;
    }
  }
  for (const std::string& warning : warnings) {
    GST_ELEMENT_WARNING(self.element, RESOURCE, SETTINGS, ("%s", warning.c_str()), (nullptr));
  }
  if (error != nullptr) {
    GST_ELEMENT_ERROR(self.element, RESOURCE, SETTINGS, ("%s", error->message), (nullptr));
    g_clear_error(&error);
    return false;
  }
  self.stats.reset();
  self.repairs.start();
  self.quick.start();
  return true;
}

/// After the pads have been stopped.
void stop(Inpaint& self) {
  self.repairs.stop();
  self.quick.stop();
  Held held(self.lock);
  self.stream.reset();
  self.marks.clear();
}

GstStateChangeReturn change_state(GstElement* element, GstStateChange transition) {
  Inpaint& self = of(element);
  auto* parent_class = GST_ELEMENT_CLASS(gst_heart_inpaint_parent_class);
  return guarded(element, GST_STATE_CHANGE_FAILURE, [&] {
    switch (transition) {
      case GST_STATE_CHANGE_NULL_TO_READY:
        if (!load_fillers(self)) return GST_STATE_CHANGE_FAILURE;
        break;
      case GST_STATE_CHANGE_READY_TO_PAUSED:
        if (!start(self)) return GST_STATE_CHANGE_FAILURE;
        break;
      case GST_STATE_CHANGE_PAUSED_TO_READY:
        // Before the pads: their threads may wait for a repair.
        start_flush(self);
        break;
      default:
        break;
    }
    const GstStateChangeReturn result = parent_class->change_state(element, transition);
    switch (transition) {
      case GST_STATE_CHANGE_PAUSED_TO_PLAYING:
      case GST_STATE_CHANGE_PLAYING_TO_PAUSED: {
        // The clock counts from now on, or no longer.
        Held held(self.lock);
        wake(self, held);
        break;
      }
      case GST_STATE_CHANGE_PAUSED_TO_READY:
        stop(self);
        break;
      case GST_STATE_CHANGE_READY_TO_NULL:
        self.fillers = Fillers();
        self.has_fillers = false;
        break;
      default:
        break;
    }
    return result;
  });
}

// ---- Class --------------------------------------------------------------------------------------

gboolean mark_region(GstElement* element, guint64 running_time_ns, guint64 duration,
                     const gchar* label) {
  Inpaint& self = of(element);
  return guarded(element, FALSE, [&]() -> gboolean {
    if (duration == 0 || !GST_CLOCK_TIME_IS_VALID(running_time_ns) ||
        !GST_CLOCK_TIME_IS_VALID(duration) || duration > G_MAXINT64 ||
        running_time_ns > G_MAXINT64 - duration ||
        (label && !g_utf8_validate(label, -1, nullptr))) {
      GST_WARNING_OBJECT(element, "mark-region: impossible span or label");
      return FALSE;
    }
    return flag(self, RegionPtr(gst_heart_region_new(GST_HEART_TIME_RUNNING, running_time_ns,
                                                     running_time_ns + duration,
                                                     GST_HEART_TRIGGER_SIGNAL, label)));
  });
}

void clear_regions(GstElement* element) {
  Inpaint& self = of(element);
  guarded(element, [&] {
    Told told;
    {
      Held held(self.lock);
      if (!self.stream) return;
      self.stream->clear_regions();
      schedule(self, held);
      wake(self, held);
      told = take_told(self, held);
    }
    post(self, std::move(told));
  });
}

void set_property(GObject* object, guint id, const GValue* value, GParamSpec* spec) {
  Inpaint& self = of(object);
  GstClockTime before = 0;
  GstClockTime after = 0;
  GstClockTime budget = 0;
  bool is_known = false;
  bool is_live = false;
  {
    Held held(self.lock);
    is_live = self.is_live;
  }
  {
    std::lock_guard<std::mutex> held(self.settings_lock);
    before = own_latency(self.settings, is_live);
    is_known = set_setting(self.settings, id, value);
    after = own_latency(self.settings, is_live);
    budget = self.settings.processing_budget;
  }
  if (!is_known) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
    return;
  }
  bool is_running = false;
  {
    Held held(self.lock);
    is_running = self.stream != nullptr;
    if (is_running) self.stream->budget = budget;
  }
  if (is_running && before != after) {
    gst_element_post_message(self.element, gst_message_new_latency(GST_OBJECT(self.element)));
  }
}

void get_property(GObject* object, guint id, GValue* value, GParamSpec* spec) {
  Inpaint& self = of(object);
  if (id == kPropStats) {
    g_value_take_boxed(value, self.stats.to_structure());
    return;
  }
  std::lock_guard<std::mutex> held(self.settings_lock);
  if (!get_setting(self.settings, id, value)) G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
}

void finalize(GObject* object) {
  delete reinterpret_cast<GstHeartInpaint*>(object)->p;
  G_OBJECT_CLASS(gst_heart_inpaint_parent_class)->finalize(object);
}

}  // namespace

static void gst_heart_inpaint_init(GstHeartInpaint* object) {
  auto* self = new Inpaint(GST_ELEMENT_CAST(object));
  object->p = self;
  self->sink = gst_pad_new_from_static_template(&sink_template, "sink");
  gst_pad_set_chain_function(self->sink, chain);
  gst_pad_set_event_function(self->sink, sink_event);
  gst_pad_set_query_function(self->sink, sink_query);
  GST_PAD_SET_PROXY_CAPS(self->sink);
  gst_element_add_pad(self->element, self->sink);
  self->src = gst_pad_new_from_static_template(&src_template, "src");
  gst_pad_set_activatemode_function(self->src, src_activate_mode);
  gst_pad_set_event_function(self->src, src_event);
  gst_pad_set_query_function(self->src, src_query);
  GST_PAD_SET_PROXY_CAPS(self->src);
  gst_element_add_pad(self->element, self->src);
}

static void gst_heart_inpaint_class_init(GstHeartInpaintClass* klass) {
  GST_DEBUG_CATEGORY_INIT(heartinpaint_debug, "heartinpaint", 0, "repair of flagged audio");
  auto* object = G_OBJECT_CLASS(klass);
  auto* element = GST_ELEMENT_CLASS(klass);
  object->set_property = set_property;
  object->get_property = get_property;
  object->finalize = finalize;
  element->change_state = change_state;
  install_properties(object);

  /**
   * GstHeartInpaint::mark-region:
   * @object: the element
   * @running_time: start of the region in running time, nanoseconds
   * @duration: its length in nanoseconds
   * @label: (nullable): a name for the messages
   *
   * Flags a region.
   *
   * Returns: %FALSE if its audio has left already, or no stream runs
   * Since: 0.1
   */
  signals[kMarkRegion] = g_signal_new_class_handler(
      "mark-region", G_TYPE_FROM_CLASS(klass),
      static_cast<GSignalFlags>(G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION), G_CALLBACK(mark_region),
      nullptr, nullptr, nullptr, G_TYPE_BOOLEAN, 3, G_TYPE_UINT64, G_TYPE_UINT64, G_TYPE_STRING);
  /**
   * GstHeartInpaint::clear-regions:
   * @object: the element
   *
   * Takes back every region that is not repaired yet, except where samples are missing.
   *
   * Since: 0.1
   */
  signals[kClearRegions] = g_signal_new_class_handler(
      "clear-regions", G_TYPE_FROM_CLASS(klass),
      static_cast<GSignalFlags>(G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION), G_CALLBACK(clear_regions),
      nullptr, nullptr, nullptr, G_TYPE_NONE, 0);

  gst_element_class_add_static_pad_template(element, &sink_template);
  gst_element_class_add_static_pad_template(element, &src_template);
  gst_element_class_set_static_metadata(element, "Audio repair", "Filter/Effect/Audio",
                                        "Replaces flagged stretches of audio by prediction, "
                                        "similar stretches or a music language model",
                                        "the gst-heartinpaint developers");
}
