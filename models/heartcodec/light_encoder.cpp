// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/heartcodec/light_encoder.h"

#include "models/heartcodec/resample.h"

namespace heart::codec {

LightBlock::LightBlock(int64_t width, int64_t heads, const Parameters& scope)
    : attn_norm(scope["attn_norm"], width),
      mlp_norm(scope["mlp_norm"], width),
      attn(width, heads, scope["attn"]),
      mlp(width, scope["mlp"]) {}

at::Tensor LightBlock::forward(const at::Tensor& x, const RotaryTable& rotary) const {
  const auto y = x + attn.forward(attn_norm.forward(x), rotary);
  return y + mlp.forward(mlp_norm.forward(y));
}

LightEncoder::LightEncoder(const LightEncoderConfig& config, const CodecConfig& codec,
                           const Autoencoder& autoencoder, const Parameters& scope)
    : autoencoder_(autoencoder),
      head_width_(config.dim / config.num_heads),
      proj_in_(scope["proj_in"], codec.out_channels, config.dim),
      norm_(scope["norm"], config.dim),
      proj_out_(scope["proj_out"], CodecConfig::kLatentsPerFrame * config.dim, codec.dim) {
  for (int64_t i = 0; i < config.num_layers; ++i)
    blocks_.emplace_back(config.dim, config.num_heads, scope["layers"][i]);
}

at::Tensor LightEncoder::features_of_latents(const at::Tensor& latents) const {
  const int64_t per_frame = CodecConfig::kLatentsPerFrame;
  const int64_t missing = (per_frame - latents.size(1) % per_frame) % per_frame;
  const auto whole = missing > 0 ? at::constant_pad_nd(latents, {0, 0, 0, missing}) : latents;
  auto x = proj_in_.forward(whole.to(proj_in_.weight.options()));  // [B, L, D]
  const auto rotary = make_rotary(x.size(1), head_width_, x.device());
  for (const LightBlock& block : blocks_) x = block.forward(x, rotary);
  return proj_out_.forward(norm_.forward(x).unflatten(1, {-1, per_frame}).flatten(2));  // [B, T, D]
}

at::Tensor LightEncoder::features(const at::Tensor& audio, int64_t rate, const Cancel& cancel,
                                  const Progress& progress) const {
  const auto sound = resample(audio, rate, autoencoder_.sample_rate());
  cancel.check();
  const auto latents = autoencoder_.encode(sound);  // [B, L, Z]
  cancel.check();
  const auto result = features_of_latents(latents);
  if (progress) progress(1.0, "encode");
  return result;
}

}  // namespace heart::codec
