// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The glitch detector: damage that it must find to the sample, music that it must leave alone, and the
// same answer however the signal is cut.

#include "models/audio/glitch_detector.h"
#include "models/base/error.h"
#include "tests/unit/signals.h"

#include <glib.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace {

using heart::Glitch;
using heart::GlitchKind;
using heart::GlitchSettings;
using heart::Planes;

constexpr int kRate = 48000;

GlitchSettings all_finders() {
  GlitchSettings s;
  s.find_clicks = s.find_repeats = s.find_clipping = true;
  return s;
}

std::vector<Glitch> found_in(const Planes& audio, GlitchSettings s, size_t piece = 480) {
  s.channels = static_cast<int>(audio.size());
  heart::GlitchDetector detector(s);
  std::vector<Glitch> all;
  for (size_t at = 0; at < heart::length_of(audio); at += piece) {
    Planes part;
    for (const auto& plane : audio)
      part.emplace_back(plane.begin() + at, plane.begin() + std::min(plane.size(), at + piece));
    for (const Glitch& glitch : detector.push(part)) all.push_back(glitch);
  }
  for (const Glitch& glitch : detector.finish()) all.push_back(glitch);
  std::sort(all.begin(), all.end(), [](auto& a, auto& b) { return a.begin < b.begin; });
  return all;
}

/// Two channels of music, the second not quite the first, rounded to 16 bit as files are.
Planes stereo_music(size_t size, uint32_t seed = 7) {
  Planes audio{signals::music(size, seed), signals::music(size, seed + 1)};
  audio[1] = signals::sum(audio[1], audio[0]);
  for (auto& plane : audio)
    for (float& x : plane) x = std::round(x * 32767) / 32768;
  return audio;
}

void fill(Planes& audio, size_t begin, size_t end, float value) {
  for (auto& plane : audio) std::fill(plane.begin() + begin, plane.begin() + end, value);
}

void expect_one(const std::vector<Glitch>& found, GlitchKind kind, int64_t begin, int64_t end,
                int64_t tolerance = 0) {
  if (found.size() != 1 || found[0].kind != kind || std::abs(found[0].begin - begin) > tolerance ||
      std::abs(found[0].end - end) > tolerance) {
    GString* text = g_string_new(nullptr);
    for (const Glitch& g : found)
      g_string_append_printf(text, " %s %ld-%ld", heart::name_of(g.kind),
                             static_cast<long>(g.begin), static_cast<long>(g.end));
    g_error("wanted one %s %ld-%ld, found %zu:%s", heart::name_of(kind), static_cast<long>(begin),
            static_cast<long>(end), found.size(), text->str);
  }
  g_assert_true(found[0].confidence >= 0.5 && found[0].confidence <= 1.0);
}

// ---- constant runs --------------------------------------------------------------------------------

void dropouts_are_found_to_the_sample() {
  const size_t lengths[] = {480, 481, 4800, 48000, 168000};  // 10 ms … 3.5 s
  for (size_t length : lengths) {
    Planes audio = stereo_music(5 * kRate);
    fill(audio, 60000, 60000 + length, 0);
    // The samples at the edges may be 0 by chance and then belong to the run.
    expect_one(found_in(audio, GlitchSettings()), GlitchKind::kConstantRun, 60000, 60000 + length,
               2);
  }
}

void shorter_and_longer_runs_are_left() {
  for (size_t length : {size_t{470}, size_t{168100}}) {
    Planes audio = stereo_music(5 * kRate);
    fill(audio, 60000, 60000 + length, 0);
    g_assert_cmpuint(found_in(audio, GlitchSettings()).size(), ==, 0);
  }
}

void a_stuck_value_is_a_dropout_and_one_silent_channel_is_not() {
  Planes audio = stereo_music(3 * kRate);
  fill(audio, 60000, 62400, 0.125f);
  expect_one(found_in(audio, GlitchSettings()), GlitchKind::kConstantRun, 60000, 62400, 2);
  audio = stereo_music(3 * kRate);
  std::fill(audio[0].begin() + 60000, audio[0].begin() + 62400, 0.0f);
  g_assert_cmpuint(found_in(audio, GlitchSettings()).size(), ==, 0);
}

void rests_fades_and_the_ends_of_the_stream_are_left() {
  Planes audio = stereo_music(4 * kRate);
  for (auto& plane : audio) {
    for (size_t n = 0; n < 4800; ++n) {  // 100 ms fades around a rest of 0.5 s
      plane[60000 - 4800 + n] *= 1 - n / 4800.0f;
      plane[84000 + n] *= n / 4800.0f;
    }
  }
  fill(audio, 60000, 84000, 0);
  // A fade out, and an attack from silence: only one edge is abrupt.
  for (auto& plane : audio)
    for (size_t n = 0; n < 4800; ++n) plane[120000 - 4800 + n] *= 1 - n / 4800.0f;
  fill(audio, 120000, 130000, 0);
  fill(audio, 0, 5000, 0);                      // starts late
  fill(audio, 4 * kRate - 5000, 4 * kRate, 0);  // ends early
  for (auto& plane : audio)
    for (float& x : plane) x = std::round(x * 32768) / 32768;
  g_assert_cmpuint(found_in(audio, GlitchSettings()).size(), ==, 0);
}

void quiet_surroundings_are_left() {
  Planes audio = stereo_music(3 * kRate);
  for (auto& plane : audio)
    for (float& x : plane) x *= 0.02f;  // peaks below -30 dB
  fill(audio, 60000, 62400, 0);
  g_assert_cmpuint(found_in(audio, GlitchSettings()).size(), ==, 0);
  GlitchSettings lower;
  lower.min_edge_level_db = -70;
  g_assert_cmpuint(found_in(audio, lower).size(), ==, 1);
}

void square_waves_and_clipped_masters_are_left_by_default() {
  std::vector<float> square(3 * kRate);
  for (size_t n = 0; n < square.size(); ++n)
    square[n] = n / 600 % 2 ? 0.5f : -0.5f;  // 40 Hz: 12.5 ms
  g_assert_cmpuint(found_in({square}, GlitchSettings()).size(), ==, 0);
  Planes loud = stereo_music(3 * kRate);
  for (auto& plane : loud)
    for (float& x : plane) x = std::clamp(8 * x, -1.0f, 1.0f);
  g_assert_cmpuint(found_in(loud, GlitchSettings()).size(), ==, 0);
}

void bursts_of_dropouts_are_found_one_by_one() {
  Planes audio = stereo_music(3 * kRate);
  for (int i = 0; i < 10; ++i) fill(audio, 60000 + 1200 * i, 60000 + 1200 * i + 600, 0);
  g_assert_cmpuint(found_in(audio, GlitchSettings()).size(), ==, 10);
}

// ---- clicks, repeats, clipping --------------------------------------------------------------------

void clicks_are_found_where_they_are() {
  for (size_t width : {1, 2, 10, 40}) {
    Planes audio = stereo_music(3 * kRate);
    for (auto& plane : audio)
      for (size_t n = 0; n < width; ++n) plane[70000 + n] += n % 2 ? -0.5f : 0.5f;
    GlitchSettings s;
    s.find_clicks = true;
    // Extents may take in the 12 samples over which prediction recovers, and 2 more.
    expect_one(found_in(audio, s), GlitchKind::kClick, 70000, 70000 + width, 14);
    s.find_clicks = false;
    g_assert_cmpuint(found_in(audio, s).size(), ==, 0);
  }
}

void drum_hits_are_no_clicks() {
  Planes audio = stereo_music(4 * kRate);
  const std::vector<float> noise = signals::noise(4 * kRate, 3);
  for (size_t begin = 24000; begin + 9600 < noise.size(); begin += 24000) {
    for (auto& plane : audio)
      for (size_t n = 0; n < 9600; ++n)
        plane[begin + n] += 0.6f * noise[begin + n] * std::exp(-static_cast<float>(n) / 1200);
  }
  GlitchSettings s;
  s.find_clicks = true;
  g_assert_cmpuint(found_in(audio, s).size(), ==, 0);
}

void repeated_buffers_are_found_and_periodic_tones_are_not() {
  GlitchSettings s;
  s.find_constant_runs = false;
  s.find_repeats = true;
  const struct {
    size_t period, length;
  } rows[] = {{240, 240}, {1024, 1024}, {1024, 4000}, {480, 48000}};
  for (const auto& row : rows) {
    Planes audio = stereo_music(3 * kRate);
    for (auto& plane : audio)
      for (size_t n = 0; n < row.length; ++n) plane[60000 + n] = plane[60000 - row.period + n];
    expect_one(found_in(audio, s), GlitchKind::kRepeat, 60000, 60000 + row.length, 2);
  }
  // Bit-exact periods by construction: a sine and a saw of 480 Hz and 100 samples, gated.
  std::vector<float> sine(2 * kRate), saw(2 * kRate);
  for (size_t n = 0; n < sine.size(); ++n) {
    const size_t phase = n % 100;
    sine[n] = n < 20000 ? 0 : 0.5f * static_cast<float>(std::sin(2 * M_PI * phase / 100));
    saw[n] = n < 20000 ? 0 : 0.5f - phase / 100.0f;
  }
  g_assert_cmpuint(found_in({sine}, s).size(), ==, 0);
  g_assert_cmpuint(found_in({saw}, s).size(), ==, 0);
}

void clipping_is_reported_as_one_stretch() {
  Planes audio = stereo_music(3 * kRate);
  for (size_t n : {50000, 50010, 52000}) fill(audio, n, n + 5, 1.0f);
  fill(audio, 90000, 90003, 1.0f);  // three samples may be a peak
  GlitchSettings s;
  s.find_clipping = true;
  expect_one(found_in(audio, s), GlitchKind::kClipping, 50000, 52005);
}

// ---- all of them ----------------------------------------------------------------------------------

void undamaged_music_is_left_by_every_finder() {
  for (uint32_t seed = 1; seed <= 6; ++seed)
    g_assert_cmpuint(found_in(stereo_music(10 * kRate, seed), all_finders()).size(), ==, 0);
}

void the_answer_does_not_depend_on_how_the_signal_is_cut() {
  Planes audio = stereo_music(3 * kRate);
  fill(audio, 40000, 44800, 0);
  for (auto& plane : audio) plane[70000] += 0.5f;
  for (auto& plane : audio)
    for (size_t n = 0; n < 3000; ++n) plane[100000 + n] = plane[99000 + n];
  const std::vector<Glitch> wanted = found_in(audio, all_finders());
  g_assert_cmpuint(wanted.size(), >=, 3);  // the edges of a dropout are clicks, too
  for (size_t piece :
       {size_t{1}, size_t{7}, size_t{4095}, size_t{4096}, size_t{4097}, size_t{3} * kRate}) {
    const std::vector<Glitch> found = found_in(audio, all_finders(), piece);
    g_assert_cmpuint(found.size(), ==, wanted.size());
    for (size_t i = 0; i < wanted.size(); ++i) {
      g_assert_true(found[i].kind == wanted[i].kind);
      g_assert_cmpint(found[i].begin, ==, wanted[i].begin);
      g_assert_cmpint(found[i].end, ==, wanted[i].end);
      g_assert_cmpfloat(found[i].confidence, ==, wanted[i].confidence);
    }
  }
}

void a_report_is_not_later_than_promised() {
  GlitchSettings s = all_finders();
  Planes audio = stereo_music(3 * kRate);
  fill(audio, 40000, 44800, 0);
  heart::GlitchDetector detector(s);
  int64_t reported_at = -1;
  for (size_t n = 0; n < heart::length_of(audio) && reported_at < 0; n += 100) {
    Planes part;
    for (const auto& plane : audio) part.emplace_back(plane.begin() + n, plane.begin() + n + 100);
    if (!detector.push(part).empty()) reported_at = static_cast<int64_t>(n) + 100;
  }
  g_assert_cmpint(reported_at, >, 44800);
  g_assert_cmpint(reported_at, <=, 44800 + detector.delay_samples());
}

void odd_signals_and_rates_do_no_harm() {
  for (int rate : {8000, 11025, 192000}) {
    GlitchSettings s = all_finders();
    s.rate_hz = rate;
    g_assert_cmpuint(found_in({{}}, s).size(), ==, 0);
    g_assert_cmpuint(found_in({{0.5f}}, s).size(), ==, 0);
    g_assert_cmpuint(found_in(heart::make_planes(6, rate), s).size(), ==, 0);
    std::vector<float> broken = signals::noise(rate, 1, 0.5);
    for (size_t n = 0; n < broken.size(); n += 97) {
      broken[n] =
          n % 2 ? std::numeric_limits<float>::quiet_NaN() : std::numeric_limits<float>::infinity();
    }
    found_in({broken}, s);
  }
}

void another_number_of_channels_is_refused() {
  heart::GlitchDetector detector{GlitchSettings()};
  bool refused = false;
  try {
    detector.push(heart::make_planes(3, 10));
  } catch (const heart::Error& error) {
    refused = error.fault() == heart::Fault::kInput;
  }
  g_assert_true(refused);
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
#define ADD(claim) g_test_add_func("/glitch/" #claim, claim)
  ADD(dropouts_are_found_to_the_sample);
  ADD(shorter_and_longer_runs_are_left);
  ADD(a_stuck_value_is_a_dropout_and_one_silent_channel_is_not);
  ADD(rests_fades_and_the_ends_of_the_stream_are_left);
  ADD(quiet_surroundings_are_left);
  ADD(square_waves_and_clipped_masters_are_left_by_default);
  ADD(bursts_of_dropouts_are_found_one_by_one);
  ADD(clicks_are_found_where_they_are);
  ADD(drum_hits_are_no_clicks);
  ADD(repeated_buffers_are_found_and_periodic_tones_are_not);
  ADD(clipping_is_reported_as_one_stretch);
  ADD(undamaged_music_is_left_by_every_finder);
  ADD(the_answer_does_not_depend_on_how_the_signal_is_cut);
  ADD(a_report_is_not_later_than_promised);
  ADD(odd_signals_and_rates_do_no_harm);
  ADD(another_number_of_channels_is_refused);
  return g_test_run();
}
