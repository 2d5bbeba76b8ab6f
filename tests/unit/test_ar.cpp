// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Linear prediction and interpolation: the fast recursion against Burg's own filters, the Toeplitz
// solution against a dense one, signals that prediction must restore, and every edge of a context.

#include "models/audio/ar_interpolation.h"
#include "models/audio/fft.h"
#include "models/audio/linear_prediction.h"
#include "models/base/error.h"
#include "models/repair/ar_filler.h"
#include "tests/unit/signals.h"

#include <glib.h>

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <cmath>
#include <thread>

namespace {

using heart::Predictor;
using heart::Stretch;

std::vector<double> doubles(const std::vector<float>& x) {
  return {x.begin(), x.end()};
}
Stretch stretch(const std::vector<double>& x) {
  return {x.data(), x.size()};
}

// Burg's method as published: forward and backward errors of every stretch, filtered order by order.
std::vector<double> burg_by_filters(const std::vector<std::vector<double>>& stretches, int order) {
  std::vector<std::vector<double>> forward = stretches, backward = stretches;
  std::vector<double> a{1.0};
  for (int m = 0; m < order; ++m) {
    double numerator = 0, denominator = 0;
    for (size_t j = 0; j < stretches.size(); ++j) {
      for (size_t n = m + 1; n < stretches[j].size(); ++n) {
        numerator += forward[j][n] * backward[j][n - 1];
        denominator += forward[j][n] * forward[j][n] + backward[j][n - 1] * backward[j][n - 1];
      }
    }
    const double k = -2 * numerator / denominator;
    for (size_t j = 0; j < stretches.size(); ++j) {
      for (size_t n = stretches[j].size() - 1; n > static_cast<size_t>(m); --n) {
        const double f = forward[j][n], b = backward[j][n - 1];
        forward[j][n] = f + k * b;
        backward[j][n] = b + k * f;
      }
    }
    std::vector<double> next(a);
    next.push_back(0);
    for (size_t i = 1; i < next.size(); ++i) {
      next[i] += k * (i < a.size() + 1 ? a[a.size() - i] : 0);
    }
    a = next;
  }
  return a;
}

void fast_burg_equals_burg_by_filters() {
  const auto music = doubles(signals::music(3000, 3));
  const std::vector<double> one(music.begin(), music.begin() + 1200);
  const std::vector<double> two(music.begin() + 1500, music.end());
  struct Case {
    std::vector<std::vector<double>> stretches;
    int order;
  };
  const Case cases[] = {{{one}, 1},   {{one}, 2},       {{one}, 32},
                        {{one}, 300}, {{one, two}, 64}, {{two, one}, 200}};
  for (const Case& c : cases) {
    std::vector<Stretch> views;
    for (const auto& s : c.stretches) views.push_back(stretch(s));
    const Predictor fast = heart::fit_burg(views, c.order);
    const std::vector<double> slow = burg_by_filters(c.stretches, c.order);
    g_assert_cmpint(fast.order(), ==, c.order);
    for (int i = 0; i <= c.order; ++i) {
      // 1e-4: the noise floor of −100 dB that the fast recursion adds, seen through coefficients of
      // a size of some units.
      if (!(std::abs(fast.a[i] - slow[i]) < 1e-4)) {
        g_error("order %d, a[%d] = %.9f, wanted %.9f", c.order, i, fast.a[i], slow[i]);
      }
    }
    g_assert_cmpfloat(fast.gain, >=, 1);
  }
}

void predictor_of_nothing_predicts_nothing() {
  const std::vector<double> silence(100, 0.0), one(1, 0.5);
  g_assert_cmpint(heart::fit_burg({}, 8).order(), ==, 0);
  g_assert_cmpint(heart::fit_burg({stretch(silence)}, 8).order(), ==, 0);
  g_assert_cmpint(heart::fit_burg({stretch(one)}, 8).order(), ==, 0);
  g_assert_cmpint(heart::fit_burg({stretch(doubles(signals::noise(9, 1)))}, 8).order(), ==, 8);
  g_assert_cmpint(heart::fit_burg({stretch(doubles(signals::noise(8, 1)))}, 8).order(), ==, 7);
}

void extrapolation_continues_a_tone_both_ways() {
  const auto tone = doubles(signals::tone(6000, 441.3, 0.5));
  const std::vector<double> middle(tone.begin() + 1000, tone.begin() + 5000);
  const Predictor predictor = heart::fit_burg({stretch(middle)}, 32);
  const auto ahead = heart::extrapolate(predictor, stretch(middle), 500);
  const auto back = heart::extrapolate_backward(predictor, stretch(middle), 500);
  g_assert_cmpuint(ahead.size(), ==, 500);
  for (size_t n = 0; n < 500; ++n) {
    // 0.01 of 0.5: Burg's poles lie a little inside the circle.
    g_assert_cmpfloat(std::abs(ahead[n] - tone[5000 + n]), <, 0.01);
    g_assert_cmpfloat(std::abs(back[n] - tone[500 + n]), <, 0.01);
  }
  g_assert_cmpuint(heart::extrapolate(predictor, stretch(middle), 0).size(), ==, 0);
}

// The definition: minimise the squared prediction error over the unknown samples.
void least_squares_equals_a_dense_solution() {
  const auto music = doubles(signals::music(4000, 5));
  const size_t order = 40, begin = 2000;
  for (size_t count : {1u, 2u, 39u, 40u, 41u, 150u}) {
    const std::vector<double> left(music.begin(), music.begin() + begin);
    const std::vector<double> right(music.begin() + begin + count, music.end());
    const Predictor predictor = heart::fit_burg({stretch(left)}, order);
    const auto fast =
        heart::interpolate_least_squares(predictor, stretch(left), count, stretch(right));
    Eigen::MatrixXd errors = Eigen::MatrixXd::Zero(count + order, count);
    Eigen::VectorXd known = Eigen::VectorXd::Zero(count + order);
    for (size_t row = 0; row < count + order; ++row) {
      for (size_t k = 0; k <= order; ++k) {
        const long at = static_cast<long>(begin + row) - static_cast<long>(k);
        if (at >= static_cast<long>(begin) && at < static_cast<long>(begin + count)) {
          errors(row, at - static_cast<long>(begin)) = predictor.a[k];
        } else {
          known[row] += predictor.a[k] * music[at];
        }
      }
    }
    const Eigen::VectorXd dense =
        (errors.transpose() * errors).ldlt().solve(-errors.transpose() * known);
    for (size_t n = 0; n < count; ++n) {
      // 1e-5: the equations' condition, 1e8 for tones, times the last digits of a double.
      g_assert_cmpfloat(std::abs(fast[n] - dense[n]), <, 1e-5);
    }
  }
}

void correlation_by_transform_equals_the_sum() {
  const auto x = doubles(signals::noise(1000, 9));
  for (size_t size : {1u, 2u, 63u, 999u, 1000u}) {
    const auto fast = heart::correlate_valid(x.data(), x.size(), x.data() + 1000 - size, size);
    g_assert_cmpuint(fast.size(), ==, 1001 - size);
    for (size_t shift = 0; shift < fast.size(); shift += 7) {
      double sum = 0;
      for (size_t n = 0; n < size; ++n) sum += x[n + shift] * x[1000 - size + n];
      g_assert_cmpfloat(std::abs(fast[shift] - sum), <, 1e-9);
    }
  }
  g_assert_cmpuint(heart::correlate_valid(x.data(), 10, x.data(), 11).size(), ==, 0);
  g_assert_cmpuint(heart::correlate_valid(x.data(), 10, x.data(), 0).size(), ==, 0);
}

heart::Outcome<heart::Repair> fill(const heart::Gap& gap) {
  heart::ArFiller filler;
  return filler.fill(gap, heart::Cancel(), {});
}

void notes_are_restored() {
  // dB wanted: chosen bounds, not measurements; silence would score 0.
  const struct {
    size_t length;
    double wanted_db;
  } cases[] = {{240, 24}, {960, 20}, {2400, 14}};
  const heart::Planes music = {signals::music(96000, 1), signals::music(96000, 2)};
  for (const auto& c : cases) {
    const auto repair = fill(signals::cut(music, 54000, c.length));
    g_assert_true(static_cast<bool>(repair));
    g_assert_cmpuint(repair->audio.size(), ==, 2);
    for (size_t channel = 0; channel < 2; ++channel) {
      const auto& audio = repair->audio[channel];
      g_assert_cmpuint(audio.size(), ==, repair->lead + c.length + repair->tail);
      const double db =
          signals::snr_db(music[channel].data() + 54000, audio.data() + repair->lead, c.length);
      if (db < c.wanted_db) g_error("%zu samples: %.1f dB", c.length, db);
    }
  }
}

void every_length_and_context_gives_finite_audio() {
  const heart::Planes music = {signals::music(60000, 1)};
  for (size_t length : {0u, 1u, 2u, 47u, 7199u, 7200u, 7201u, 24000u}) {
    for (size_t context : {0u, 1u, 63u, 64u, 65u, 200u, 3000u, 18000u}) {
      for (int sides = 1; sides <= 3; ++sides) {
        heart::Gap gap = signals::cut(music, 18000, length, context);
        if (!(sides & 1)) gap.left[0].clear();
        if (!(sides & 2)) gap.right[0].clear();
        const auto repair = fill(gap);
        if (context < 64 && length > 0) {
          g_assert_false(static_cast<bool>(repair));
          g_assert_true(repair.failure().fault == heart::Fault::kInput);
          continue;
        }
        if (!repair && length > 0) g_error("%s", repair.failure().text.c_str());
        if (!repair) continue;
        g_assert_cmpuint(repair->audio[0].size(), ==, repair->lead + length + repair->tail);
        for (float sample : repair->audio[0]) {
          g_assert_true(std::isfinite(sample) && std::abs(sample) < 4);
        }
      }
    }
  }
}

void silence_beside_the_gap_stays_silence() {
  const heart::Planes silence = heart::make_planes(2, 48000);
  const auto repair = fill(signals::cut(silence, 24000, 960));
  g_assert_true(static_cast<bool>(repair));
  for (const auto& plane : repair->audio) {
    for (float sample : plane) g_assert_cmpfloat(std::abs(sample), <, 1e-6);
  }
}

void same_gap_gives_same_bits_on_every_thread() {
  const heart::Planes music = {signals::music(96000, 1), signals::music(96000, 2)};
  const heart::Gap gap = signals::cut(music, 54000, 960);
  const auto first = fill(gap);
  std::vector<heart::Planes> others(3);
  std::vector<std::thread> threads;
  for (auto& other : others) threads.emplace_back([&] { other = fill(gap)->audio; });
  for (auto& thread : threads) thread.join();
  for (const auto& other : others) g_assert_true(other == first->audio);
}

void raised_cancel_ends_the_fill() {
  heart::Cancel cancel;
  cancel.raise();
  heart::ArFiller filler;
  const heart::Planes music = {signals::music(96000, 1)};
  for (size_t length : {960u, 48000u / 4}) {
    const auto repair = filler.fill(signals::cut(music, 48000, length), cancel, {});
    g_assert_false(static_cast<bool>(repair));
    g_assert_true(repair.failure().fault == heart::Fault::kCancelled);
  }
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/ar/fast-burg", fast_burg_equals_burg_by_filters);
  g_test_add_func("/ar/nothing", predictor_of_nothing_predicts_nothing);
  g_test_add_func("/ar/extrapolation", extrapolation_continues_a_tone_both_ways);
  g_test_add_func("/ar/least-squares", least_squares_equals_a_dense_solution);
  g_test_add_func("/ar/correlation", correlation_by_transform_equals_the_sum);
  g_test_add_func("/ar/notes", notes_are_restored);
  g_test_add_func("/ar/edges", every_length_and_context_gives_finite_audio);
  g_test_add_func("/ar/silence", silence_beside_the_gap_stays_silence);
  g_test_add_func("/ar/deterministic", same_gap_gives_same_bits_on_every_thread);
  g_test_add_func("/ar/cancel", raised_cancel_ends_the_fill);
  return g_test_run();
}
