// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/heartcodec/autoencoder.h"

#include "models/base/error.h"
#include "models/heartcodec/scalar_model.h"
#include "models/heartcodec/transform_autoencoder.h"

#include <algorithm>

namespace heart::codec {
namespace {

int64_t floor_divide(int64_t a, int64_t b) {
  return a >= 0 ? a / b : -((-a + b - 1) / b);
}

}  // namespace

std::pair<int64_t, int64_t> latents_within_reach(const Autoencoder& autoencoder, int64_t length,
                                                 int64_t begin, int64_t end) {
  const Reach reach = autoencoder.decode_reach();
  const int64_t per_latent = autoencoder.samples_per_latent();
  const int64_t behind = -floor_divide(-(reach.end - per_latent), per_latent);
  const int64_t ahead = -floor_divide(reach.begin, per_latent);
  return {std::max<int64_t>(0, begin - std::max<int64_t>(0, behind)),
          std::min(length, end + std::max<int64_t>(0, ahead))};
}

at::Tensor Autoencoder::decode_span(const at::Tensor& latents, int64_t begin, int64_t end,
                                    const DecodeOptions& options) const {
  const int64_t length = latents.size(1);
  if (begin < 0 || begin > end || end > length)
    throw Error(Fault::kInternal, "latents " + std::to_string(begin) + " to " +
                                      std::to_string(end) + " are not all within the " +
                                      std::to_string(length) + " given");
  const auto [from, to] = latents_within_reach(*this, length, begin, end);
  DecodeOptions shifted = options;
  shifted.first_latent += from;
  return decode(latents.slice(1, from, to), shifted)
      .slice(2, (begin - from) * samples_per_latent(), (end - from) * samples_per_latent());
}

at::Device autoencoder_device(const CodecConfig& config, at::Device device) {
  const bool is_scalar = config.autoencoder.type == AutoencoderConfig::Type::kScalar;
  return is_scalar && device.type() == at::kMPS ? at::Device(at::kCPU) : device;
}

std::unique_ptr<Autoencoder> make_autoencoder(const CodecConfig& config, const Parameters& root) {
  if (config.autoencoder.type == AutoencoderConfig::Type::kTransform)
    return std::make_unique<TransformAutoencoder>(config, root["transform_model"]);
  return std::make_unique<ScalarModel>(config, root["scalar_model"]);
}

}  // namespace heart::codec
