// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/heartcodec/encoder_vqv12/encoder_vqv12.h"

#include "models/base/error.h"
#include "models/heartcodec/resample.h"

#include <algorithm>
#include <cmath>

namespace heart::vqv12 {

Encoder::Encoder(const Vqv12Config& config, const Parameters& scope)
    : config_(config),
      extractors_(config, scope["feature_extractors"]),
      query_(config, scope["query"]) {}

std::vector<std::string> Encoder::ignorable(const Vqv12Config& config) {
  std::vector<std::string> names = {
      "*.num_batches_tracked",
      "*.inv_freq",
      "*.masked_spec_embed",
      "feature_extractors.muencoder.preprocessor_melspec_2048.*",
      "feature_extractors.muencoder.conformer.pos_conv_embed.*",
  };
  if (config.mu.conformer.layers > MuEncoder::kSemanticLayer) {
    names.push_back("feature_extractors.muencoder.conformer.layer_norm.*");
  }
  for (int64_t i = MuEncoder::kSemanticLayer; i < config.mu.conformer.layers; ++i) {
    names.push_back("feature_extractors.muencoder.conformer.layers." + std::to_string(i) + ".*");
  }
  for (int64_t i = WavLmEncoder::kLastLayer; i < config.wavlm.layers; ++i) {
    names.push_back("feature_extractors.wavlm_encoder.encoder.layers." + std::to_string(i) + ".*");
  }
  return names;
}

int64_t Encoder::frames_of(int64_t samples) const {
  const int64_t chunks = (samples + config_.chunk_samples - 1) / config_.chunk_samples;
  const int64_t code_samples = kLatentSamples * config_.query.interval;
  // In doubles and in this order, as upstream: at some exact multiples (29 codes, 57, 58, …) the product
  // falls just short of a whole number, and the extra frame is not there.
  const double rate = static_cast<double>(kRateHz) / static_cast<double>(code_samples);
  const double fit = static_cast<double>(samples) / static_cast<double>(kRateHz) * rate;
  return std::min(static_cast<int64_t>(std::floor(fit)) + 1,
                  config_.chunk_samples / code_samples * chunks);
}

at::Tensor Encoder::forward(const at::Tensor& wave, int64_t rate_hz, const Cancel& cancel,
                            const Progress& progress) const {
  if (wave.dim() != 2 || wave.size(0) < 1 || wave.size(0) > 2 || wave.size(1) < 1) {
    throw Error(Fault::kInput,
                "the encoder wants one or two channels of at least one sample; "
                "encode other channels in pairs");
  }
  const bool is_mono = wave.size(0) == 1 || at::equal(wave[0], wave[1]);
  const at::Tensor sound =
      resample((is_mono ? wave.slice(0, 0, 1) : wave).to(query_.device(), at::kFloat), rate_hz,
               kRateHz);  // [A, S]
  const int64_t samples = sound.size(1), chunk = config_.chunk_samples;
  const int64_t chunks = (samples + chunk - 1) / chunk;
  const int64_t steps = chunks * (FeatureExtractors::kStepsPerChannel * sound.size(0) + 1);
  int64_t done = 0;
  const auto step = [&] {
    ++done;
    if (progress) progress(static_cast<double>(done) / static_cast<double>(steps), "encode");
  };

  std::vector<at::Tensor> vectors;
  for (int64_t begin = 0; begin < samples; begin += chunk) {
    cancel.check();
    const at::Tensor part = sound.slice(1, begin, std::min(samples, begin + chunk));
    // The tail is silence even where the next chunk has sound, as in training.
    const at::Tensor padded =
        at::constant_pad_nd(part, {0, chunk - part.size(1) + kTailSamples});          // [A, S]
    const at::Tensor fused = query_.fuse(extractors_.forward(padded, cancel, step));  // [1, L, D]
    vectors.push_back(query_.forward(fused, cancel).squeeze(0));                      // [T, D]
    step();
  }
  return at::cat(vectors, 0).slice(0, 0, frames_of(samples));
}

at::Tensor Encoder::features(const at::Tensor& audio, int64_t rate_hz, const Cancel& cancel,
                             const Progress& progress) const {
  if (audio.dim() != 3 || audio.size(0) < 1) {
    throw Error(Fault::kInput, "the encoder wants audio as [B, A, S] with B of at least 1");
  }
  const auto batch = static_cast<double>(audio.size(0));
  std::vector<at::Tensor> rows;
  for (const at::Tensor& one : audio.unbind(0)) {  // [A, S]
    const auto before = static_cast<double>(rows.size());
    rows.push_back(forward(one, rate_hz, cancel, [&](double share, const char* stage) {
      if (progress) progress((before + share) / batch, stage);
    }));
  }
  return at::stack(rows);  // [B, T, D]
}

std::unique_ptr<codec::CodeEncoder> make_encoder(const Config& config,
                                                 const codec::CodecConfig& codec,
                                                 const Parameters& scope) {
  const Vqv12Config sizes = Vqv12Config::read(config);
  if (sizes.query.dim != codec.dim) {
    config.refuse("query.dim", "is " + std::to_string(sizes.query.dim) + ", the codec's dim is " +
                                   std::to_string(codec.dim) + "; an encoder of another codec?");
  }
  return std::make_unique<Encoder>(sizes, scope);
}

}  // namespace heart::vqv12
