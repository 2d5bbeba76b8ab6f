// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the pipeline tests share: damaged music in encoded files, launch lines that are played to their
// end, what the bus said meanwhile, and the comparison of two sound files.

#pragma once

#include "tests/unit/signals.h"

// gstcheck.h has a macro named `fail`, so the streams of the standard library must come before it.
// clang-format off
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sndfile.h>
#include <string>
#include <vector>

#include "tests/check/no_leaks.h"
#include <gst/check/gstcheck.h>
#include <gst/heart/heart.h>
// clang-format on

namespace pipeline_test {

/// A folder of its own that goes with everything in it.
class Scratch {
 public:
  Scratch() {
    gchar* made = g_dir_make_tmp("heart-pipeline-XXXXXX", nullptr);
    fail_unless(made != nullptr);
    folder_ = made;
    g_free(made);
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Scratch(const Scratch&) = delete;
  std::string operator/(const std::string& name) const { return folder_ + "/" + name; }
  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      found.push_back(entry.path().filename().string());
    }
    std::sort(found.begin(), found.end());
    return found;
  }

 private:
  std::string folder_;
};

inline void write_text(const std::string& path, const std::string& text) {
  g_autoptr(GError) error = nullptr;
  g_file_set_contents(path.c_str(), text.data(), static_cast<gssize>(text.size()), &error);
  fail_unless(error == nullptr, "%s", error ? error->message : "");
}

struct Sound {
  int rate = 0, channels = 0;
  std::vector<double> samples;  // interleaved; every integer format is exact in them
  size_t frames() const { return channels ? samples.size() / channels : 0; }

  double rms(double from, double to) const {
    const auto begin = static_cast<size_t>(from * rate) * channels;
    const auto end = std::min(samples.size(), static_cast<size_t>(to * rate) * channels);
    double power = 0;
    for (size_t i = begin; i < end; ++i) power += samples[i] * samples[i];
    return end > begin ? std::sqrt(power / static_cast<double>(end - begin)) : 0;
  }
};

inline Sound read_sound(const std::string& path) {
  SF_INFO info = {};
  SNDFILE* file = sf_open(path.c_str(), SFM_READ, &info);
  fail_unless(file != nullptr, "%s: %s", path.c_str(), sf_strerror(nullptr));
  Sound sound;
  sound.rate = info.samplerate;
  sound.channels = info.channels;
  sound.samples.resize(static_cast<size_t>(info.frames) * info.channels);
  const sf_count_t n = sf_readf_double(file, sound.samples.data(), info.frames);
  fail_unless(n == info.frames, "%s ends early", path.c_str());
  sf_close(file);
  return sound;
}

struct Span {
  double begin, end;  // seconds
};

/// Stereo music of 16 bits with silence in the spans.
inline void write_damaged_music(const std::string& path, double seconds, int rate,
                                const std::vector<Span>& damage) {
  const auto size = static_cast<size_t>(seconds * rate);
  const std::vector<float> left = signals::music(size, 3, rate / 4, rate);
  const std::vector<float> right = signals::music(size, 8, rate / 4, rate);
  std::vector<float> both(2 * size);
  for (size_t i = 0; i < size; ++i) {
    const double t = static_cast<double>(i) / rate;
    const bool is_damaged = std::any_of(damage.begin(), damage.end(), [t](const Span& span) {
      return t >= span.begin && t < span.end;
    });
    both[2 * i] = is_damaged ? 0 : left[i];
    both[2 * i + 1] = is_damaged ? 0 : 0.7f * right[i] + 0.3f * left[i];
  }
  SF_INFO info = {};
  info.samplerate = rate;
  info.channels = 2;
  info.format = SF_FORMAT_WAV | SF_FORMAT_PCM_16;
  SNDFILE* file = sf_open(path.c_str(), SFM_WRITE, &info);
  fail_unless(file != nullptr, "%s: %s", path.c_str(), sf_strerror(nullptr));
  fail_unless(sf_writef_float(file, both.data(), static_cast<sf_count_t>(size)) ==
              static_cast<sf_count_t>(size));
  sf_close(file);
}

struct Report {
  std::string status, trigger, label, method, model, detail;
  std::vector<std::string> tried;  // methods of the candidates
  GstClockTime start = 0, stop = 0;
};

/// What the bus says of one pipeline.
struct Said {
  std::vector<Report> reports;
  std::vector<std::string> errors, warnings;
  bool is_eos = false;

  void note(GstMessage* message) {
    const GstMessageType type = GST_MESSAGE_TYPE(message);
    if (type == GST_MESSAGE_ERROR || type == GST_MESSAGE_WARNING) {
      g_autoptr(GError) error = nullptr;
      g_autofree gchar* detail = nullptr;
      if (type == GST_MESSAGE_ERROR) {
        gst_message_parse_error(message, &error, &detail);
      } else {
        gst_message_parse_warning(message, &error, &detail);
      }
      (type == GST_MESSAGE_ERROR ? errors : warnings)
          .push_back(std::string(error->message) + (detail ? std::string(" / ") + detail : ""));
    } else if (type == GST_MESSAGE_EOS) {
      is_eos = true;
    } else if (gst_heart_message_is_region(message)) {
      g_autoptr(GError) error = nullptr;
      g_autoptr(GstHeartReport) r = gst_heart_message_parse_region(message, &error);
      fail_unless(r != nullptr, "%s", error ? error->message : "");
      const GstStructure* s = gst_message_get_structure(message);
      const auto text = [&](const char* field) {
        const gchar* value = gst_structure_get_string(s, field);
        return std::string(value ? value : "");
      };
      Report report;
      report.status = text("status");
      report.trigger = text("trigger");
      report.label = text("label");
      report.method = text("method");
      report.model = text("model");
      report.detail = text("detail");
      report.start = r->region->start;
      report.stop = r->region->stop;
      for (guint i = 0; r->candidates && i < r->candidates->len; ++i) {
        auto* candidate = static_cast<GstStructure*>(g_ptr_array_index(r->candidates, i));
        report.tried.emplace_back(gst_structure_get_string(candidate, "method"));
      }
      reports.push_back(report);
    }
  }
  void expect_clean(const std::string& where) const {
    fail_unless(errors.empty(), "%s: %s", where.c_str(), errors.empty() ? "" : errors[0].c_str());
    fail_unless(is_eos, "%s: no EOS", where.c_str());
  }
};

/// A pipeline of a launch line, back in NULL at the end.
class Line {
 public:
  explicit Line(const std::string& text) : text_(text) {
    g_autoptr(GError) error = nullptr;
    pipeline_ = gst_parse_launch(text.c_str(), &error);
    fail_unless(pipeline_ != nullptr && error == nullptr, "%s: %s", text.c_str(),
                error ? error->message : "");
    bus_ = gst_element_get_bus(pipeline_);
  }
  ~Line() {
    gst_element_set_state(pipeline_, GST_STATE_NULL);
    gst_object_unref(bus_);
    gst_object_unref(pipeline_);
  }
  Line(const Line&) = delete;

  GstElement* pipeline() { return pipeline_; }
  GstElement* element(const char* name) {
    GstElement* found = gst_bin_get_by_name(GST_BIN(pipeline_), name);
    fail_unless(found != nullptr, "no %s in %s", name, text_.c_str());
    gst_object_unref(found);  // the pipeline holds it
    return found;
  }
  void set_state(GstState state) {
    if (gst_element_set_state(pipeline_, state) == GST_STATE_CHANGE_FAILURE) said_to_here();
  }
  /// Until the state is reached; the reason for a failure fails the test.
  void reach(GstState state) {
    set_state(state);
    const GstStateChangeReturn result =
        gst_element_get_state(pipeline_, nullptr, nullptr, GST_CLOCK_TIME_NONE);
    if (result == GST_STATE_CHANGE_FAILURE) {
      const Said said = said_to_here();
      fail("%s: %s", text_.c_str(), said.errors.empty() ? "?" : said.errors[0].c_str());
    }
  }
  /// What was said since the last time, without waiting.
  Said said_to_here() {
    Said said;
    while (GstMessage* message = gst_bus_pop(bus_)) {
      said.note(message);
      gst_message_unref(message);
    }
    return said;
  }
  /// Waits for EOS or an error.
  Said wait_for_end() {
    Said said;
    while (!said.is_eos && said.errors.empty()) {
      GstMessage* message = gst_bus_timed_pop(bus_, GST_CLOCK_TIME_NONE);
      said.note(message);
      gst_message_unref(message);
    }
    return said;
  }
  Said play() {
    gst_element_set_state(pipeline_, GST_STATE_PLAYING);
    return wait_for_end();
  }

 private:
  std::string text_;
  GstElement* pipeline_;
  GstBus* bus_;
};

inline bool is_there(const char* factory) {
  GstElementFactory* found = gst_element_factory_find(factory);
  if (found) gst_object_unref(found);
  return found != nullptr;
}

/// A kind of file, with the launch line that makes it and the element which that needs.
struct Kind {
  const char* name;
  const char* encoder;
  const char* chain;
  int rate;
  double smear;  // seconds around silence that coding and its delay fill or shift
};
constexpr Kind kKinds[] = {
    {"wav", "wavenc", "wavenc", 44100, 0},
    {"flac", "flacenc", "flacenc", 44100, 0},
    {"mp3", "lamemp3enc", "lamemp3enc target=bitrate bitrate=192 cbr=true", 44100, 0.06},
    {"opus", "opusenc", "opusenc bitrate=128000 ! oggmux", 48000, 0.02},
};

/// Makes damaged.NAME in `scratch`; false, with a word about it, where its encoder is not installed.
inline bool make_damaged(const Scratch& scratch, const Kind& kind, double seconds,
                         const std::vector<Span>& damage) {
  if (!is_there(kind.encoder)) {
    g_printerr("SKIP %s: no %s on this machine (examples/setup-debian.sh --tests installs it)\n",
               kind.name, kind.encoder);
    return false;
  }
  const std::string wav = scratch / "plain.wav";
  write_damaged_music(wav, seconds, kind.rate, damage);
  Line encode("filesrc location=" + wav + " ! wavparse ! audioconvert ! " + kind.chain +
              " ! filesink location=" + (scratch / ("damaged." + std::string(kind.name))));
  encode.play().expect_clean(kind.name);
  std::filesystem::remove(wav);
  return true;
}

/// Equal but within the spans, each widened by `seam` seconds.
inline void expect_same_outside(const Sound& wanted, const Sound& found,
                                const std::vector<Span>& spans, double seam,
                                const std::string& where) {
  fail_unless(found.rate == wanted.rate && found.channels == wanted.channels, "%s: %d Hz × %d",
              where.c_str(), found.rate, found.channels);
  fail_unless(found.frames() == wanted.frames(), "%s: %zu samples instead of %zu", where.c_str(),
              found.frames(), wanted.frames());
  for (size_t i = 0; i < wanted.samples.size(); ++i) {
    if (wanted.samples[i] == found.samples[i]) continue;
    const double t = static_cast<double>(i / wanted.channels) / wanted.rate;
    const bool is_inside = std::any_of(spans.begin(), spans.end(), [&](const Span& span) {
      return t >= span.begin - seam && t <= span.end + seam;
    });
    fail_unless(is_inside, "%s: the sample at %.6f s differs: %g instead of %g", where.c_str(), t,
                found.samples[i], wanted.samples[i]);
  }
}

#ifdef HEART_HAVE_MODULE
constexpr bool kHasModule = true;
#else
constexpr bool kHasModule = false;
#endif
/// The module and the tokenizer that it needs.
#ifdef HEART_HAVE_NETWORKS
constexpr bool kHasNetworks = true;
#else
constexpr bool kHasNetworks = false;
#endif

}  // namespace pipeline_test
