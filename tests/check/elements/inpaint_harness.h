// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the tests of heartinpaint share: music-like samples in any format, a harness around the element of
// the library linked in (so that a test may give it a filler), and what came out of it. Live, a test clock
// drives it: nothing happens in time unless a test says so.

#pragma once

#include "plugins/heartinpaint/heartinpaint.h"
#include "plugins/heartinpaint/sample_format.h"
#include <gst/heart/heart.h>

#include <gst/check/gstcheck.h>
#include <gst/check/gstharness.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

namespace inpaint_test {

using heart::Planes;
using heart::engine::NativeAudio;
using heart::engine::SampleFormat;
using Bytes = std::vector<uint8_t>;

struct Form {
  GstAudioFormat format = GST_AUDIO_FORMAT_F32;
  GstAudioLayout layout = GST_AUDIO_LAYOUT_INTERLEAVED;
  int rate = 8000;
  int channels = 1;

  GstAudioInfo info() const {
    GstAudioInfo info;
    gst_audio_info_init(&info);
    gst_audio_info_set_format(&info, format, rate, channels, nullptr);
    info.layout = layout;
    return info;
  }
  std::string caps() const {
    const GstAudioInfo i = info();
    GstCaps* caps = gst_audio_info_to_caps(&i);
    gchar* text = gst_caps_to_string(caps);
    gst_caps_unref(caps);
    const std::string result(text);
    g_free(text);
    return result;
  }
  std::string name() const {
    return std::string(gst_audio_format_to_string(format)) +
           (layout == GST_AUDIO_LAYOUT_INTERLEAVED ? " interleaved " : " planar ") +
           std::to_string(rate) + " Hz, " + std::to_string(channels) + " channels";
  }
};

/// Three partials and a little noise; every channel of its own.
inline NativeAudio tones(const Form& form, size_t samples) {
  Planes planes = heart::make_planes(form.channels, samples);
  uint32_t noise = 12345;
  for (int c = 0; c < form.channels; ++c) {
    for (size_t n = 0; n < samples; ++n) {
      const double t = static_cast<double>(n) / form.rate;
      noise = noise * 1664525u + 1013904223u;
      planes[c][n] = static_cast<float>(
          0.2 * std::sin(2 * G_PI * (220 + 30 * c) * t) + 0.15 * std::sin(2 * G_PI * 331 * t) +
          0.1 * std::sin(2 * G_PI * 553 * t + c) + 0.004 * (noise / 2147483648.0 - 1));
    }
  }
  return SampleFormat(form.info()).from_float(planes);
}

/// A buffer of samples [begin, end), timestamped from `start_ns`.
inline GstBuffer* make_buffer(const Form& form, const NativeAudio& audio, size_t begin, size_t end,
                              GstClockTime start_ns = 0) {
  const GstAudioInfo info = form.info();
  const SampleFormat format(info);
  const size_t stride = format.stride(), bytes = (end - begin) * stride;
  GstBuffer* buffer = gst_buffer_new_allocate(nullptr, bytes * format.plane_count(), nullptr);
  for (size_t p = 0; p < format.plane_count(); ++p) {
    gst_buffer_fill(buffer, p * bytes, audio.planes[p].data() + begin * stride, bytes);
  }
  if (format.is_planar()) gst_buffer_add_audio_meta(buffer, &info, end - begin, nullptr);
  GST_BUFFER_PTS(buffer) = start_ns + format.to_ns(begin);
  GST_BUFFER_DURATION(buffer) = format.to_ns(end) - format.to_ns(begin);
  return buffer;
}

struct Report {
  std::string status, trigger, label, method, detail;
  guint64 id, start, stop, timestamp, duration;
  gint64 seed;
};

/// A QOS message, as it came.
struct Qos {
  gboolean is_live;
  guint64 running_time, stream_time, timestamp, duration;
  gint64 jitter;
  gdouble proportion;
  GstFormat format;
  guint64 processed, dropped;
};

struct ProgressNote {
  GstProgressType type;
  std::string code, text;
};

/// Waits, in the end in vain, until it is so. The bound only says when to give up on a hang.
inline void wait_until(const std::function<bool()>& is_so, const char* what) {
  for (int i = 0; i < 30000; ++i) {
    if (is_so()) return;
    g_usleep(1000);
  }
  fail("waited in vain for %s", what);
}

/// The element between two pads. Not live unless told otherwise; method ar.
class Bench {
 public:
  explicit Bench(const Form& form_in = {}, bool is_live = false) : form(form_in) {
    static const bool is_registered = GST_ELEMENT_REGISTER(heartinpaint, nullptr);
    fail_unless(is_registered);
    element = gst_element_factory_make("heartinpaint", nullptr);
    fail_unless(element != nullptr);
    g_object_set(element, "context-before", GST_SECOND, "context-after", GST_SECOND, "max-region",
                 GST_SECOND, nullptr);
    gst_util_set_object_arg(G_OBJECT(element), "method", "ar");
    bus = gst_bus_new();
    gst_element_set_bus(element, bus);
    is_live_ = is_live;
  }
  ~Bench() {
    forget_output();
    // Before its bus goes: the last messages come with the state change.
    gst_element_set_state(element, GST_STATE_NULL);
    if (h) gst_harness_teardown(h);
    gst_bus_set_flushing(bus, TRUE);
    gst_element_set_bus(element, nullptr);
    gst_object_unref(bus);
    gst_object_unref(element);
  }
  Bench(const Bench&) = delete;

  /// Properties are set before this.
  Bench& start() {
    h = gst_harness_new_with_element(element, nullptr, nullptr);
    gst_harness_set_live(h, is_live_);
    GstPad* src = gst_element_get_static_pad(element, "src");
    GstPad* sink = gst_element_get_static_pad(element, "sink");
    gst_harness_add_element_src_pad(h, src);
    gst_harness_add_element_sink_pad(h, sink);
    gst_object_unref(src);
    gst_object_unref(sink);
    return *this;
  }
  /// As `start`, for a live pipeline: upstream is live and the clock stands at 0.
  Bench& start_live(GstClockTime upstream_latency = 0) {
    is_live_ = true;
    start();
    gst_harness_set_upstream_latency(h, upstream_latency);
    gst_harness_use_testclock(h);
    return *this;
  }
  /// Lets time pass up to the next thing that the element waits for, and so on, until `n` buffers have come.
  void pass_time_until_received(guint n) {
    while (gst_harness_buffers_received(h) < n) {
      fail_unless(gst_harness_crank_single_clock_wait(h), "nothing waits for the clock");
    }
  }
  /// The running time that the element waits for.
  GstClockTime next_wait() {
    GstTestClock* clock = gst_harness_get_testclock(h);
    GstClockID id = nullptr;
    gst_test_clock_wait_for_next_pending_id(clock, &id);
    const GstClockTime time = gst_clock_id_get_time(id);
    gst_clock_id_unref(id);
    gst_object_unref(clock);
    return time;
  }
  void wait_for_buffers(guint n) {
    wait_until([&] { return gst_harness_buffers_received(h) >= n; }, "buffers");
  }
  bool mark(GstClockTime start_ns, GstClockTime duration, const char* label = nullptr) {
    gboolean is_in_time = FALSE;
    g_signal_emit_by_name(element, "mark-region", start_ns, duration, label, &is_in_time);
    return is_in_time != FALSE;
  }
  /// Waits for a report.
  Report next_report() {
    std::vector<Report> all;
    wait_until(
        [&] {
          all = reports();
          return !all.empty();
        },
        "a report");
    fail_unless_equals_int(all.size(), 1);
    return all[0];
  }
  /// The end of a repair's task is told after the region is.
  void wait_for_progress(GstProgressType type) {
    wait_until(
        [&] {
          fail_unless_equals_int(reports().size(), 0);
          return !progress.empty() && progress.back().type == type;
        },
        "the end of the task");
  }
  Bench& caps() {
    gst_harness_set_src_caps_str(h, form.caps().c_str());
    return *this;
  }
  GstFlowReturn push(const NativeAudio& audio, size_t begin, size_t end, guint flags = 0,
                     GstClockTime start_ns = 0) {
    GstBuffer* buffer = make_buffer(form, audio, begin, end, start_ns);
    GST_BUFFER_FLAG_SET(buffer, flags);
    return gst_harness_push(h, buffer);
  }
  /// [begin, end) in buffers of `size`.
  void push_all(const NativeAudio& audio, size_t begin, size_t end, size_t size) {
    for (size_t at = begin; at < end; at += size) {
      fail_unless_equals_int(push(audio, at, std::min(end, at + size)), GST_FLOW_OK);
    }
  }
  /// Ends the stream and gathers what came out.
  void finish() {
    fail_unless(gst_harness_push_event(h, gst_event_new_eos()));
    for (;;) {
      GstEvent* event = gst_harness_pull_event(h);
      fail_unless(event != nullptr, "no EOS came out");
      const bool is_eos = GST_EVENT_TYPE(event) == GST_EVENT_EOS;
      gst_event_unref(event);
      if (is_eos) break;
    }
    drain();
  }
  void drain() {
    const SampleFormat format(form.info());
    if (out.planes.empty()) out.planes.resize(format.plane_count());
    while (GstBuffer* buffer = gst_harness_try_pull(h)) {
      GstAudioInfo info = form.info();
      GstAudioBuffer audio;
      fail_unless(gst_audio_buffer_map(&audio, &info, buffer, GST_MAP_READ));
      for (size_t p = 0; p < format.plane_count(); ++p) {
        const auto* bytes = static_cast<const uint8_t*>(audio.planes[p]);
        out.planes[p].insert(out.planes[p].end(), bytes, bytes + audio.n_samples * format.stride());
      }
      out.samples += audio.n_samples;
      gst_audio_buffer_unmap(&audio);
      buffers.push_back(buffer);
    }
  }
  std::vector<Report> reports() {
    std::vector<Report> all;
    while (GstMessage* message = gst_bus_pop(bus)) {
      if (gst_heart_message_is_region(message)) {
        GError* error = nullptr;
        GstHeartReport* r = gst_heart_message_parse_region(message, &error);
        fail_unless(r != nullptr, "%s", error ? error->message : "");
        const GstStructure* s = gst_message_get_structure(message);
        const auto text = [&](const char* field) {
          const gchar* value = gst_structure_get_string(s, field);
          return std::string(value ? value : "");
        };
        all.push_back({text("status"), text("trigger"), text("label"), text("method"),
                       text("detail"), r->region_id, r->region->start, r->region->stop,
                       r->timestamp, r->duration, r->seed});
        gst_heart_report_free(r);
      } else {
        const GstMessageType type = GST_MESSAGE_TYPE(message);
        if (type == GST_MESSAGE_ERROR) {
          GError* error = nullptr;
          gst_message_parse_error(message, &error, nullptr);
          errors.emplace_back(error->message);
          g_error_free(error);
        }
        if (type == GST_MESSAGE_QOS) note_qos(message);
        if (type == GST_MESSAGE_PROGRESS) note_progress(message);
        n_latency += type == GST_MESSAGE_LATENCY;
        n_warnings += type == GST_MESSAGE_WARNING;
      }
      gst_message_unref(message);
    }
    return all;
  }
  void forget_output() {
    for (GstBuffer* buffer : buffers) gst_buffer_unref(buffer);
    buffers.clear();
    out = {};
  }
  guint64 stat(const char* name) const {
    GstStructure* stats = nullptr;
    g_object_get(element, "stats", &stats, nullptr);
    guint64 value = 0;
    fail_unless(gst_structure_get_uint64(stats, name, &value), "no %s in stats", name);
    gst_structure_free(stats);
    return value;
  }

  Form form;
  GstElement* element = nullptr;
  GstHarness* h = nullptr;
  GstBus* bus = nullptr;
  NativeAudio out;
  std::vector<GstBuffer*> buffers;
  std::vector<std::string> errors;
  std::vector<Qos> qos;
  std::vector<ProgressNote> progress;
  int n_latency = 0, n_warnings = 0;

 private:
  void note_qos(GstMessage* message) {
    Qos q;
    gst_message_parse_qos(message, &q.is_live, &q.running_time, &q.stream_time, &q.timestamp,
                          &q.duration);
    gst_message_parse_qos_values(message, &q.jitter, &q.proportion, nullptr);
    gst_message_parse_qos_stats(message, &q.format, &q.processed, &q.dropped);
    qos.push_back(q);
  }
  void note_progress(GstMessage* message) {
    GstProgressType type;
    gchar* code = nullptr;
    gchar* text = nullptr;
    gst_message_parse_progress(message, &type, &code, &text);
    progress.push_back({type, code, text});
    g_free(code);
    g_free(text);
  }

  bool is_live_ = false;
};

/// Samples of [begin, end) that differ in any channel.
inline size_t count_different(const Form& form, const NativeAudio& a, size_t a_begin,
                              const NativeAudio& b, size_t b_begin, size_t samples) {
  const SampleFormat format(form.info());
  const size_t stride = format.stride();
  size_t n = 0;
  for (size_t i = 0; i < samples; ++i) {
    bool is_same = true;
    for (size_t p = 0; p < format.plane_count(); ++p) {
      is_same &= std::memcmp(a.planes[p].data() + (a_begin + i) * stride,
                             b.planes[p].data() + (b_begin + i) * stride, stride) == 0;
    }
    n += !is_same;
  }
  return n;
}

}  // namespace inpaint_test
