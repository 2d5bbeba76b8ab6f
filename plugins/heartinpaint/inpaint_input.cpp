// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What comes to the sink pad, and flags from every side: into the queue, in order. On upstream's thread.

#include "plugins/heartinpaint/guarded.h"
#include "plugins/heartinpaint/inpaint.h"

#include <string>
#include <utility>

GST_DEBUG_CATEGORY_EXTERN(heartinpaint_debug);
#define GST_CAT_DEFAULT heartinpaint_debug

namespace heart::engine {

namespace {

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
  Held held(self.lock);
  self.is_liveness_known = true;
  self.is_live = is_live != FALSE;
  self.promise = is_live ? least + own_latency(self, held, true) : GST_CLOCK_TIME_NONE;
  if (self.stream) {
    self.stream->is_live = self.is_live;
    self.stream->promise = self.promise;
  }
}

}  // namespace

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

namespace {

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

}  // namespace

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

namespace {

bool stop_flush(Inpaint& self) {
  const Settings settings = settings_of(self);
  bool is_latency_new = false;
  {
    Held held(self.lock);
    if (self.is_stopping) return false;
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
    const GstClockTime before = own_latency(self, held, self.is_live);
    renew_stream(self, held, settings);
    is_latency_new = own_latency(self, held, self.is_live) != before;
    gst_segment_init(&self.out_segment, GST_FORMAT_TIME);
    self.position = GST_CLOCK_TIME_NONE;
    self.is_flushing = false;
  }
  self.stats.begin_stretch();
  if (is_latency_new) post_latency(self);
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

}  // namespace

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
    if (self.is_flushing || !self.stream || self.flow != GST_FLOW_OK) return FALSE;
    if (GST_QUERY_TYPE(query) != GST_QUERY_ALLOCATION) {
      self.stream->append_query(query);
    } else if (!self.stream->append_patient_query(query)) {
      // The chain thread must not wait for audio that only it can bring; without an answer upstream
      // allocates as it likes, which is always right.
      GST_DEBUG_OBJECT(self.element, "no allocation is proposed while audio is held");
      return FALSE;
    }
    self.query = query;
    self.query_result = false;
    schedule(self, held);
    wake(self, held);
    // A flush or a fault downstream ends the wait, but never while the query is in hands downstream.
    self.changed.wait(held, [&] {
      const bool is_hopeless = self.is_flushing || self.flow != GST_FLOW_OK;
      return self.query != query || (is_hopeless && !self.is_query_out);
    });
    if (self.query == query) {
      // It did not have its turn, and must not: it is the caller's again.
      if (self.stream) self.stream->forget_query(query);
      self.query = nullptr;
      return FALSE;
    }
    return self.query_result;
  });
}

}  // namespace heart::engine
