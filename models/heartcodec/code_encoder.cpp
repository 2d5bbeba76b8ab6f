// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/heartcodec/code_encoder.h"

#include "models/checkpoint/config.h"
#include "models/heartcodec/encoder_vqv12/encoder_vqv12.h"
#include "models/heartcodec/light_encoder.h"

namespace heart::codec {
namespace {

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
  return vqv12::make_encoder(config, codec, scope);
}

std::vector<std::string> encoder_ignorable(const Config& config) {
  return version_of(config) == "vqv12" ? vqv12::Encoder::ignorable(vqv12::Vqv12Config::read(config))
                                       : std::vector<std::string>{};
}

}  // namespace heart::codec
