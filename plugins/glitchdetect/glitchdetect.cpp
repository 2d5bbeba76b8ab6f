// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The element glitchdetect. Buffers pass at once and unchanged; what is found is flagged behind it, at
// most 0.2 s after its end, by a GstHeartInpaintRegion event, a GstHeartInpaintRegionMeta on the next buffer
// and an element message. heartinpaint, which holds audio back for longer, honours such late flags.
// All of the stream's state belongs to the streaming thread; settings are frozen when a stretch begins.

/**
 * SECTION:element-glitchdetect
 * @title: glitchdetect
 * @short_description: flags dropouts, clicks and repeated buffers for heartinpaint
 *
 * Detects damage by what it looks like and flags it to elements downstream. Runs of constant samples are
 * looked for by default; clicks and repeated buffers only if asked, since music can resemble them.
 * Clipping is reported by message alone.
 *
 * The message is named `glitchdetect` and has the fields `reason` (string: zeros, click, repeat, clipping),
 * `confidence` (double, 0 to 1), `timestamp`, `stream-time`, `running-time` and `duration` (guint64).
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 filesrc location=damaged.flac ! decodebin ! audioconvert ! glitchdetect ! heartinpaint ! autoaudiosink
 * gst-launch-1.0 -m filesrc location=tape.wav ! wavparse ! audioconvert ! glitchdetect detect=zeros+clicks ! fakesink
 * ]|
 * Since: 0.1
 */

#include "plugins/glitchdetect/glitchdetect.h"

#include "models/audio/glitch_detector.h"
#include <gst/heart/heart.h>

#include <gst/audio/audio.h>

#include <algorithm>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <vector>

GST_DEBUG_CATEGORY_STATIC(glitch_detect_debug);
#define GST_CAT_DEFAULT glitch_detect_debug

namespace {

enum Detect : guint {
  DETECT_ZEROS = 1 << 0,
  DETECT_CLICKS = 1 << 1,
  DETECT_REPEATS = 1 << 2,
  DETECT_CLIPPING = 1 << 3,
};

enum Report : guint {
  REPORT_EVENT = 1 << 0,
  REPORT_META = 1 << 1,
  REPORT_MESSAGE = 1 << 2,
};

GType detect_get_type() {
  static const GFlagsValue kValues[] = {
      {DETECT_ZEROS, "Constant runs: dropouts, lost blocks", "zeros"},
      {DETECT_CLICKS, "Clicks", "clicks"},
      {DETECT_REPEATS, "Buffers played again", "repeats"},
      {DETECT_CLIPPING, "Samples at full scale, by message only", "clipping"},
      {0, nullptr, nullptr}};
  static const GType kType = g_flags_register_static("GstGlitchDetectKinds", kValues);
  return kType;
}

GType report_get_type() {
  static const GFlagsValue kValues[] = {
      {REPORT_EVENT, "GstHeartInpaintRegion event downstream", "event"},
      {REPORT_META, "GstHeartInpaintRegionMeta on the next buffer", "meta"},
      {REPORT_MESSAGE, "Element message", "message"},
      {0, nullptr, nullptr}};
  static const GType kType = g_flags_register_static("GstGlitchDetectReports", kValues);
  return kType;
}

struct Settings {  // object lock; any thread
  guint detect = DETECT_ZEROS;
  guint report = REPORT_EVENT | REPORT_META | REPORT_MESSAGE;
  GstClockTime min_duration = 10 * GST_MSECOND;
  GstClockTime max_duration = 3500 * GST_MSECOND;
  gdouble min_level = -30;
};
const Settings kDefaults;

// A timestamp that differs from the count by more than this begins a new stretch.
constexpr GstClockTime kTolerance = 40 * GST_MSECOND;

/// A sample whose timestamp is known; those after it are counted from here.
struct Anchor {
  int64_t sample;
  GstClockTime pts;
};

/// A stretch without discontinuity, in one format. Streaming thread only.
struct Stretch {
  Stretch(const Settings& settings, const GstAudioInfo& info)
      : settings(settings), detector(detector_settings(settings, info)) {}

  static heart::GlitchSettings detector_settings(const Settings& settings,
                                                 const GstAudioInfo& info) {
    heart::GlitchSettings s;
    s.rate_hz = GST_AUDIO_INFO_RATE(&info);
    s.channels = GST_AUDIO_INFO_CHANNELS(&info);
    s.find_constant_runs = settings.detect & DETECT_ZEROS;
    s.find_clicks = settings.detect & DETECT_CLICKS;
    s.find_repeats = settings.detect & DETECT_REPEATS;
    s.find_clipping = settings.detect & DETECT_CLIPPING;
    s.min_run_seconds = static_cast<double>(settings.min_duration) / GST_SECOND;
    s.max_run_seconds = static_cast<double>(settings.max_duration) / GST_SECOND;
    s.min_edge_level_db = settings.min_level;
    return s;
  }

  const Settings settings;  // frozen copy
  heart::GlitchDetector detector;
  std::deque<Anchor> anchors;
  int64_t n_samples = 0;  // pushed
};

struct Private {
  Settings settings;
  GstAudioInfo info;
  bool has_format = false;
  GstSegment segment;
  std::unique_ptr<Stretch> stretch;
  heart::Planes planes;  // [A][S], kept for its memory
  std::vector<guint8> unpacked;
};

GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS,
                            GST_STATIC_CAPS("audio/x-raw, format=" GST_AUDIO_FORMATS_ALL
                                            ", rate=[ 8000, 192000 ], channels=[ 1, max ], "
                                            "layout={ interleaved, non-interleaved }"));
GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS,
                            GST_STATIC_CAPS("audio/x-raw, format=" GST_AUDIO_FORMATS_ALL
                                            ", rate=[ 8000, 192000 ], channels=[ 1, max ], "
                                            "layout={ interleaved, non-interleaved }"));

enum { PROP_0, PROP_DETECT, PROP_REPORT, PROP_MIN_DURATION, PROP_MAX_DURATION, PROP_MIN_LEVEL };

}  // namespace

struct _GstGlitchDetect {
  GstElement parent;
  GstPad* sink;
  GstPad* src;
  Private* p;
};

G_DEFINE_TYPE(GstGlitchDetect, gst_glitch_detect, GST_TYPE_ELEMENT)
GST_ELEMENT_REGISTER_DEFINE(glitchdetect, "glitchdetect", GST_RANK_NONE, GST_TYPE_GLITCH_DETECT)

namespace {

// ---- data -----------------------------------------------------------------------------------------

Stretch& open_stretch(GstGlitchDetect* self) {
  Private& p = *self->p;
  if (!p.stretch) {
    GST_OBJECT_LOCK(self);
    const Settings settings = p.settings;
    GST_OBJECT_UNLOCK(self);
    p.stretch = std::make_unique<Stretch>(settings, p.info);
  }
  return *p.stretch;
}

GstClockTime time_of(const GstAudioInfo& info, const Anchor& anchor, int64_t sample) {
  const guint64 distance = gst_util_uint64_scale_round(
      static_cast<guint64>(std::max<int64_t>(0, sample - anchor.sample)), GST_SECOND,
      static_cast<guint64>(GST_AUDIO_INFO_RATE(&info)));
  return anchor.pts + distance;
}

GstClockTime time_of(const GstAudioInfo& info, const Stretch& stretch, int64_t sample) {
  const Anchor* anchor = &stretch.anchors.front();
  for (const Anchor& later : stretch.anchors)
    if (later.sample <= sample) anchor = &later;
  return time_of(info, *anchor, sample);
}

/// Notes the buffer's timestamp. Returns false if it does not continue the stretch.
bool take_timestamp(const GstAudioInfo& info, Stretch& stretch, GstClockTime pts,
                    const GstSegment& segment) {
  if (stretch.anchors.empty()) {
    const GstClockTime start = GST_CLOCK_TIME_IS_VALID(segment.start) ? segment.start : 0;
    stretch.anchors.push_back({stretch.n_samples, GST_CLOCK_TIME_IS_VALID(pts) ? pts : start});
    return true;
  }
  if (!GST_CLOCK_TIME_IS_VALID(pts)) return true;
  const GstClockTime counted = time_of(info, stretch.anchors.back(), stretch.n_samples);
  const GstClockTime difference = counted > pts ? counted - pts : pts - counted;
  if (difference > kTolerance) return false;
  const GstClockTime sample = GST_SECOND / static_cast<guint64>(GST_AUDIO_INFO_RATE(&info)) + 1;
  if (difference > sample) stretch.anchors.push_back({stretch.n_samples, pts});
  // Nothing older than the longest run will be asked for again.
  const int64_t oldest = stretch.n_samples - 10 * GST_AUDIO_INFO_RATE(&info);
  while (stretch.anchors.size() > 1 && stretch.anchors[1].sample < oldest)
    stretch.anchors.pop_front();
  return true;
}

/// Flags one glitch. `buffer` is what the meta goes on; nullptr at the end of a stretch.
void flag(GstGlitchDetect* self, const Stretch& stretch, const heart::Glitch& glitch,
          GstBuffer** buffer) {
  Private& p = *self->p;
  const GstClockTime start = time_of(p.info, stretch, glitch.begin);
  const GstClockTime stop = time_of(p.info, stretch, glitch.end);
  if (!gst_heart_region_span_is_valid(start, stop)) return;
  const GstClockTime stream_time = gst_segment_to_stream_time(&p.segment, GST_FORMAT_TIME, start);
  const GstClockTime running_time = gst_segment_to_running_time(&p.segment, GST_FORMAT_TIME, start);
  const char* reason = heart::name_of(glitch.kind);
  GST_INFO_OBJECT(self, "%s from %" GST_TIME_FORMAT " to %" GST_TIME_FORMAT ", confidence %.2f",
                  reason, GST_TIME_ARGS(start), GST_TIME_ARGS(stop), glitch.confidence);

  const bool is_repairable = glitch.kind != heart::GlitchKind::kClipping;
  const guint report = stretch.settings.report;
  if (is_repairable && report & REPORT_EVENT) {
    gst_pad_push_event(self->src, gst_heart_event_new_downstream_region(
                                      start, stream_time, running_time, stop - start, nullptr,
                                      reason, glitch.confidence));
  }
  if (is_repairable && report & REPORT_META && buffer) {
    *buffer = gst_buffer_make_writable(*buffer);  // copies no samples
    GstHeartRegion* region =
        gst_heart_region_new(GST_HEART_TIME_SEGMENT, start, stop, GST_HEART_TRIGGER_META, nullptr);
    gst_heart_region_set_reason(region, reason, glitch.confidence);
    gst_heart_buffer_add_region_meta(*buffer, region);
    gst_heart_region_free(region);
  }
  if (report & REPORT_MESSAGE) {
    GstStructure* structure =
        gst_structure_new("glitchdetect", "reason", G_TYPE_STRING, reason, "confidence",
                          G_TYPE_DOUBLE, glitch.confidence, "timestamp", G_TYPE_UINT64, start,
                          "stream-time", G_TYPE_UINT64, stream_time, "running-time", G_TYPE_UINT64,
                          running_time, "duration", G_TYPE_UINT64, stop - start, nullptr);
    gst_element_post_message(GST_ELEMENT(self),
                             gst_message_new_element(GST_OBJECT(self), structure));
  }
}

/// Ends the stretch: what its finders still hold back is flagged.
void close_stretch(GstGlitchDetect* self) {
  const std::unique_ptr<Stretch> stretch = std::move(self->p->stretch);
  if (!stretch || stretch->anchors.empty()) return;
  for (const heart::Glitch& glitch : stretch->detector.finish())
    flag(self, *stretch, glitch, nullptr);
}

/// Reads a buffer into the float planes. Returns false if it cannot be mapped.
bool read_planes(Private& p, GstBuffer* buffer) {
  GstAudioBuffer mapped;
  if (!gst_audio_buffer_map(&mapped, &p.info, buffer, GST_MAP_READ)) return false;
  const auto n_channels = static_cast<size_t>(GST_AUDIO_INFO_CHANNELS(&p.info));
  const size_t n_samples = mapped.n_samples;
  const bool is_planar = GST_AUDIO_INFO_LAYOUT(&p.info) == GST_AUDIO_LAYOUT_NON_INTERLEAVED;
  const GstAudioFormatInfo* format = p.info.finfo;
  const bool is_double = format->unpack_format == GST_AUDIO_FORMAT_F64;  // else S32
  const size_t per_plane = is_planar ? n_samples : n_samples * n_channels;
  p.planes.resize(n_channels);
  for (auto& plane : p.planes) plane.resize(n_samples);
  p.unpacked.resize(per_plane * (is_double ? sizeof(gdouble) : sizeof(gint32)));
  for (size_t plane = 0; plane < (is_planar ? n_channels : 1); ++plane) {
    format->unpack_func(format, GST_AUDIO_PACK_FLAG_NONE, p.unpacked.data(), mapped.planes[plane],
                        static_cast<gint>(per_plane));
    const auto* doubles = reinterpret_cast<const gdouble*>(p.unpacked.data());
    const auto* integers = reinterpret_cast<const gint32*>(p.unpacked.data());
    for (size_t i = 0; i < per_plane; ++i) {
      const size_t channel = is_planar ? plane : i % n_channels;
      const size_t sample = is_planar ? i : i / n_channels;
      p.planes[channel][sample] =
          static_cast<float>(is_double ? doubles[i] : integers[i] / 2147483648.0);
    }
  }
  gst_audio_buffer_unmap(&mapped);
  return true;
}

GstFlowReturn look_and_push(GstGlitchDetect* self, GstBuffer* buffer) {
  Private& p = *self->p;
  const bool is_gap = GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_GAP);
  if (is_gap || GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DISCONT)) close_stretch(self);
  if (!is_gap) {  // a gap is said to be one: nothing to detect
    const GstClockTime pts = GST_BUFFER_PTS(buffer);
    if (!take_timestamp(p.info, open_stretch(self), pts, p.segment)) {
      close_stretch(self);
      take_timestamp(p.info, open_stretch(self), pts, p.segment);
    }
    Stretch& stretch = *p.stretch;
    if (read_planes(p, buffer)) {
      stretch.n_samples += static_cast<int64_t>(heart::length_of(p.planes));
      for (const heart::Glitch& glitch : stretch.detector.push(p.planes))
        flag(self, stretch, glitch, &buffer);
    } else {
      GST_WARNING_OBJECT(self, "could not read %" GST_PTR_FORMAT ", it passes unseen", buffer);
      close_stretch(self);
    }
  }
  return gst_pad_push(self->src, buffer);
}

GstFlowReturn chain(GstPad*, GstObject* parent, GstBuffer* buffer) {
  GstGlitchDetect* self = GST_GLITCH_DETECT(parent);
  if (!self->p->has_format) {
    gst_buffer_unref(buffer);
    return GST_FLOW_NOT_NEGOTIATED;
  }
  try {
    return look_and_push(self, buffer);
  } catch (const std::exception& error) {  // std::bad_alloc: the audio goes on, unlooked at
    self->p->stretch.reset();
    GST_ELEMENT_WARNING(self, RESOURCE, FAILED, ("Detection was interrupted"),
                        ("%s", error.what()));
    return gst_pad_push(self->src, buffer);
  }
}

// ---- events ---------------------------------------------------------------------------------------

void take_event(GstGlitchDetect* self, GstEvent* event) {
  Private& p = *self->p;
  switch (GST_EVENT_TYPE(event)) {
    case GST_EVENT_CAPS: {
      close_stretch(self);
      GstCaps* caps = nullptr;
      gst_event_parse_caps(event, &caps);
      p.has_format = gst_audio_info_from_caps(&p.info, caps);
      break;
    }
    case GST_EVENT_SEGMENT:
      close_stretch(self);  // its times are those of the old segment
      gst_event_copy_segment(event, &p.segment);
      break;
    case GST_EVENT_GAP:
    case GST_EVENT_EOS:
      close_stretch(self);
      break;
    case GST_EVENT_STREAM_START:
    case GST_EVENT_FLUSH_STOP:
      p.stretch.reset();
      gst_segment_init(&p.segment, GST_FORMAT_TIME);
      break;
    default:
      break;
  }
}

gboolean sink_event(GstPad* pad, GstObject* parent, GstEvent* event) {
  GstGlitchDetect* self = GST_GLITCH_DETECT(parent);
  try {
    take_event(self, event);
  } catch (const std::exception& error) {
    self->p->stretch.reset();
    GST_ELEMENT_WARNING(self, RESOURCE, FAILED, ("Detection was interrupted"),
                        ("%s", error.what()));
  }
  return gst_pad_event_default(pad, parent, event);
}

// ---- class ----------------------------------------------------------------------------------------

GstStateChangeReturn change_state(GstElement* element, GstStateChange transition) {
  GstGlitchDetect* self = GST_GLITCH_DETECT(element);
  const auto result =
      GST_ELEMENT_CLASS(gst_glitch_detect_parent_class)->change_state(element, transition);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY) {
    self->p->stretch.reset();
    self->p->has_format = false;
    gst_segment_init(&self->p->segment, GST_FORMAT_TIME);
  }
  return result;
}

void set_property(GObject* object, guint id, const GValue* value, GParamSpec* spec) {
  GstGlitchDetect* self = GST_GLITCH_DETECT(object);
  GST_OBJECT_LOCK(self);
  Settings& settings = self->p->settings;
  switch (id) {
    case PROP_DETECT:
      settings.detect = g_value_get_flags(value);
      break;
    case PROP_REPORT:
      settings.report = g_value_get_flags(value);
      break;
    case PROP_MIN_DURATION:
      settings.min_duration = g_value_get_uint64(value);
      break;
    case PROP_MAX_DURATION:
      settings.max_duration = g_value_get_uint64(value);
      break;
    case PROP_MIN_LEVEL:
      settings.min_level = g_value_get_double(value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
  }
  GST_OBJECT_UNLOCK(self);
}

void get_property(GObject* object, guint id, GValue* value, GParamSpec* spec) {
  GstGlitchDetect* self = GST_GLITCH_DETECT(object);
  GST_OBJECT_LOCK(self);
  const Settings& settings = self->p->settings;
  switch (id) {
    case PROP_DETECT:
      g_value_set_flags(value, settings.detect);
      break;
    case PROP_REPORT:
      g_value_set_flags(value, settings.report);
      break;
    case PROP_MIN_DURATION:
      g_value_set_uint64(value, settings.min_duration);
      break;
    case PROP_MAX_DURATION:
      g_value_set_uint64(value, settings.max_duration);
      break;
    case PROP_MIN_LEVEL:
      g_value_set_double(value, settings.min_level);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
  }
  GST_OBJECT_UNLOCK(self);
}

void finalize(GObject* object) {
  delete GST_GLITCH_DETECT(object)->p;
  G_OBJECT_CLASS(gst_glitch_detect_parent_class)->finalize(object);
}

}  // namespace

static void gst_glitch_detect_init(GstGlitchDetect* self) {
  self->p = new Private;
  gst_audio_info_init(&self->p->info);
  gst_segment_init(&self->p->segment, GST_FORMAT_TIME);
  self->sink = gst_pad_new_from_static_template(&sink_template, "sink");
  gst_pad_set_chain_function(self->sink, chain);
  gst_pad_set_event_function(self->sink, sink_event);
  self->src = gst_pad_new_from_static_template(&src_template, "src");
  for (GstPad* pad : {self->sink, self->src}) {
    GST_PAD_SET_PROXY_CAPS(pad);
    GST_PAD_SET_PROXY_ALLOCATION(pad);
    GST_PAD_SET_PROXY_SCHEDULING(pad);
    gst_element_add_pad(GST_ELEMENT(self), pad);
  }
}

static void gst_glitch_detect_class_init(GstGlitchDetectClass* klass) {
  GST_DEBUG_CATEGORY_INIT(glitch_detect_debug, "glitchdetect", 0, "detector of damaged audio");
  auto* object = G_OBJECT_CLASS(klass);
  auto* element = GST_ELEMENT_CLASS(klass);
  object->set_property = set_property;
  object->get_property = get_property;
  object->finalize = finalize;
  element->change_state = change_state;

  const auto flags = static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
                                              GST_PARAM_MUTABLE_READY);
  g_object_class_install_property(
      object, PROP_DETECT,
      g_param_spec_flags("detect", "Detect", "What to look for (Since: 0.1)", detect_get_type(),
                         kDefaults.detect, flags));
  g_object_class_install_property(
      object, PROP_REPORT,
      g_param_spec_flags("report", "Report", "How to tell what was found (Since: 0.1)",
                         report_get_type(), kDefaults.report, flags));
  g_object_class_install_property(
      object, PROP_MIN_DURATION,
      g_param_spec_uint64("min-duration", "Minimum duration",
                          "Shorter constant runs are not flagged, in nanoseconds (Since: 0.1)", 0,
                          GST_SECOND, kDefaults.min_duration, flags));
  g_object_class_install_property(
      object, PROP_MAX_DURATION,
      g_param_spec_uint64(
          "max-duration", "Maximum duration",
          "Longer constant runs are not flagged, in nanoseconds; at most 5 s (Since: 0.1)", 0,
          5 * GST_SECOND, kDefaults.max_duration, flags));
  g_object_class_install_property(
      object, PROP_MIN_LEVEL,
      g_param_spec_double(
          "min-level", "Minimum level",
          "Peak that must be reached within 40 ms on both sides of a constant run, in dB "
          "below full scale (Since: 0.1)",
          -200, 0, kDefaults.min_level, flags));

  gst_type_mark_as_plugin_api(detect_get_type(), static_cast<GstPluginAPIFlags>(0));
  gst_type_mark_as_plugin_api(report_get_type(), static_cast<GstPluginAPIFlags>(0));
  gst_element_class_add_static_pad_template(element, &sink_template);
  gst_element_class_add_static_pad_template(element, &src_template);
  gst_element_class_set_static_metadata(
      element, "Glitch detector", "Filter/Analyzer/Audio",
      "Flags dropouts, clicks and repeated buffers for heartinpaint",
      "the gst-heartinpaint developers");
}
