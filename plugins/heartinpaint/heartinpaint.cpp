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
 * ## Live
 * The latency is upstream's plus max-region, context-after and processing-budget, whether something is being
 * repaired or not. A region whose repair is not there when its first samples are due gets the fallback, which
 * has been made beside the repair; its message says `late`, a QOS message follows (jitter: how long after the
 * deadline, as far as that is known then; proportion: time used or needed over time there was; processed and
 * dropped: samples of regions that were and were not in time since the start or the last flush), and the
 * result, should it still come, is dropped and counted in #GstHeartInpaint:stats. Upstream never waits for a
 * repair. With threads=0 a live repair leaves one core to the rest of the pipeline.
 *
 * A serialized DRAIN query makes all that is held leave. An ALLOCATION query does not: it is passed on where
 * nothing is held, and answered with no where its turn would only come with audio that its sender has yet to
 * bring, so that upstream allocates as it likes.
 *
 * ## Loading
 * The checkpoint is loaded on the way from NULL to READY, as elements do whose devices may be absent: a fault
 * fails the state change, with an error message that names it. Progress messages with the code `load` tell how
 * far it is (COMPLETE, also where method=auto goes on without networks, after a warning; ERROR after the error
 * message; CANCELED). To cancel, set the state of this element, not of its pipeline, to NULL from another
 * thread: a bin holds its own state lock while its elements load. Loading ends at the next tensor. What is
 * loaded outlives flushes, seeks and READY; it is given back in NULL. Repairs post progress with the code
 * `repair`; one that is cancelled by a flush, a state change or its deadline ends in CANCELED, one that was
 * filled by a fallback in COMPLETE with the reason.
 *
 * Since: 0.1
 */
//
// The class: pads, properties, signals. What they do is in inpaint_{input,work,output,state}.cpp.

#include "plugins/heartinpaint/heartinpaint.h"

#include "plugins/heartinpaint/guarded.h"
#include "plugins/heartinpaint/inpaint.h"
#include <gst/heart/heart.h>

#include <gst/audio/audio.h>

#include <utility>

GST_DEBUG_CATEGORY(heartinpaint_debug);
#define GST_CAT_DEFAULT heartinpaint_debug

struct _GstHeartInpaintClass {
  GstElementClass parent_class;
};
using GstHeartInpaint = _GstHeartInpaint;
using GstHeartInpaintClass = _GstHeartInpaintClass;

G_DEFINE_TYPE_WITH_CODE(GstHeartInpaint, gst_heart_inpaint, GST_TYPE_ELEMENT,
                        G_IMPLEMENT_INTERFACE(GST_TYPE_PRESET, nullptr))

GST_ELEMENT_REGISTER_DEFINE(heartinpaint, "heartinpaint", GST_RANK_NONE, GST_TYPE_HEART_INPAINT)

namespace {

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
  bool is_known = false;
  bool is_latency_new = false;
  {
    Held held(self.lock);
    const GstClockTime before = own_latency(self, held, self.is_live);
    {
      std::lock_guard<std::mutex> also_held(self.settings_lock);
      is_known = set_setting(self.settings, id, value);
    }
    if (self.stream) {
      self.stream->budget = settings_of(self).processing_budget;
      is_latency_new = own_latency(self, held, self.is_live) != before;
    }
  }
  if (!is_known) G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
  if (is_latency_new) post_latency(self);
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
  element->set_state = set_state;
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
