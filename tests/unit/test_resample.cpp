// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The resampler: values worked out here from the formula in doubles, lengths at the edges, and the
// two ways of computing it against each other. (The reference's own numbers: case
// encoder-resample.)

#include "models/base/error.h"
#include "models/heartcodec/resample.h"

#include <glib.h>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <cmath>
#include <functional>
#include <vector>

namespace {

using heart::resample;
using heart::ResampleOptions;

// Output `n` by the definition: a Hann-windowed sinc around input position n·from/to, in doubles.
double by_definition(const std::vector<double>& x, int64_t n, double from, double to, double width,
                     double rolloff) {
  const double cutoff =
      std::min(from, to) * rolloff / from;  // in cycles of the sinc per input sample
  double sum = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    const double t = (static_cast<double>(i) - static_cast<double>(n) * from / to) * cutoff;
    if (std::fabs(t) >= width) continue;
    const double sinc = t == 0 ? 1 : std::sin(M_PI * t) / (M_PI * t);
    const double window = std::cos(M_PI * t / width / 2);
    sum += x[i] * sinc * window * window * cutoff;
  }
  return sum;
}

std::vector<double> noise(int64_t n) {
  std::vector<double> x(static_cast<size_t>(n));
  uint32_t state = 12345;
  for (double& v : x) {
    state = state * 1664525u + 1013904223u;
    v = static_cast<double>(state >> 8) / (1 << 23) - 1;
  }
  return x;
}

at::Tensor floats(const std::vector<double>& x) {
  at::Tensor t = at::empty({static_cast<int64_t>(x.size())}, at::kDouble);
  std::copy(x.begin(), x.end(), t.data_ptr<double>());
  return t.to(at::kFloat);
}

void values_follow_the_definition() {
  struct Row {
    int64_t from, to, width;
    int64_t samples;
  };
  const Row rows[] = {
      {24000, 16000, 6, 301}, {48000, 24000, 6, 300},  {44100, 24000, 6, 500},
      {24000, 48000, 6, 50},  {44100, 48000, 32, 400}, {48000, 44100, 32, 400},
      {8000, 192000, 6, 20},  {44101, 48000, 6, 700},  {48000, 44101, 16, 700},
      {47999, 24000, 6, 900},
  };
  for (const Row& row : rows) {
    const std::vector<double> x = noise(row.samples);
    ResampleOptions options;
    options.lowpass_width = row.width;
    const at::Tensor y = resample(floats(x), row.from, row.to, options);
    g_assert_cmpint(y.size(0), ==, heart::resampled_length(row.samples, row.from, row.to));
    double worst = 0;
    for (int64_t n = 0; n < y.size(0); ++n) {
      const double want =
          by_definition(x, n, static_cast<double>(row.from), static_cast<double>(row.to),
                        static_cast<double>(row.width), 0.99);
      worst = std::max(worst, std::fabs(want - static_cast<double>(y.data_ptr<float>()[n])));
    }
    // float32 positions around 1 times a base frequency of up to 160 (others: exact): 1e-5 of a
    // sample.
    if (worst > 3e-5) g_test_message("%ld -> %ld", row.from, row.to);
    g_assert_cmpfloat(worst, <=, 3e-5);
  }
}

void lengths_round_up_at_every_edge() {
  struct Row {
    int64_t samples, from, to, want;
  };
  const Row rows[] = {
      {0, 24000, 16000, 0},
      {1, 24000, 16000, 1},
      {2, 24000, 16000, 2},
      {3, 24000, 16000, 2},
      {4, 24000, 16000, 3},
      {1, 192000, 8000, 1},
      {24, 192000, 8000, 1},
      {25, 192000, 8000, 2},
      {1, 8000, 192000, 24},
      {147, 44100, 48000, 160},
      {146, 44100, 48000, 159},
      {148, 44100, 48000, 162},
      {1, 44101, 48000, 2},
      {44101, 44101, 48000, 48000},
      {44100, 44101, 48000, 47999},
      // Beyond the 24 bits of a float, where torchaudio's own length rounds.
      {100000001, 24000, 16000, 66666668},
  };
  for (const Row& row : rows) {
    g_assert_cmpint(heart::resampled_length(row.samples, row.from, row.to), ==, row.want);
    if (row.samples > 1000000) continue;
    const at::Tensor y = resample(at::ones({row.samples}), row.from, row.to);
    g_assert_cmpint(y.size(0), ==, row.want);
  }
}

void leading_dimensions_stay_and_do_not_mix() {
  const at::Tensor x = at::randn({2, 3, 500});
  for (const int64_t to : {32000, 44101}) {
    const at::Tensor y = resample(x, 48000, to);
    g_assert_true(y.sizes() == at::IntArrayRef({2, 3, heart::resampled_length(500, 48000, to)}));
    g_assert_true(at::allclose(y[1][2], resample(x[1][2], 48000, to), 1e-5, 1e-6));
  }
}

void equal_rates_return_the_same_tensor() {
  const at::Tensor x = at::randn({2, 5});
  g_assert_true(resample(x, 44100, 44100).is_same(x));
}

void a_sine_keeps_its_frequency_and_level() {
  // 1 kHz from 44.1 to 48 kHz, looked at away from the ends.
  const at::Tensor time = at::arange(0, 8820, at::kDouble);
  const at::Tensor x = at::sin(time * (2 * M_PI * 1000 / 44100)).to(at::kFloat);
  ResampleOptions wide;
  wide.lowpass_width = 64;
  const at::Tensor y = resample(x, 44100, 48000, wide);
  const at::Tensor want =
      at::sin(at::arange(0, y.size(0), at::kDouble) * (2 * M_PI * 1000 / 48000));
  const at::Tensor error = (y.to(at::kDouble) - want).slice(0, 500, y.size(0) - 500).abs().max();
  g_assert_cmpfloat(error.item<double>(), <, 1e-4);  // ripple of a Hann window, 80 dB down
}

void gradients_reach_the_wave() {
  at::Tensor x = at::randn({200}).set_requires_grad(true);
  {
    c10::InferenceMode inference;  // the filter is cached by whoever comes first
    resample(at::randn({200}), 48000, 36000);
  }
  resample(x, 48000, 36000).sum().backward();
  g_assert_true(x.grad().defined() && x.grad().abs().sum().item<double>() > 0);
}

void impossible_requests_are_refused() {
  const at::Tensor x = at::randn({10});
  ResampleOptions flat;
  flat.lowpass_width = 0;
  ResampleOptions over;
  over.rolloff = 1.5;
  const std::vector<std::function<void()>> calls = {
      [&] { resample(x, 0, 48000); },           [&] { resample(x, 48000, -1); },
      [&] { resample(x, 48000, 24000, flat); }, [&] { resample(x, 48000, 24000, over); },
      [&] { resample(x[0], 48000, 24000); },
  };
  for (const auto& call : calls) {
    bool refused = false;
    try {
      call();
    } catch (const heart::Error& error) {
      refused = error.fault() == heart::Fault::kInput;
    }
    g_assert_true(refused);
  }
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  at::manual_seed(7);
  g_test_add_func("/resample/values_follow_the_definition", values_follow_the_definition);
  g_test_add_func("/resample/lengths_round_up_at_every_edge", lengths_round_up_at_every_edge);
  g_test_add_func("/resample/leading_dimensions_stay", leading_dimensions_stay_and_do_not_mix);
  g_test_add_func("/resample/equal_rates_return_the_same_tensor",
                  equal_rates_return_the_same_tensor);
  g_test_add_func("/resample/a_sine_keeps_its_frequency_and_level",
                  a_sine_keeps_its_frequency_and_level);
  g_test_add_func("/resample/gradients_reach_the_wave", gradients_reach_the_wave);
  g_test_add_func("/resample/impossible_requests_are_refused", impossible_requests_are_refused);
  return g_test_run();
}
