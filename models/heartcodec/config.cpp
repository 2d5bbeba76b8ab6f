// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/heartcodec/config.h"

#include "models/checkpoint/config.h"

#include <cmath>
#include <functional>
#include <numeric>
#include <string>

namespace heart::codec {
namespace {

// Far above any real size; keeps products of sizes from overflowing.
constexpr int64_t kLargest = int64_t{1} << 20;

int64_t product(const std::vector<int64_t>& factors) {
  return std::accumulate(factors.begin(), factors.end(), int64_t{1}, std::multiplies<int64_t>());
}

void read_scalar(const Config& config, AutoencoderConfig& a) {
  const auto integer = [&](const char* key, int64_t& value, int64_t high) {
    value = config.integer_or(key, value, 1, high);
  };
  const auto integers = [&](const char* key, std::vector<int64_t>& values) {
    values = config.integers_or(key, values, 1, 64);
  };
  integer("init_channel", a.init_channel, 4096);
  integer("latent_hidden_dim", a.latent_hidden_dim, kLargest);
  integer("num_samples", a.num_samples, 64);
  integer("default_kernel_size", a.default_kernel_size, 1024);
  integer("delay_kernel_size", a.delay_kernel_size, 1024);
  integer("res_kernel_size", a.res_kernel_size, 1024);
  integers("downsample_factors", a.downsample_factors);
  integers("downsample_kernel_sizes", a.downsample_kernel_sizes);
  integers("upsample_factors", a.upsample_factors);
  integers("upsample_kernel_sizes", a.upsample_kernel_sizes);

  const size_t blocks = a.downsample_factors.size();
  if (blocks == 0 || blocks > 8) config.refuse("downsample_factors", "wants 1 to 8 strides");
  if (a.downsample_kernel_sizes.size() != blocks || a.upsample_factors.size() != blocks ||
      a.upsample_kernel_sizes.size() != blocks)
    config.refuse("downsample_factors", "and the other three lists of strides differ in length");
  if (product(a.downsample_factors) > 65536)
    config.refuse("downsample_factors", "multiply to more than 65536 samples per latent");
  if (product(a.downsample_factors) != product(a.upsample_factors))
    config.refuse("upsample_factors", "multiply to another stride than downsample_factors");
  for (size_t i = 0; i < blocks; ++i)
    if (a.upsample_kernel_sizes[i] < a.upsample_factors[i])
      config.refuse("upsample_kernel_sizes", "has a kernel shorter than its stride");
  if (a.delay_kernel_size % 2 == 0) config.refuse("delay_kernel_size", "must be odd");
  if (!config.boolean_or("causal", true))
    config.refuse("causal", "is false; only causal convolutions are known");
  if (config.integer_or("num_bands", 1, 1, kLargest) != 1)
    config.refuse("num_bands", "is not 1; the released codec has no filter bank");
}

void read_transform(const Config& config, int64_t sample_rate, AutoencoderConfig& a) {
  a.hop = config.integer_or("hop", a.hop, 16, 8192);
  a.sub_frames = config.integer_or("sub_frames", a.sub_frames, 1, 64);
  a.low_bins = config.integer_or("low_bins", a.low_bins, 1, a.hop);
  a.bands = config.integer_or("bands", a.bands, 1, a.hop);
  a.envelopes = config.integer_or("envelopes", a.envelopes, 0, a.bands);
  a.top_hz = config.integer_or("top_hz", a.top_hz, 1, sample_rate);
  if (a.hop % 2 != 0) config.refuse("hop", "must be even");
  if (a.low_bins + a.bands > a.top_bin(sample_rate))
    config.refuse("low_bins", "and bands exceed the " + std::to_string(a.top_bin(sample_rate)) +
                                  " coefficients of a sub-frame below top_hz");
}

}  // namespace

int64_t AutoencoderConfig::top_bin(int64_t sample_rate) const {
  const int64_t bin = (2 * top_hz * hop + sample_rate / 2) / sample_rate;
  return bin < hop ? bin : hop;
}

int64_t CodecConfig::samples_per_latent() const {
  if (autoencoder.type == AutoencoderConfig::Type::kTransform)
    return autoencoder.hop * autoencoder.sub_frames;
  return autoencoder.num_samples * product(autoencoder.downsample_factors);
}

CodecConfig CodecConfig::read(const Config& config) {
  CodecConfig c;
  const auto integer = [&](const char* key, int64_t& value, int64_t low = 1) {
    value = config.integer_or(key, value, low, kLargest);
  };
  integer("dim", c.dim);
  integer("codebook_size", c.codebook_size, 2);
  integer("codebook_dim", c.codebook_dim);
  integer("num_quantizers", c.num_quantizers);
  integer("attention_head_dim", c.attention_head_dim, 2);
  integer("in_channels", c.in_channels);
  integer("num_attention_heads", c.num_attention_heads);
  integer("num_layers", c.num_layers);
  integer("num_layers_2", c.num_layers_2);
  integer("out_channels", c.out_channels);
  integer("sample_rate", c.sample_rate, 8000);

  AutoencoderConfig& a = c.autoencoder;
  const std::string type =
      config.has("autoencoder") ? config.section("autoencoder").string("type") : "scalar";
  int64_t width = 0;
  if (type == "transform") {
    a.type = AutoencoderConfig::Type::kTransform;
    read_transform(config.section("autoencoder"), c.sample_rate, a);
    width = 2 * ((a.low_bins + a.envelopes) * a.sub_frames + a.bands);
  } else if (type == "scalar") {
    read_scalar(config, a);
    width = 2 * a.latent_hidden_dim;
  } else {
    config.section("autoencoder").refuse("type", "is \"" + type + "\", known: scalar, transform");
  }
  if (c.out_channels != width)
    config.refuse("out_channels", "is " + std::to_string(c.out_channels) +
                                      ", but the autoencoder's latents are " +
                                      std::to_string(width) + " wide");
  if (c.in_channels != 2 * c.out_channels + c.dim)
    config.refuse("in_channels", "is " + std::to_string(c.in_channels) +
                                     ", wanted 2 * out_channels + dim = " +
                                     std::to_string(2 * c.out_channels + c.dim));
  if (c.attention_head_dim % 2 != 0) config.refuse("attention_head_dim", "must be even");
  // Options of the public code that no release uses, and that would change what the weights mean.
  if (config.boolean_or("use_cosine_sim", false))
    config.refuse("use_cosine_sim", "is true; codebooks are searched by Euclidean distance");
  if (config.string_or("norm_type", "ada_norm_single") != "ada_norm_single")
    config.refuse("norm_type", "is not \"ada_norm_single\", the only kind that is known");
  return c;
}

LightEncoderConfig LightEncoderConfig::read(const Config& config) {
  LightEncoderConfig c;
  c.dim = config.integer_or("dim", c.dim, 2, kLargest);
  c.num_layers = config.integer_or("num_layers", c.num_layers, 1, 1024);
  c.num_heads = config.integer_or("num_heads", c.num_heads, 1, c.dim);
  if (c.dim % (2 * c.num_heads) != 0) config.refuse("dim", "must be a multiple of twice num_heads");
  return c;
}

}  // namespace heart::codec
