// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/heartcodec/code_encoder.h"

#include "models/checkpoint/config.h"
#include "models/heartcodec/encoder_vqv12/encoder_vqv12.h"
#include "models/heartcodec/layers.h"
#include "models/heartcodec/light_encoder.h"

namespace heart::codec {
namespace {

// The released encoder, which takes one sound at a time, behind our interface.
class Vqv12CodeEncoder : public CodeEncoder {
 public:
  Vqv12CodeEncoder(const vqv12::Vqv12Config& config, const Parameters& scope)
      : encoder_(config, scope) {}

  at::Tensor features(const at::Tensor& audio, int64_t rate, const Cancel& cancel,
                      const Progress& progress) const override {
    expect_shape(audio, {-1, 2, -1}, "audio");
    const int64_t batch = audio.size(0);
    std::vector<at::Tensor> rows;
    for (int64_t b = 0; b < batch; ++b) {
      const auto part = [&](double share, const char* stage) {
        if (progress)
          progress((static_cast<double>(b) + share) / static_cast<double>(batch), stage);
      };
      rows.push_back(encoder_.forward(audio[b], rate, cancel, part));
    }
    return at::stack(rows);  // [B, T, D]
  }

 private:
  vqv12::Encoder encoder_;
};

std::string version_of(const Config& config) {
  return config.string_or("version", "vqv12");
}

}  // namespace

std::unique_ptr<CodeEncoder> make_code_encoder(const Config& config, const CodecConfig& codec,
                                               const Autoencoder& autoencoder,
                                               const Parameters& scope) {
  const std::string version = version_of(config);
  if (version == "light1")
    return std::make_unique<LightEncoder>(LightEncoderConfig::read(config), codec, autoencoder,
                                          scope);
  if (version != "vqv12") config.refuse("version", "is \"" + version + "\", known: vqv12, light1");
  const auto sizes = vqv12::Vqv12Config::read(config);
  if (sizes.query.dim != codec.dim)
    config.refuse("query", "has dim " + std::to_string(sizes.query.dim) + ", the codec's is " +
                               std::to_string(codec.dim) + "; mixed releases?");
  return std::make_unique<Vqv12CodeEncoder>(sizes, scope);
}

std::vector<std::string> encoder_ignorable(const Config& config) {
  return version_of(config) == "vqv12" ? vqv12::Encoder::ignorable(vqv12::Vqv12Config::read(config))
                                       : std::vector<std::string>{};
}

}  // namespace heart::codec
