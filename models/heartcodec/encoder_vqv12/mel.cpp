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

}  // namespace

double mel_of_hz(double hz, MelScale scale) {
  if (scale == MelScale::kHtk) return 2595 * std::log10(1 + hz / 700);
  return hz < kBreakHz ? hz / kLinearHz : kBreakMel + std::log(hz / kBreakHz) / kLogStep;
}

double hz_of_mel(double mel, MelScale scale) {
  if (scale == MelScale::kHtk) return 700 * (std::pow(10, mel / 2595) - 1);
  return mel < kBreakMel ? mel * kLinearHz : kBreakHz * std::exp(kLogStep * (mel - kBreakMel));
}

at::Tensor mel_filters(int64_t mels, int64_t n_fft, double rate_hz, MelScale scale, bool by_area) {
  const int64_t bins = n_fft / 2 + 1;
  std::vector<double> edge(static_cast<size_t>(mels + 2));
  const double top = mel_of_hz(rate_hz / 2, scale);
  for (int64_t i = 0; i < mels + 2; ++i) {
    edge[static_cast<size_t>(i)] =
        hz_of_mel(top * static_cast<double>(i) / static_cast<double>(mels + 1), scale);
  }
  at::Tensor filters = at::zeros({mels, bins}, at::kFloat);
  auto value = filters.accessor<float, 2>();
  for (int64_t m = 0; m < mels; ++m) {
    const double low = edge[static_cast<size_t>(m)];
    const double centre = edge[static_cast<size_t>(m + 1)];
    const double high = edge[static_cast<size_t>(m + 2)];
    const double scale_to = by_area ? 2 / (high - low) : 1;
    for (int64_t k = 0; k < bins; ++k) {
      const double hz = rate_hz * static_cast<double>(k) / static_cast<double>(n_fft);
      const double rise = (hz - low) / (centre - low), fall = (high - hz) / (high - centre);
      value[m][k] = static_cast<float>(std::max(0.0, std::min(rise, fall)) * scale_to);
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
