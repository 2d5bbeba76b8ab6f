// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Metrics against numbers of an independent implementation (Python 3.11, numpy 2.4, scipy 1.17, on
// the very same signals: noise from seeds 1…3, tones as below, rounded to float), and by hand.

#include "models/audio/metrics.h"
#include "models/base/error.h"
#include "tests/unit/signals.h"

#include <glib.h>

#include <cmath>
#include <string>

namespace {

using heart::compare;
using heart::count_changed;
using heart::GapMetrics;
using heart::Planes;

constexpr int kRate = 48000;

Planes original() {
  Planes planes(2);
  const auto a = signals::noise(kRate, 1), b = signals::noise(kRate, 2);
  for (size_t n = 0; n < kRate; ++n) {
    const double t = static_cast<double>(n) / kRate;
    planes[0].push_back(static_cast<float>(0.3 * std::sin(2 * M_PI * 220 * t) +
                                           0.2 * std::sin(2 * M_PI * 1234.5 * t) + 0.05 * a[n]));
    planes[1].push_back(static_cast<float>(0.25 * std::sin(2 * M_PI * 330 * t) + 0.02 * b[n]));
  }
  return planes;
}

Planes repaired(const std::string& how, size_t begin, size_t end) {
  Planes planes = original();
  const auto tone = signals::tone(kRate, 550, 0.4, kRate, 1), noise = signals::noise(kRate, 3);
  for (size_t n = begin; n < end; ++n) {
    for (size_t c = 0; c < 2; ++c) {
      float& sample = planes[c][n];
      if (how == "silence") sample = 0;
      if (how == "half") sample *= 0.5f;
      if (how == "louder") sample *= 2;
      if (how == "other") sample = c == 0 ? tone[n] : 0.1f * noise[n];
    }
  }
  return planes;
}

struct Row {
  const char* name;
  const char* how;
  size_t begin, end;
  double wanted[12];  // snr lsd logmel chroma clicks edges level mid flat silent
  const char* flags;
};

// clang-format off
const Row kGolden[] = {
    {"5 ms", "silence", 20000, 20240, {0.0000, 6.4262, 3.4863, 0.0055, 0.7991, 8.2271, -86.8639, -86.8639, -86.8639, -87.3380, 0.0000, 1.0000}, "click jump dead"},
    {"5 ms", "half", 20000, 20240, {6.0206, 4.4937, 1.9759, 0.0009, -0.0135, 5.0926, -6.0206, -6.0206, -6.0206, -6.0206, 0.0000, 0.0000}, ""},
    {"5 ms", "other", 20000, 20240, {-1.9647, 8.4900, 5.7241, 0.0090, 12.4870, 13.5018, -0.8691, -0.8691, -0.8691, -1.4309, -17.5301, 0.0000}, "click tonal"},
    {"5 ms", "louder", 20000, 20240, {0.0000, 6.3862, 4.2943, 0.0043, 5.9231, 9.7330, 6.0206, 6.0206, 6.0206, 6.0206, 0.0000, 0.0000}, "click loud"},
    {"50 ms", "silence", 20001, 22401, {0.0000, 15.7851, 15.9938, 0.0445, 1.7110, 2.0746, -87.0228, -86.8397, -86.8903, -86.8846, 0.0000, 1.0000}, "jump dead hole"},
    {"50 ms", "half", 20001, 22401, {6.0206, 5.3350, 3.8972, 0.0038, 0.9109, 1.4917, -6.0206, -6.0206, -6.0206, -6.0206, 0.0000, 0.0000}, ""},
    {"50 ms", "other", 20001, 22401, {-2.6068, 14.8371, 7.7874, 0.1451, 6.4848, 3.3913, -0.8324, -0.6544, -0.6962, -0.7220, -25.6293, 0.0000}, "tonal"},
    {"50 ms", "louder", 20001, 22401, {0.0000, 6.4564, 5.5833, 0.0060, 1.4038, 1.1781, 6.0206, 6.0206, 6.0206, 6.0206, 0.0000, 0.0000}, "loud"},
    {"300 ms", "silence", 15000, 29400, {0.0000, 31.6105, 45.2607, 0.3677, 7.1497, 6.9769, -86.9822, -86.8858, -86.8704, -86.8679, 0.0000, 1.0000}, "jump dead hole"},
    {"300 ms", "half", 15000, 29400, {6.0206, 5.8100, 5.3359, 0.0020, 4.3150, 4.7202, -6.0206, -6.0206, -6.0206, -6.0206, 0.0000, 0.0000}, ""},
    {"300 ms", "other", 15000, 29400, {-2.6952, 24.7362, 9.3717, 0.5477, 7.7503, 2.3055, -0.7796, -0.6798, -0.6706, -0.6719, -25.6631, 0.0000}, "tonal"},
    {"300 ms", "louder", 15000, 29400, {0.0000, 6.1611, 5.8354, 0.0020, 4.7358, 4.3598, 6.0206, 6.0206, 6.0206, 6.0206, 0.0000, 0.0000}, "loud"},
};
// clang-format on

void metrics_agree_with_an_independent_implementation() {
  const char* names[] = {"snr",        "lsd",      "logmel", "chroma", "click start", "click end",
                         "edge start", "edge end", "level",  "mid",    "flat",        "silent"};
  for (const Row& row : kGolden) {
    const GapMetrics m =
        compare(original(), repaired(row.how, row.begin, row.end), row.begin, row.end, kRate);
    const double found[12] = {m.snr_db,         m.lsd_db,       m.logmel_db,     m.chroma,
                              m.click_start_db, m.click_end_db, m.edge_start_db, m.edge_end_db,
                              m.level_db,       m.mid_db,       m.flat_db,       m.silent};
    for (int i = 0; i < 12; ++i) {
      // 0.002 dB: the table has four digits, float rounding of a tone's samples moves the third.
      if (!(std::abs(found[i] - row.wanted[i]) < 2e-3)) {
        g_error("%s %s: %s is %.4f, wanted %.4f", row.name, row.how, names[i], found[i],
                row.wanted[i]);
      }
    }
    g_assert_cmpstr(m.flags(row.end - row.begin, kRate).c_str(), ==, row.flags);
  }
}

void an_exact_repair_is_120_db_and_has_no_flag() {
  for (size_t length : {1u, 47u, 48u, 240u, 2047u, 2048u, 2049u}) {
    const GapMetrics m = compare(original(), original(), 10000, 10000 + length, kRate);
    g_assert_cmpfloat(m.snr_db, ==, 120);
    g_assert_cmpfloat(m.lsd_db + m.logmel_db + m.click_db(), ==, 0);
    g_assert_cmpfloat(std::abs(m.chroma), <, 1e-12);
    g_assert_cmpstr(m.flags(length, kRate).c_str(), ==, "");
  }
}

void gaps_at_both_ends_of_a_file_are_measured() {
  for (auto [begin, end] : {std::pair<size_t, size_t>{0, 480}, {kRate - 480, kRate}, {0, kRate}}) {
    const GapMetrics m = compare(original(), repaired("half", begin, end), begin, end, kRate);
    g_assert_cmpfloat_with_epsilon(m.snr_db, 6.0206, 1e-3);
    g_assert_true(std::isfinite(m.lsd_db + m.logmel_db + m.chroma + m.click_db() + m.flat_db));
  }
}

void unequal_shapes_and_empty_spans_are_refused() {
  const Planes good = original();
  Planes mono = good, shorter = good;
  mono.pop_back();
  for (auto& plane : shorter) plane.pop_back();
  const auto refused = [&](const Planes& other, size_t begin, size_t end) {
    try {
      compare(good, other, begin, end, kRate);
    } catch (const heart::Error& error) {
      return error.fault() == heart::Fault::kInput;
    }
    return false;
  };
  g_assert_true(refused(mono, 10, 20));
  g_assert_true(refused(shorter, 10, 20));
  g_assert_true(refused(good, 10, 10));
  g_assert_true(refused(good, 10, kRate + 1));
}

void changed_samples_are_counted_beyond_the_margin_only() {
  const Planes before = original();
  Planes after = before;
  after[0][1000] += 0.1f;  // inside the gap
  after[1][980] += 0.1f;   // 20 samples before it
  after[0][1130] += 0.1f;  // 30 behind it, both channels: one frame
  after[1][1130] += 0.1f;
  const std::vector<std::pair<size_t, size_t>> spans = {{1000, 1101}};
  g_assert_cmpuint(count_changed(before, after, spans, 0), ==, 2);
  g_assert_cmpuint(count_changed(before, after, spans, 19), ==, 2);
  g_assert_cmpuint(count_changed(before, after, spans, 20), ==, 1);
  g_assert_cmpuint(count_changed(before, after, spans, 29), ==, 1);
  g_assert_cmpuint(count_changed(before, after, spans, 30), ==, 0);
}

void levels_are_those_of_full_scale() {
  const Planes sine = {signals::tone(kRate, 1000, 1)};
  g_assert_cmpfloat_with_epsilon(heart::level_dbfs(sine, 0, kRate), -3.0103, 1e-3);
  g_assert_cmpfloat(heart::level_dbfs({std::vector<float>(100)}, 0, 100), ==, -100);
  Planes step = {std::vector<float>(200, 0.1f)};
  std::fill(step[0].begin() + 100, step[0].end(), 0.2f);
  g_assert_cmpfloat_with_epsilon(heart::level_step_db(step, 100, 50), 6.0206, 1e-3);
  g_assert_cmpfloat(heart::level_step_db(step, 0, 50), ==, 0);
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/metrics/golden", metrics_agree_with_an_independent_implementation);
  g_test_add_func("/metrics/exact", an_exact_repair_is_120_db_and_has_no_flag);
  g_test_add_func("/metrics/ends", gaps_at_both_ends_of_a_file_are_measured);
  g_test_add_func("/metrics/refused", unequal_shapes_and_empty_spans_are_refused);
  g_test_add_func("/metrics/changed", changed_samples_are_counted_beyond_the_margin_only);
  g_test_add_func("/metrics/levels", levels_are_those_of_full_scale);
  return g_test_run();
}
