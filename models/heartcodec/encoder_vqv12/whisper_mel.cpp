// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/heartcodec/encoder_vqv12/whisper_mel.h"

#include "models/heartcodec/encoder_vqv12/mel.h"

namespace heart::vqv12 {
namespace {

constexpr int64_t kFft = 400;
constexpr int64_t kHop = 160;

}  // namespace

WhisperMel::WhisperMel(const WhisperConfig& config)
    : samples_(config.positions * 2 * kHop),
      filters_(slaney_filters(config.mels, kFft, kSpeechRateHz)) {}

at::Tensor WhisperMel::forward(const at::Tensor& wave) const {
  const at::Tensor whole =
      at::constant_pad_nd(wave, {0, samples_ - wave.size(1)});           // may be negative
  const at::Tensor power = power_spectrogram(whole, kFft, kHop);         // [B, 201, T]
  const at::Tensor mel = at::matmul(filters_.to(wave.device()), power);  // [B, mels, T]
  const at::Tensor logs = mel.clamp_min(1e-10).log10();
  const at::Tensor floor = logs.amax({1, 2}, /*keepdim=*/true) - 8;  // [B, 1, 1]
  return (at::maximum(logs, floor) + 4) / 4;
}

}  // namespace heart::vqv12
