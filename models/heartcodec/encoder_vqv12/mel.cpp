// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/heartcodec/encoder_vqv12/mel.h"

#include "models/base/error.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace heart::vqv12 {
namespace {

// Slaney's scale: 200/3 Hz per mel up to 1 kHz (mel 15), then a factor of 6.4 in 27 mels.
constexpr double kLinearHz = 200.0 / 3;
constexpr double kBreakHz = 1000;
constexpr double kBreakMel = kBreakHz / kLinearHz;
const double kLogStep = std::log(6.4) / 27;

// 0 … end in float32, rounded where torch.linspace rounds: once per value, from the nearer end.
std::vector<float> linspace(float end, int64_t n) {
  const float step = end / static_cast<float>(n - 1);
  std::vector<float> values(static_cast<size_t>(n));
  for (int64_t i = 0; i < n; ++i) {
    const double up = static_cast<double>(step) * static_cast<double>(i);
    const double down =
        static_cast<double>(end) - static_cast<double>(step) * static_cast<double>(n - 1 - i);
    values[static_cast<size_t>(i)] = static_cast<float>(i < n / 2 ? up : down);
  }
  return values;
}

}  // namespace

at::Tensor htk_filters(int64_t mels, int64_t n_fft, int64_t rate_hz) {
  const int64_t bins = n_fft / 2 + 1;
  const auto top_hz = static_cast<float>(rate_hz / 2);
  const double top = 2595 * std::log10(1 + static_cast<double>(rate_hz / 2) / 700);
  const std::vector<float> hz = linspace(top_hz, bins);
  std::vector<float> edge = linspace(static_cast<float>(top), mels + 2);
  for (float& e : edge) {
    const float power = static_cast<float>(std::pow(10.0, static_cast<double>(e / 2595.0f)));
    e = 700.0f * (power - 1.0f);
  }
  at::Tensor filters = at::zeros({mels, bins}, at::kFloat);
  auto value = filters.accessor<float, 2>();
  for (int64_t m = 0; m < mels; ++m) {
    const float* e = &edge[static_cast<size_t>(m)];
    for (int64_t k = 0; k < bins; ++k) {
      const float f = hz[static_cast<size_t>(k)];
      const float rise = (f - e[0]) / (e[1] - e[0]), fall = (e[2] - f) / (e[2] - e[1]);
      value[m][k] = std::max(0.0f, std::min(rise, fall));
    }
  }
  return filters;
}

double slaney_mel(double hz) {
  return hz < kBreakHz ? hz / kLinearHz : kBreakMel + std::log(hz / kBreakHz) / kLogStep;
}

double slaney_hz(double mel) {
  return mel < kBreakMel ? mel * kLinearHz : kBreakHz * std::exp(kLogStep * (mel - kBreakMel));
}

at::Tensor slaney_filters(int64_t mels, int64_t n_fft, int64_t rate_hz) {
  const int64_t bins = n_fft / 2 + 1;
  const double rate = static_cast<double>(rate_hz);
  const double top = slaney_mel(rate / 2);
  std::vector<double> edge(static_cast<size_t>(mels + 2));
  for (size_t i = 0; i < edge.size(); ++i) {
    edge[i] = slaney_hz(top * static_cast<double>(i) / static_cast<double>(mels + 1));
  }
  at::Tensor filters = at::zeros({mels, bins}, at::kFloat);
  auto value = filters.accessor<float, 2>();
  for (int64_t m = 0; m < mels; ++m) {
    const double* e = &edge[static_cast<size_t>(m)];
    for (int64_t k = 0; k < bins; ++k) {
      const double hz = rate * static_cast<double>(k) / static_cast<double>(n_fft);
      const double rise = (hz - e[0]) / (e[1] - e[0]), fall = (e[2] - hz) / (e[2] - e[1]);
      value[m][k] = static_cast<float>(std::max(0.0, std::min(rise, fall)) * 2 / (e[2] - e[0]));
    }
  }
  return filters;
}

at::Tensor power_spectrogram(const at::Tensor& wave, int64_t n_fft, int64_t hop) {
  const int64_t half = n_fft / 2;
  if (wave.dim() != 2 || wave.size(1) <= half) {
    throw Error(Fault::kInternal, "a spectrogram of " + std::to_string(n_fft) +
                                      " samples needs audio [B, S] of more than " +
                                      std::to_string(half) + " samples");
  }
  const int64_t frames = wave.size(1) / hop;
  const at::Tensor mirrored = at::reflection_pad1d(wave.unsqueeze(1), {half, half}).squeeze(1);
  const at::Tensor window = at::hann_window(n_fft, wave.options());              // periodic
  const at::Tensor framed = mirrored.unfold(1, n_fft, hop).slice(1, 0, frames);  // [B, T, n_fft]
  const at::Tensor spectrum = at::view_as_real(at::fft_rfft(framed * window));   // [B, T, K, 2]
  return spectrum.square().sum(-1).transpose(1, 2);                              // [B, K, T]
}

}  // namespace heart::vqv12
