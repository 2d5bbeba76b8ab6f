// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/heartcodec/encoder_vqv12/feature_extractors.h"

#include "models/base/error.h"
#include "models/heartcodec/resample.h"

namespace heart::vqv12 {
namespace {

// The first 2·L rows at 50 Hz, averaged in pairs.   [1, T, D] -> [1, L, D]
at::Tensor halve_rate(const at::Tensor& x, int64_t latents) {
  return x.narrow(1, 0, 2 * latents).unflatten(1, {latents, 2}).mean(2);
}

at::Tensor side_by_side(const std::vector<at::Tensor>& channels) {
  return at::cat({channels.front(), channels.back()}, -1);  // [1, L, 2·D]
}

}  // namespace

FeatureExtractors::FeatureExtractors(const Vqv12Config& config, const Parameters& scope)
    : mu_(config.mu, scope["muencoder"]),
      wavlm_(config.wavlm, scope["wavlm_encoder"]),
      whisper_(config.whisper, scope["whisper_encoder"]) {}

Features FeatureExtractors::forward(const at::Tensor& chunk, const Cancel& cancel,
                                    const std::function<void()>& step) const {
  const int64_t latents = (chunk.size(-1) - kTailSamples) / kLatentSamples;
  if (chunk.dim() != 2 || chunk.size(0) < 1 || chunk.size(0) > 2 || latents < 1 ||
      latents * kLatentSamples + kTailSamples != chunk.size(1)) {
    throw Error(Fault::kInternal, "a chunk must be [1 or 2, 960·L + 240] samples");
  }
  std::vector<at::Tensor> acoustic, semantic, whisper, wavlm;
  const auto done = [&] {
    if (step) step();
    cancel.check();
  };
  for (const at::Tensor& channel : chunk.split(1, 0)) {  // [1, S]
    MuEncoder::Features mu = mu_.forward(channel.slice(1, 0, latents * kLatentSamples), cancel);
    acoustic.push_back(mu.acoustic);
    semantic.push_back(mu.semantic);
    done();
    const at::Tensor speech = resample(channel, kRateHz, kSpeechRateHz);
    whisper.push_back(halve_rate(whisper_.forward(speech, cancel), latents));
    done();
    wavlm.push_back(halve_rate(wavlm_.forward(speech, cancel), latents));
    done();
  }
  return {side_by_side(acoustic), side_by_side(semantic), side_by_side(whisper),
          side_by_side(wavlm)};
}

}  // namespace heart::vqv12
