// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The seam: what it may touch, what it must leave, and that no kind of repair makes it click.

#include "models/audio/metrics.h"
#include "models/repair/splice.h"
#include "tests/unit/signals.h"

#include <glib.h>

#include <cmath>
#include <limits>

namespace {

using heart::Gap;
using heart::Planes;
using heart::Repair;
using heart::Spliced;

constexpr int kRate = 48000;
constexpr size_t kBegin = 48000;

const Planes& music() {
  static const Planes planes = {signals::music(96000, 1), signals::music(96000, 2)};
  return planes;
}

// A repair whose audio is `source` over [begin − lead, begin + length + tail), moved by `shift`.
Repair repair_from(const Planes& source, size_t begin, size_t length, size_t lead, size_t tail,
                   int shift = 0) {
  Repair repair;
  repair.method = "test";
  repair.lead = lead;
  repair.tail = tail;
  for (const auto& plane : source) {
    const auto from = plane.begin() + static_cast<long>(begin - lead) + shift;
    repair.audio.emplace_back(from, from + static_cast<long>(lead + length + tail));
  }
  return repair;
}

// The stream with the joined repair put in.
Planes put_in(Planes stream, size_t begin, const Spliced& joined) {
  for (size_t c = 0; c < stream.size(); ++c) {
    std::copy(joined.audio[c].begin(), joined.audio[c].end(),
              stream[c].begin() + static_cast<long>(begin - joined.lead));
  }
  return stream;
}

void the_original_put_back_is_the_original() {
  for (size_t length : {1u, 100u, 2400u, 14400u}) {
    const Gap gap = signals::cut(music(), kBegin, length);
    const Spliced joined = splice(gap, repair_from(music(), kBegin, length, 1440, 1440));
    g_assert_cmpint(joined.lag_samples, ==, 0);
    g_assert_cmpfloat(joined.level_left_db, ==, 0);
    const Planes stream = put_in(music(), kBegin, joined);
    for (size_t c = 0; c < 2; ++c) {
      for (size_t n = 0; n < stream[c].size(); ++n) {
        // 1e-6: the fades' gains add up to one but for rounding.
        g_assert_cmpfloat(std::abs(stream[c][n] - music()[c][n]), <, 1e-6);
      }
      if (length > 1) break;  // every sample of one channel is enough for the long ones
    }
  }
}

void seams_touch_no_more_than_they_say_and_may() {
  const Planes other = {signals::music(96000, 7), signals::music(96000, 8)};
  const struct {
    size_t crossfade;
    double most_ms;
    size_t wanted;
  } cases[] = {{4800, 19, 960}, {4800, 100, 4800}, {240, 19, 240}, {1, 19, 1}, {0, 19, 1}};
  for (const auto& c : cases) {
    Gap gap = signals::cut(music(), kBegin, 4800);
    gap.crossfade_samples = c.crossfade;
    heart::SpliceOptions options;
    options.max_fade_ms = c.most_ms;
    const Spliced joined = splice(gap, repair_from(other, kBegin, 4800, 6000, 6000), options);
    g_assert_cmpuint(joined.lead, <=, c.wanted);
    g_assert_cmpuint(joined.tail, <=, c.wanted);
    g_assert_cmpuint(joined.audio[0].size(), ==, joined.lead + 4800 + joined.tail);
    if (c.crossfade >= 240) g_assert_cmpuint(joined.lead, >, 100);
    // The fade begins at the programme and is continuous with it.
    if (joined.lead > 48) {
      g_assert_cmpfloat(std::abs(joined.audio[0][0] - music()[0][kBegin - joined.lead]), <, 1e-3);
    }
  }
}

void agreeing_repairs_get_short_fades() {
  const Gap gap = signals::cut(music(), kBegin, 4800);
  const Spliced same = splice(gap, repair_from(music(), kBegin, 4800, 1440, 1440));
  const Planes other = {signals::noise(96000, 5, 0.1), signals::noise(96000, 6, 0.1)};
  const Spliced different = splice(gap, repair_from(other, kBegin, 4800, 1440, 1440));
  g_assert_cmpfloat(same.agreement_left, >, 0.999);
  g_assert_cmpfloat(std::abs(different.agreement_left), <, 0.3);
  g_assert_cmpuint(same.lead, <=, 240);       // 5 ms
  g_assert_cmpuint(different.lead, >=, 720);  // 15 ms
}

void one_lag_serves_both_edges_and_all_channels() {
  for (int shift : {-240, -100, -1, 1, 33, 240}) {
    const Gap gap = signals::cut(music(), kBegin, 4800);
    const Spliced joined = splice(gap, repair_from(music(), kBegin, 4800, 1440, 1440, shift));
    // Below a tenth of the shortest period the shift is not worth the move.
    if (std::abs(shift) == 1) {
      g_assert_cmpint(std::abs(joined.lag_samples), <=, 1);
      continue;
    }
    g_assert_cmpint(joined.lag_samples, ==, -shift);
    for (size_t c = 0; c < 2; ++c) {
      g_assert_cmpfloat(
          signals::snr_db(music()[c].data() + kBegin, joined.audio[c].data() + joined.lead, 4800),
          >, 40);
    }
  }
  // Beyond the limit nothing is moved further than it.
  const Gap gap = signals::cut(music(), kBegin, 4800);
  const Spliced far = splice(gap, repair_from(music(), kBegin, 4800, 1440, 1440, 700));
  g_assert_cmpint(std::abs(far.lag_samples), <=, 240);
}

void levels_are_matched_within_the_limit() {
  const struct {
    double given_db, wanted_left_db;
  } cases[] = {{-6, 6}, {6, -6}, {-20, 12}, {0, 0}, {-0.3, 0}};
  for (const auto& c : cases) {
    const Gap gap = signals::cut(music(), kBegin, 4800);
    Repair repair = repair_from(music(), kBegin, 4800, 1440, 1440);
    for (auto& plane : repair.audio) {
      for (float& sample : plane) sample *= static_cast<float>(std::pow(10, c.given_db / 20));
    }
    const Spliced joined = splice(gap, repair);
    // 0.2 dB: gains are measured in bands with a floor.
    g_assert_cmpfloat_with_epsilon(joined.level_left_db, c.wanted_left_db, 0.2);
    g_assert_cmpfloat_with_epsilon(joined.level_right_db, c.wanted_left_db, 0.2);
    const double off = heart::level_dbfs(joined.audio, joined.lead, joined.lead + 4800) -
                       heart::level_dbfs(music(), kBegin, kBegin + 4800);
    const double left_over = std::abs(c.given_db) > 12 ? c.given_db + 12 : 0;
    g_assert_cmpfloat_with_epsilon(off, left_over, 1.0);
  }
}

void no_repair_clicks() {
  const Planes other = {signals::music(96000, 7), signals::music(96000, 8)};
  const Planes hiss = {signals::noise(96000, 3, 0.05), signals::noise(96000, 4, 0.05)};
  Planes offset = music();
  for (auto& plane : offset) {
    for (float& sample : plane) sample += 0.3f;
  }
  const Planes* sources[] = {&other, &hiss, &offset};
  for (const Planes* source : sources) {
    for (size_t margin : {0u, 24u, 480u, 1440u}) {
      for (size_t length : {2400u, 14400u}) {
        const Gap gap = signals::cut(music(), kBegin, length);
        const Spliced joined = splice(gap, repair_from(*source, kBegin, length, margin, margin));
        const Planes stream = put_in(music(), kBegin, joined);
        const heart::GapMetrics m = heart::compare(music(), stream, kBegin, kBegin + length, kRate);
        // 8 dB is where a click is flagged; the same cut without a seam reads above.
        if (m.click_db() > 8) {
          g_error("margin %zu, length %zu: click %.1f dB", margin, length, m.click_db());
        }
      }
    }
  }
}

void a_perfect_repair_without_context_is_left_alone() {
  const Gap gap = signals::cut(music(), kBegin, 2400);
  const Spliced joined = splice(gap, repair_from(music(), kBegin, 2400, 0, 0));
  g_assert_cmpuint(joined.lead + joined.tail, ==, 0);
  for (size_t n = 0; n < 2400; ++n) {
    g_assert_cmpfloat(joined.audio[0][n], ==, music()[0][kBegin + n]);
  }
}

void open_ends_stay_open() {
  for (bool at_start : {true, false}) {
    Gap gap = signals::cut(music(), kBegin, 2400);
    (at_start ? gap.left : gap.right) = Planes(2);
    const Spliced joined = splice(gap, repair_from(music(), kBegin, 2400, 480, 480));
    g_assert_cmpuint(at_start ? joined.lead : joined.tail, ==, 0);
    g_assert_cmpuint(at_start ? joined.tail : joined.lead, >, 0);
    g_assert_cmpuint(joined.audio[0].size(), ==, joined.lead + 2400 + joined.tail);
  }
  Gap alone;
  alone.length = 100;
  alone.left = alone.right = Planes(1);
  const Spliced joined = splice(alone, repair_from({signals::noise(100, 1)}, 0, 100, 0, 0));
  g_assert_cmpuint(joined.audio[0].size(), ==, 100);
}

void short_contexts_shorten_the_fade() {
  for (size_t context : {0u, 1u, 23u, 24u, 72u, 100u, 720u}) {
    const Gap gap = signals::cut(music(), kBegin, 2400, context);
    const Spliced joined = splice(gap, repair_from(music(), kBegin, 2400, 1440, 1440));
    g_assert_cmpuint(joined.lead, <=, context);
    g_assert_cmpuint(joined.tail, <=, context);
    for (float sample : joined.audio[1]) g_assert_true(std::isfinite(sample));
  }
}

void result_is_finite_and_within_full_scale() {
  const Gap gap = signals::cut(music(), kBegin, 2400);
  Repair repair = repair_from(music(), kBegin, 2400, 480, 480);
  for (auto& plane : repair.audio) {
    for (size_t n = 0; n < plane.size(); ++n) plane[n] *= 20;
    plane[1000] = std::numeric_limits<float>::quiet_NaN();
    plane[1001] = std::numeric_limits<float>::infinity();
  }
  const Spliced joined = splice(gap, repair);
  for (const auto& plane : joined.audio) {
    for (float sample : plane) g_assert_true(std::isfinite(sample) && std::abs(sample) <= 1);
  }
  // A programme above full scale may be continued as loudly as it is.
  Gap hot = gap;
  hot.left[0][0] = 1.5f;
  const Spliced loud = splice(hot, repair);
  float peak = 0;
  for (float sample : loud.audio[0]) peak = std::max(peak, std::abs(sample));
  g_assert_cmpfloat(peak, <=, 1.5f);
}

void shapes_that_do_not_fit_are_refused() {
  const Gap gap = signals::cut(music(), kBegin, 2400);
  Repair mono = repair_from({music()[0]}, kBegin, 2400, 0, 0);
  Repair longer = repair_from(music(), kBegin, 2401, 0, 0);
  for (const Repair* repair : {&mono, &longer}) {
    bool is_refused = false;
    try {
      splice(gap, *repair);
    } catch (const heart::Error& error) {
      is_refused = error.fault() == heart::Fault::kInput;
    }
    g_assert_true(is_refused);
  }
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/splice/original", the_original_put_back_is_the_original);
  g_test_add_func("/splice/reach", seams_touch_no_more_than_they_say_and_may);
  g_test_add_func("/splice/fade", agreeing_repairs_get_short_fades);
  g_test_add_func("/splice/lag", one_lag_serves_both_edges_and_all_channels);
  g_test_add_func("/splice/level", levels_are_matched_within_the_limit);
  g_test_add_func("/splice/click", no_repair_clicks);
  g_test_add_func("/splice/alone", a_perfect_repair_without_context_is_left_alone);
  g_test_add_func("/splice/open", open_ends_stay_open);
  g_test_add_func("/splice/short", short_contexts_shorten_the_fade);
  g_test_add_func("/splice/finite", result_is_finite_and_within_full_scale);
  g_test_add_func("/splice/refused", shapes_that_do_not_fit_are_refused);
  return g_test_run();
}
