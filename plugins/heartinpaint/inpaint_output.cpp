// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The source pad's task: waits until the front of the queue may leave, and pushes it. Also what
// downstream asks.

#include "plugins/heartinpaint/guarded.h"
#include "plugins/heartinpaint/inpaint.h"

#include <utility>

GST_DEBUG_CATEGORY_EXTERN(heartinpaint_debug);
#define GST_CAT_DEFAULT heartinpaint_debug

namespace heart::engine {

namespace {

/// Waits until something changes or running time `until` has come.
void wait_for_change(Inpaint& self, Held& held, GstClockTime until) {
  GstClock* clock = nullptr;
  if (self.is_live && self.is_playing && GST_CLOCK_TIME_IS_VALID(until)) {
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
  GstClockTime at = GST_BUFFER_PTS(buffer);
  // Played backwards, the beginning of a buffer is what comes last.
  if (self.out_segment.rate > 0 && GST_BUFFER_DURATION_IS_VALID(buffer)) {
    at += GST_BUFFER_DURATION(buffer);
  }
  if (GST_CLOCK_TIME_IS_VALID(self.out_segment.stop)) at = MIN(at, self.out_segment.stop);
  const GstClockTime position = gst_segment_to_stream_time(&self.out_segment, GST_FORMAT_TIME, at);
  if (GST_CLOCK_TIME_IS_VALID(position)) self.position = position;
}

/// Notes the segment that the next buffers are in.
void note_segment(Inpaint& self, GstEvent* event) {
  const GstSegment* segment = nullptr;
  gst_event_parse_segment(event, &segment);
  Held held(self.lock);
  if (segment->format == GST_FORMAT_TIME) {
    self.out_segment = *segment;
  } else {
    gst_segment_init(&self.out_segment, GST_FORMAT_TIME);
  }
}

GstFlowReturn push(Inpaint& self, Stream::Departure departure) {
  switch (departure.kind) {
    case Item::Kind::kEvent:
      if (GST_EVENT_TYPE(departure.object) == GST_EVENT_SEGMENT) {
        note_segment(self, GST_EVENT_CAST(departure.object));
      }
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

}  // namespace

void source_loop(gpointer data) {
  Inpaint& self = *static_cast<Inpaint*>(data);
  guarded(self.element, [&] {
    Stream::Departure departure;
    bool has_departure = false;
    Told told;
    {
      Held held(self.lock);
      while (!self.is_flushing && self.stream) {
        GstClockTime now = running_time(self, held);
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

namespace {

bool answer_latency(Inpaint& self, GstQuery* query) {
  if (!gst_pad_peer_query(self.sink, query)) return false;
  gboolean is_live = FALSE;
  GstClockTime least = 0;
  GstClockTime most = GST_CLOCK_TIME_NONE;
  gst_query_parse_latency(query, &is_live, &least, &most);
  Held held(self.lock);
  const GstClockTime own = own_latency(self, held, is_live != FALSE);
  least += own;
  if (GST_CLOCK_TIME_IS_VALID(most)) most += own;
  gst_query_set_latency(query, is_live, least, most);
  GST_DEBUG_OBJECT(self.element, "latency %" GST_TIME_FORMAT " of which own %" GST_TIME_FORMAT,
                   GST_TIME_ARGS(least), GST_TIME_ARGS(own));
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

}  // namespace

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

}  // namespace heart::engine
