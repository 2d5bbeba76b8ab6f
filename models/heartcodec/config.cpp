// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/heartcodec/config.h"

#include "models/base/error.h"

#include <nlohmann/json.hpp>
#include <numeric>

namespace heart::codec {
namespace {

using nlohmann::json;

// Far above any real size; keeps products of two sizes from overflowing.
constexpr int64_t kLargest = int64_t{1} << 24;

[[noreturn]] void fail(const std::string& origin, const std::string& text) {
  throw Error(Fault::kFile, origin + ": " + text);
}

json parse_object(const std::string& text, const std::string& origin) {
  json parsed = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (parsed.is_discarded()) fail(origin, "is not JSON");
  if (!parsed.is_object()) fail(origin, "holds no JSON object");
  return parsed;
}

class Reader {
 public:
  Reader(const json& object, std::string origin) : object_(object), origin_(std::move(origin)) {}

  void read(const char* key, int64_t& value, int64_t least = 1) const {
    const auto found = object_.find(key);
    if (found == object_.end() || found->is_null()) return;
    value = number(key, *found, least);
  }

  void read(const char* key, std::vector<int64_t>& values) const {
    const auto found = object_.find(key);
    if (found == object_.end() || found->is_null()) return;
    if (!found->is_array() || found->empty() || found->size() > 16)
      fail(origin_, std::string(key) + " wants a list of 1 to 16 numbers");
    values.clear();
    for (const json& entry : *found) values.push_back(number(key, entry, 1));
  }

 private:
  int64_t number(const char* key, const json& value, int64_t least) const {
    if (!value.is_number_integer() || value.get<double>() < static_cast<double>(least) ||
        value.get<double>() > static_cast<double>(kLargest))
      fail(origin_, std::string(key) + " is " + value.dump() + ", wanted a whole number from " +
                        std::to_string(least) + " to " + std::to_string(kLargest));
    return value.get<int64_t>();
  }

  const json& object_;
  const std::string origin_;
};

int64_t product(const std::vector<int64_t>& factors, const std::string& origin) {
  int64_t result = 1;
  for (int64_t factor : factors) {
    result *= factor;
    if (result > kLargest)
      fail(origin, "the strides multiply to more than " + std::to_string(kLargest));
  }
  return result;
}

void check_scalar(const AutoencoderConfig& a, const std::string& origin) {
  if (a.downsample_factors.size() != a.downsample_kernel_sizes.size() ||
      a.upsample_factors.size() != a.upsample_kernel_sizes.size() ||
      a.upsample_factors.size() != a.downsample_factors.size())
    fail(origin, "downsample and upsample factors and kernel sizes must be lists of one length");
  if (product(a.downsample_factors, origin) != product(a.upsample_factors, origin))
    fail(origin, "downsample_factors and upsample_factors multiply to different strides");
  for (size_t i = 0; i < a.upsample_factors.size(); ++i)
    if (a.upsample_kernel_sizes[i] < a.upsample_factors[i])
      fail(origin, "an upsample kernel is shorter than its stride");
  if (a.delay_kernel_size % 2 == 0) fail(origin, "delay_kernel_size must be odd");
}

void check_transform(const AutoencoderConfig& a, const std::string& origin) {
  if (a.hop % 2 != 0) fail(origin, "autoencoder.hop must be even");
  if (a.low_bins + a.bands > a.hop)
    fail(origin, "autoencoder.low_bins + bands exceed the " + std::to_string(a.hop) +
                     " coefficients of a sub-frame");
}

}  // namespace

int64_t CodecConfig::samples_per_latent() const {
  const AutoencoderConfig& a = autoencoder;
  if (a.type == AutoencoderConfig::Type::kTransform) return a.hop * a.sub_frames;
  return std::accumulate(a.downsample_factors.begin(), a.downsample_factors.end(), a.num_samples,
                         std::multiplies<int64_t>());
}

CodecConfig CodecConfig::parse(const std::string& text, const std::string& origin) {
  const json object = parse_object(text, origin);
  const Reader reader(object, origin);
  CodecConfig c;
  reader.read("dim", c.dim);
  reader.read("codebook_size", c.codebook_size, 2);
  reader.read("codebook_dim", c.codebook_dim);
  reader.read("num_quantizers", c.num_quantizers);
  reader.read("attention_head_dim", c.attention_head_dim, 2);
  reader.read("in_channels", c.in_channels);
  reader.read("num_attention_heads", c.num_attention_heads);
  reader.read("num_layers", c.num_layers);
  reader.read("num_layers_2", c.num_layers_2);
  reader.read("out_channels", c.out_channels);
  reader.read("sample_rate", c.sample_rate, 8000);

  AutoencoderConfig& a = c.autoencoder;
  reader.read("init_channel", a.init_channel);
  reader.read("latent_hidden_dim", a.latent_hidden_dim);
  reader.read("num_samples", a.num_samples);
  reader.read("default_kernel_size", a.default_kernel_size);
  reader.read("delay_kernel_size", a.delay_kernel_size);
  reader.read("res_kernel_size", a.res_kernel_size);
  reader.read("downsample_factors", a.downsample_factors);
  reader.read("downsample_kernel_sizes", a.downsample_kernel_sizes);
  reader.read("upsample_factors", a.upsample_factors);
  reader.read("upsample_kernel_sizes", a.upsample_kernel_sizes);

  const auto own = object.find("autoencoder");
  if (own != object.end()) {
    if (!own->is_object() || !own->contains("type") || !(*own)["type"].is_string())
      fail(origin, "autoencoder wants an object with a \"type\"");
    const std::string type = (*own)["type"].get<std::string>();
    if (type != "transform" && type != "scalar")
      fail(origin, "autoencoder.type is \"" + type + "\", known are \"scalar\" and \"transform\"");
    if (type == "transform") {
      a.type = AutoencoderConfig::Type::kTransform;
      const Reader inner(*own, origin + ": autoencoder");
      inner.read("hop", a.hop);
      inner.read("sub_frames", a.sub_frames);
      inner.read("low_bins", a.low_bins);
      inner.read("bands", a.bands);
    }
  }

  if (a.type == AutoencoderConfig::Type::kScalar) {
    check_scalar(a, origin);
    if (c.out_channels != 2 * a.latent_hidden_dim)
      fail(origin, "out_channels is " + std::to_string(c.out_channels) +
                       ", wanted twice latent_hidden_dim (left and right)");
  } else {
    check_transform(a, origin);
  }
  if (c.in_channels != 2 * c.out_channels + c.dim)
    fail(origin,
         "in_channels is " + std::to_string(c.in_channels) +
             ", wanted 2 * out_channels + dim = " + std::to_string(2 * c.out_channels + c.dim));
  if (c.attention_head_dim % 2 != 0) fail(origin, "attention_head_dim must be even");
  return c;
}

LightEncoderConfig LightEncoderConfig::parse(const std::string& text, const std::string& origin) {
  const json object = parse_object(text, origin);
  const Reader reader(object, origin);
  LightEncoderConfig c;
  reader.read("dim", c.dim);
  reader.read("num_layers", c.num_layers);
  reader.read("num_heads", c.num_heads);
  if (c.dim % (2 * c.num_heads) != 0) fail(origin, "dim must be a multiple of twice num_heads");
  return c;
}

std::string encoder_version(const std::string& text, const std::string& origin) {
  const json object = parse_object(text, origin);
  const auto found = object.find("version");
  if (found == object.end()) return "vqv12";
  if (!found->is_string()) fail(origin, "version is " + found->dump() + ", wanted a name");
  return found->get<std::string>();
}

}  // namespace heart::codec
