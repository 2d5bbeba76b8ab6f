// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What input, output, work and states of the element have in common: waking, telling, the clock.

#include "plugins/heartinpaint/inpaint.h"

#include "plugins/heartinpaint/messages.h"

#include <utility>

namespace heart::engine {

Inpaint& of(gpointer object) {
  return *reinterpret_cast<_GstHeartInpaint*>(object)->p;
}

Settings settings_of(Inpaint& self) {
  std::lock_guard<std::mutex> held(self.settings_lock);
  return self.settings;
}

void wake(Inpaint& self, Held&) {
  self.changed.notify_all();
  if (self.waiting != nullptr) gst_clock_id_unschedule(self.waiting);
}

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

void post_latency(Inpaint& self) {
  gst_element_post_message(self.element, gst_message_new_latency(GST_OBJECT(self.element)));
}

GstClockTime running_time(Inpaint& self, Held&) {
  if (!self.is_live || !self.is_playing) return GST_CLOCK_TIME_NONE;
  GstClock* clock = gst_element_get_clock(self.element);
  if (clock == nullptr) return GST_CLOCK_TIME_NONE;
  const GstClockTime now = gst_clock_get_time(clock);
  gst_object_unref(clock);
  const GstClockTime base = gst_element_get_base_time(self.element);
  return now > base ? now - base : 0;
}

GstClockTime own_latency(Inpaint& self, Held&, bool is_live) {
  const Settings now = settings_of(self);
  const Settings& frozen = self.stream ? self.stream->settings : now;
  return frozen.max_region + frozen.context_after + (is_live ? now.processing_budget : 0);
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

}  // namespace heart::engine
