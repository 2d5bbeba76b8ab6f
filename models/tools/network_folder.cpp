// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/tools/network_folder.h"

#include "models/base/error.h"
#include "models/checkpoint/sources.h"
#include "models/heartcodec/encoder_vqv12/encoder_vqv12.h"
#include "models/heartcodec/heartcodec.h"
#include "models/heartmula/heartmula.h"

namespace heart::tools {
namespace {

void build_encoder(const Config& config, const std::optional<Config>& codec,
                   ParameterSource& source) {
  const std::string version = config.string_or("version", "vqv12");
  if (codec) {
    const auto sizes = codec::CodecConfig::read(*codec);
    SpecParameters unused;  // the codec's own tensors are not the question
    const auto autoencoder = codec::make_autoencoder(sizes, Parameters(unused));
    codec::make_code_encoder(config, sizes, *autoencoder, Parameters(source));
  } else if (version == "vqv12") {
    vqv12::Encoder(vqv12::Vqv12Config::read(config), Parameters(source));
  } else {
    config.refuse("version", "is \"" + version +
                                 "\"; such an encoder has the latents of its codec, so the "
                                 "codec's config.json must be given with it");
  }
}

}  // namespace

NetworkKind kind_of(const Config& config) {
  if (config.has("backbone") || config.has("backbone_flavor")) return NetworkKind::kLanguageModel;
  if (config.has("feature_extractors") || config.has("version")) return NetworkKind::kEncoder;
  if (config.has("codebook_size") || config.has("codebook_dim")) return NetworkKind::kCodec;
  throw Error(Fault::kFile, config.path() +
                                ": not a config of HeartMuLa (backbone or backbone_flavor), of "
                                "HeartCodec (codebook_size) or of its encoder (version)");
}

const char* kind_name(NetworkKind kind) {
  switch (kind) {
    case NetworkKind::kLanguageModel:
      return "language model";
    case NetworkKind::kCodec:
      return "codec";
    case NetworkKind::kEncoder:
      return "encoder";
  }
  return "";
}

std::string folder_name(NetworkKind kind, const std::string& name) {
  if (kind == NetworkKind::kLanguageModel) return "HeartMuLa-" + name;
  return "HeartCodec-" + name + (kind == NetworkKind::kEncoder ? "-encoder" : "");
}

const char* weights_stem(NetworkKind kind) {
  return kind == NetworkKind::kEncoder ? "encoder" : "model";
}

const char* prefix_of(NetworkKind kind) {
  switch (kind) {
    case NetworkKind::kCodec:
      return "decoder.";
    case NetworkKind::kEncoder:
      return "encoder.";
    default:
      return "";
  }
}

std::vector<std::string> ignorable_of(NetworkKind kind, const Config& config) {
  if (kind == NetworkKind::kCodec) return codec::HeartCodec::ignorable();
  if (kind == NetworkKind::kEncoder) return codec::encoder_ignorable(config);
  return {};
}

void ask_for_all(NetworkKind kind, const Config& config, const std::optional<Config>& codec,
                 ParameterSource& source) {
  switch (kind) {
    case NetworkKind::kLanguageModel:
      HeartMula(HeartMulaConfig::from(config), Parameters(source));
      break;
    case NetworkKind::kCodec:
      codec::HeartCodec(codec::CodecConfig::read(config), Parameters(source));
      break;
    case NetworkKind::kEncoder:
      build_encoder(config, codec, source);
      break;
  }
}

at::ScalarType number_format(const std::string& name) {
  if (name == "f32") return at::kFloat;
  if (name == "f16") return at::kHalf;
  if (name == "bf16") return at::kBFloat16;
  if (name == "q8" || name == "q4") {
    throw Error(Fault::kInput,
                name + " needs kernels that this build does not have; it has f32, f16 and bf16");
  }
  throw Error(Fault::kInput, "number format '" + name + "' is not known; there are f32, f16, bf16");
}

}  // namespace heart::tools
