// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the tests of heartinpaint share: a programme of sound in any format, a harness around the element
// with a bus, and what came out of it, as bytes, events and messages.

#pragma once

#include "plugins/heartinpaint/heartinpaint.h"
#include "tests/unit/signals.h"
#include <gst/heart/heart.h>

#include <gst/audio/audio.h>
#include <gst/check/gstcheck.h>
#include <gst/check/gstharness.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace rig {

constexpr const char* kPlainCaps =
    "audio/x-raw,format=S16LE,rate=48000,channels=2,layout=interleaved";

/// Short contexts: the rules are the same as with 8 s, the tests quick.
constexpr const char* kShort =
    "context-before=300000000 context-after=300000000 max-region=300000000 "
    "crossfade=20000000 seed=7 ";

using Planes = std::vector<std::vector<uint8_t>>;  // native bytes, one plane if interleaved

/// Tone and noise, different in every channel, in the format that caps name.
class Sound {
 public:
  Sound(const char* caps_text, double seconds) {
    GstCaps* caps = gst_caps_from_string(caps_text);
    fail_unless(caps && gst_audio_info_from_caps(&info_, caps), "%s", caps_text);
    gst_caps_unref(caps);
    samples_ = static_cast<size_t>(seconds * rate() + 0.5);
    const size_t n_channels = GST_AUDIO_INFO_CHANNELS(&info_);
    std::vector<std::vector<float>> channels;
    for (size_t c = 0; c < n_channels; ++c) {
      channels.push_back(signals::sum(signals::tone(samples_, 300 + 70.0 * c, 0.4, rate(), c),
                                      signals::noise(samples_, 5 + c, 0.05)));
    }
    const size_t n_planes = is_planar() ? n_channels : 1;
    planes_.assign(n_planes, std::vector<uint8_t>(samples_ * stride()));
    const bool is_double = info_.finfo->unpack_format == GST_AUDIO_FORMAT_F64;
    std::vector<gint32> integers;
    std::vector<gdouble> doubles;
    for (size_t p = 0; p < n_planes; ++p) {
      integers.clear();
      doubles.clear();
      for (size_t i = 0; i < samples_; ++i) {
        for (size_t c = is_planar() ? p : 0; c < (is_planar() ? p + 1 : n_channels); ++c) {
          integers.push_back(static_cast<gint32>(channels[c][i] * 2147483647.0));
          doubles.push_back(channels[c][i]);
        }
      }
      info_.finfo->pack_func(
          info_.finfo, GST_AUDIO_PACK_FLAG_NONE,
          is_double ? static_cast<gconstpointer>(doubles.data()) : integers.data(),
          planes_[p].data(), static_cast<gint>(integers.size()));
    }
  }

  int rate() const { return GST_AUDIO_INFO_RATE(&info_); }
  bool is_planar() const { return info_.layout == GST_AUDIO_LAYOUT_NON_INTERLEAVED; }
  size_t stride() const {
    return is_planar() ? GST_AUDIO_INFO_BPS(&info_) : GST_AUDIO_INFO_BPF(&info_);
  }
  size_t samples() const { return samples_; }
  const GstAudioInfo& info() const { return info_; }
  const Planes& planes() const { return planes_; }
  size_t at(double seconds) const { return static_cast<size_t>(seconds * rate() + 0.5); }
  GstClockTime time_of(size_t sample) const {
    return gst_util_uint64_scale(sample, GST_SECOND, rate());
  }

  /// Puts silence there.
  void damage(double from, double to) {
    for (auto& plane : planes_) {
      gst_audio_format_info_fill_silence(info_.finfo, plane.data() + at(from) * stride(),
                                         (at(to) - at(from)) * stride());
    }
  }

  GstBuffer* buffer(size_t begin, size_t size) const {
    GstBuffer* buffer =
        gst_buffer_new_allocate(nullptr, size * GST_AUDIO_INFO_BPF(&info_), nullptr);
    for (size_t p = 0; p < planes_.size(); ++p) {
      gst_buffer_fill(buffer, p * size * stride(), planes_[p].data() + begin * stride(),
                      size * stride());
    }
    if (is_planar()) gst_buffer_add_audio_meta(buffer, &info_, size, nullptr);
    GST_BUFFER_PTS(buffer) = time_of(begin);
    GST_BUFFER_DURATION(buffer) = time_of(begin + size) - time_of(begin);
    return buffer;
  }

 private:
  GstAudioInfo info_;
  size_t samples_ = 0;
  Planes planes_;
};

struct Report {
  std::string status, trigger, label, method, detail;
  GstClockTime start, stop, timestamp, duration;
  gint64 seed = -1;
};

struct Seen {
  Planes planes;  // all samples that came out
  size_t samples = 0;
  std::vector<GstBuffer*> buffers;
  std::vector<GstEventType> events;
  std::vector<std::string> custom_events;
  std::vector<Report> reports;
  std::vector<std::string> warnings, errors;
  std::vector<GstProgressType> progress;
  int n_qos = 0, n_latency = 0;

  Seen() = default;
  Seen(const Seen&) = delete;
  Seen(Seen&& other) = default;
  ~Seen() {
    for (GstBuffer* buffer : buffers) gst_buffer_unref(buffer);
  }
};

/// A harness around one heartinpaint with a bus.
class Rig {
 public:
  explicit Rig(const std::string& properties, bool is_live = false, bool has_test_clock = false,
               const std::function<void(GstElement*)>& adjust = {}) {
    bus_ = gst_bus_new();
    GstElement* element =
        gst_parse_launch(("heartinpaint name=inpaint " + properties).c_str(), nullptr);
    fail_unless(element != nullptr, "%s", properties.c_str());
    gst_object_ref_sink(element);
    if (adjust) adjust(element);
    gst_element_set_bus(element, bus_);
    h_ = gst_harness_new_with_element(element, "sink", "src");
    if (has_test_clock) gst_harness_use_testclock(h_);
    gst_harness_set_live(h_, is_live);
    gst_object_unref(element);
  }
  ~Rig() {
    // Before its bus goes: the last messages come with the state change.
    gst_element_set_state(h_->element, GST_STATE_NULL);
    gst_element_set_bus(h_->element, nullptr);
    gst_object_unref(bus_);
    gst_harness_teardown(h_);
  }

  GstHarness* harness() { return h_; }
  GstElement* element() { return h_->element; }

  void start(const Sound& sound) {
    sound_ = &sound;
    GstCaps* caps = gst_audio_info_to_caps(&sound.info());
    gst_harness_set_src_caps(h_, caps);
  }
  void push_buffer(GstBuffer* buffer) {
    fail_unless_equals_int(gst_harness_push(h_, buffer), GST_FLOW_OK);
  }
  void push(size_t begin, size_t end, size_t piece = 1000) {
    for (size_t at = begin; at < end; at += piece) {
      push_buffer(sound_->buffer(at, std::min(piece, end - at)));
    }
  }
  void push_seconds(double begin, double end) { push(sound_->at(begin), sound_->at(end)); }
  void push_event(GstEvent* event) { fail_unless(gst_harness_push_event(h_, event)); }
  gboolean mark(double begin, double duration, const char* label = nullptr) {
    gboolean is_taken = FALSE;
    g_signal_emit_by_name(h_->element, "mark-region", static_cast<guint64>(begin * GST_SECOND + .5),
                          static_cast<guint64>(duration * GST_SECOND + .5), label, &is_taken);
    return is_taken;
  }

  /// Sends EOS and waits until it comes out.
  Seen finish() {
    push_event(gst_event_new_eos());
    Seen seen;
    for (;;) {
      GstEvent* event = gst_harness_pull_event(h_);
      fail_unless(event != nullptr, "no EOS came");
      note(seen, event);
      if (seen.events.back() == GST_EVENT_EOS) break;
    }
    collect(seen);
    return seen;
  }
  /// What is there now.
  Seen take() {
    Seen seen;
    collect(seen);
    return seen;
  }
  void collect(Seen& seen) {
    while (GstEvent* event = gst_harness_try_pull_event(h_)) note(seen, event);
    while (GstBuffer* buffer = gst_harness_try_pull(h_)) note(seen, buffer);
    while (GstMessage* message = gst_bus_pop(bus_)) note(seen, message);
  }

  guint64 stat(const char* name) {
    GstStructure* stats = nullptr;
    g_object_get(h_->element, "stats", &stats, nullptr);
    guint64 value = 0;
    fail_unless(gst_structure_get_uint64(stats, name, &value), "no %s in stats", name);
    gst_structure_free(stats);
    return value;
  }

  /// Waits, for at most 10 s, until it is so.
  static void wait_until(const std::function<bool()>& is_so, const char* what) {
    for (int i = 0; i < 10000; ++i) {
      if (is_so()) return;
      g_usleep(1000);
    }
    fail("waited in vain for %s", what);
  }

 private:
  static void note(Seen& seen, GstEvent* event) {
    seen.events.push_back(GST_EVENT_TYPE(event));
    const GstStructure* s = gst_event_get_structure(event);
    seen.custom_events.push_back(s ? gst_structure_get_name(s) : "");
    gst_event_unref(event);
  }
  void note(Seen& seen, GstBuffer* buffer) {
    seen.buffers.push_back(buffer);
    GstAudioBuffer audio;
    fail_unless(gst_audio_buffer_map(&audio, const_cast<GstAudioInfo*>(&sound_->info()), buffer,
                                     GST_MAP_READ));
    seen.planes.resize(sound_->planes().size());
    for (size_t p = 0; p < seen.planes.size(); ++p) {
      const auto* bytes = static_cast<const uint8_t*>(audio.planes[p]);
      seen.planes[p].insert(seen.planes[p].end(), bytes,
                            bytes + audio.n_samples * sound_->stride());
    }
    seen.samples += audio.n_samples;
    gst_audio_buffer_unmap(&audio);
  }
  static void note(Seen& seen, GstMessage* message) {
    switch (GST_MESSAGE_TYPE(message)) {
      case GST_MESSAGE_QOS:
        ++seen.n_qos;
        break;
      case GST_MESSAGE_LATENCY:
        ++seen.n_latency;
        break;
      case GST_MESSAGE_PROGRESS: {
        GstProgressType type;
        gst_message_parse_progress(message, &type, nullptr, nullptr);
        seen.progress.push_back(type);
        break;
      }
      case GST_MESSAGE_WARNING:
      case GST_MESSAGE_ERROR: {
        GError* error = nullptr;
        const bool is_error = GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR;
        if (is_error) {
          gst_message_parse_error(message, &error, nullptr);
        } else {
          gst_message_parse_warning(message, &error, nullptr);
        }
        (is_error ? seen.errors : seen.warnings).push_back(error->message);
        g_error_free(error);
        break;
      }
      default:
        break;
    }
    if (gst_heart_message_is_region(message)) {
      GError* error = nullptr;
      g_autoptr(GstHeartReport) r = gst_heart_message_parse_region(message, &error);
      fail_unless(r != nullptr, "%s", error ? error->message : "");
      const GstStructure* s = gst_message_get_structure(message);
      Report report;
      report.status = gst_structure_get_string(s, "status");
      report.trigger = gst_structure_get_string(s, "trigger");
      report.label = r->region->label ? r->region->label : "";
      report.method = gst_structure_get_string(s, "method");
      report.detail = r->detail ? r->detail : "";
      report.start = r->region->start;
      report.stop = r->region->stop;
      report.timestamp = r->timestamp;
      report.duration = r->duration;
      report.seed = r->seed;
      seen.reports.push_back(report);
    }
    gst_message_unref(message);
  }

  GstHarness* h_;
  GstBus* bus_;
  const Sound* sound_ = nullptr;
};

/// Bytes equal outside [begin, end).
inline void expect_same_outside(const Sound& sound, const Seen& seen, size_t begin, size_t end,
                                const char* where) {
  fail_unless(seen.samples == sound.samples(), "%s: %zu samples in, %zu out", where,
              sound.samples(), seen.samples);
  for (size_t p = 0; p < seen.planes.size(); ++p) {
    for (size_t i = 0; i < seen.planes[p].size(); ++i) {
      const size_t sample = i / sound.stride();
      if (sample >= begin && sample < end) continue;
      fail_unless(seen.planes[p][i] == sound.planes()[p][i], "%s: plane %zu sample %zu differs",
                  where, p, sample);
    }
  }
}

/// Share of the samples of [begin, end) that differ from the input.
inline double share_changed(const Sound& sound, const Seen& seen, size_t begin, size_t end) {
  size_t n_changed = 0, n = 0;
  const size_t value = GST_AUDIO_INFO_BPS(&sound.info());
  for (size_t p = 0; p < seen.planes.size(); ++p) {
    for (size_t i = begin * sound.stride(); i + value <= end * sound.stride(); i += value, ++n) {
      n_changed += std::memcmp(&seen.planes[p][i], &sound.planes()[p][i], value) != 0;
    }
  }
  return n ? static_cast<double>(n_changed) / n : 0;
}

/// PTS and durations without a seam; `first` is that of the first buffer.
inline void expect_contiguous(const Seen& seen, GstClockTime first, const char* where) {
  GstClockTime next = first;
  for (size_t i = 0; i < seen.buffers.size(); ++i) {
    const GstClockTimeDiff off = GST_CLOCK_DIFF(next, GST_BUFFER_PTS(seen.buffers[i]));
    // Times are rounded down to nanoseconds on either side.
    fail_unless(ABS(off) <= 1, "%s: buffer %zu is off by %" G_GINT64_FORMAT " ns", where, i,
                (gint64)off);
    next = GST_BUFFER_PTS(seen.buffers[i]) + GST_BUFFER_DURATION(seen.buffers[i]);
  }
}

inline const Report& only_report(const Seen& seen, const char* where) {
  std::string all;
  for (const Report& r : seen.reports) all += r.status + " (" + r.detail + ") ";
  fail_unless(seen.reports.size() == 1, "%s: %zu reports: %s", where, seen.reports.size(),
              all.c_str());
  return seen.reports[0];
}

}  // namespace rig
