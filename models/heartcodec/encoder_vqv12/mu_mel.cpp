// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/heartcodec/encoder_vqv12/mu_mel.h"

#include "models/heartcodec/encoder_vqv12/mel.h"

namespace heart::vqv12 {

MuMel::MuMel(const MuConfig& config)
    : n_fft_(config.n_fft),
      hop_(config.hop),
      mean_(config.mean),
      std_(config.std),
      filters_(htk_filters(config.mels, config.n_fft, kRateHz)) {}

at::Tensor MuMel::forward(const at::Tensor& wave) const {
  const at::Tensor power = power_spectrogram(wave, n_fft_, hop_);        // [B, K, T]
  const at::Tensor mel = at::matmul(filters_.to(wave.device()), power);  // [B, mels, T]
  const at::Tensor decibels = mel.clamp_min(1e-10).log10() * 10;
  return ((decibels - mean_) / std_).slice(2, 0, wave.size(1) / kLatentSamples * 4);
}

}  // namespace heart::vqv12
