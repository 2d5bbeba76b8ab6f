// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/heartcodec/scalar_model.h"

#include <c10/core/GradMode.h>

#include <algorithm>
#include <array>
#include <vector>

namespace heart::codec {
namespace {

constexpr std::array<int64_t, 5> kDilations = {1, 3, 5, 7, 9};
constexpr double kSteps = 9.0;          // latents are rounded to ninths
constexpr int64_t kPieceLatents = 150;  // 6 s; the past that comes with it is 2 s

at::Tensor slope(const Parameters& scope, const char* name) {
  return scope[name].get("weight", {1}, Init::constant(0.25));
}

std::vector<ResidualUnit> make_units(const Parameters& scope, int64_t channels, int64_t kernel) {
  std::vector<ResidualUnit> units;
  for (size_t i = 0; i < kDilations.size(); ++i)
    units.emplace_back(scope["convs"][static_cast<int64_t>(i)], channels, kernel, kDilations[i]);
  return units;
}

int64_t units_past(const AutoencoderConfig& a) {
  int64_t past = 0;
  for (int64_t dilation : kDilations) past += dilation * (a.res_kernel_size - 1);
  return past;
}

int64_t blocks(const AutoencoderConfig& a) {
  return static_cast<int64_t>(a.downsample_factors.size());
}

// Layers beside the blocks and the last convolution: the first one and, where steps are pooled, the pre- or
// post-processor. In the encoder they come before the blocks.
int64_t first_block(const AutoencoderConfig& a) {
  return a.num_samples > 1 ? 2 : 1;
}

// Samples that latent 0 depends on, followed from the last layer to the first.
Reach find_encode_reach(const AutoencoderConfig& a) {
  int64_t first = -(a.default_kernel_size - 1), last = 0;
  for (size_t i = a.downsample_factors.size(); i-- > 0;) {
    first = first * a.downsample_factors[i] - (a.downsample_kernel_sizes[i] - 1) - units_past(a);
    last = last * a.downsample_factors[i];
  }
  const int64_t edges = first_block(a);  // convolutions outside the pooling
  first = first * a.num_samples - edges * (a.default_kernel_size - 1);
  last = last * a.num_samples + a.num_samples - 1;
  return {first, last + 1};
}

// Samples that latent 0 changes, followed from the first layer to the last.
Reach find_decode_reach(const AutoencoderConfig& a) {
  int64_t first = -(a.delay_kernel_size / 2), last = a.delay_kernel_size / 2;
  for (size_t i = 0; i < a.upsample_factors.size(); ++i) {
    first = first * a.upsample_factors[i];
    last = last * a.upsample_factors[i] + a.upsample_kernel_sizes[i] - 1 + units_past(a);
  }
  first = first * a.num_samples;
  last = last * a.num_samples + a.num_samples - 1 + first_block(a) * (a.default_kernel_size - 1);
  return {first, last + 1};
}

int64_t widest(const AutoencoderConfig& a) {
  return a.init_channel << blocks(a);
}

}  // namespace

ResidualUnit::ResidualUnit(const Parameters& scope, int64_t channels, int64_t kernel,
                           int64_t dilation)
    : conv1(scope["conv1"], channels, channels, kernel, 1, dilation),
      conv2(scope["conv2"], channels, channels, 1),
      slope1(slope(scope, "activation1")),
      slope2(slope(scope, "activation2")) {}

at::Tensor ResidualUnit::forward(const at::Tensor& x) const {
  const auto y = at::prelu(conv1.forward(x), slope1);
  return x + at::prelu(conv2.forward(y), slope2);  // [B, C, S]
}

EdgeConv::EdgeConv(const Parameters& scope, int64_t channels, int64_t kernel)
    : weight(scope["conv"].get("weight", {channels, channels, kernel},
                               Init::fan_in(channels * kernel))),
      bias(scope["conv"].get("bias", {channels}, Init::zeros())),
      slope(codec::slope(scope, "activation")),
      kernel(kernel) {}

at::Tensor EdgeConv::forward(const at::Tensor& x) const {
  return at::prelu(at::conv1d(at::constant_pad_nd(x, {kernel - 1, 0}), weight, bias), slope);
}

ScalarModel::ScalarModel(const CodecConfig& config, const Parameters& scope)
    : Autoencoder(config),
      pool_(config.autoencoder.num_samples),
      lookahead_(config.autoencoder.delay_kernel_size / 2),
      encoder_in_(scope["encoder"][0], 1, config.autoencoder.init_channel,
                  config.autoencoder.default_kernel_size),
      encoder_out_(scope["encoder"][first_block(config.autoencoder) + blocks(config.autoencoder)],
                   widest(config.autoencoder), config.autoencoder.latent_hidden_dim,
                   config.autoencoder.default_kernel_size),
      decoder_in_(scope["decoder"][0], config.autoencoder.latent_hidden_dim,
                  widest(config.autoencoder), config.autoencoder.delay_kernel_size),
      decoder_out_(scope["decoder"][first_block(config.autoencoder) + blocks(config.autoencoder)],
                   config.autoencoder.init_channel, 1, config.autoencoder.default_kernel_size),
      encode_reach_(find_encode_reach(config.autoencoder)),
      decode_reach_(find_decode_reach(config.autoencoder)) {
  const AutoencoderConfig& a = config.autoencoder;
  if (a.num_samples > 1) {
    pre_.emplace(scope["encoder"][1], a.init_channel, a.default_kernel_size);
    post_.emplace(scope["decoder"][1 + blocks(a)], a.init_channel, a.default_kernel_size);
  }
  int64_t width = a.init_channel;
  for (size_t i = 0; i < a.downsample_factors.size(); ++i, width *= 2) {
    const auto block = scope["encoder"][first_block(a) + static_cast<int64_t>(i)];
    down_.push_back({make_units(block, width, a.res_kernel_size),
                     CausalConv(block["down_conv"]["layer"], width, 2 * width,
                                a.downsample_kernel_sizes[i], a.downsample_factors[i]),
                     slope(block["down_conv"], "activation")});
  }
  for (size_t i = 0; i < a.upsample_factors.size(); ++i, width /= 2) {
    const auto block = scope["decoder"][1 + static_cast<int64_t>(i)];
    up_.push_back({CausalUpsample(block["up_conv"]["layer"], width, width / 2,
                                  a.upsample_kernel_sizes[i], a.upsample_factors[i]),
                   make_units(block, width / 2, a.res_kernel_size)});
  }
}

int64_t ScalarModel::latents_for(int64_t samples) const {
  const int64_t pooled = samples / pool_, stride = samples_per_latent() / pool_;
  return (pooled + stride - 1) / stride;
}

at::Tensor ScalarModel::encode_channel(const at::Tensor& x, Trace* trace) const {
  auto y = encoder_in_.forward(x.unsqueeze(1));                      // [B, C, S]
  if (pre_) y = at::avg_pool1d(pre_->forward(y), {pool_}, {pool_});  // [B, C, S/2]
  if (trace && pre_) trace->layer_1 = y;
  for (size_t i = 0; i < down_.size(); ++i) {
    for (const ResidualUnit& unit : down_[i].units) y = unit.forward(y);
    y = at::prelu(down_[i].conv.forward(y), down_[i].slope);
    if (trace && !pre_ && i == 0) trace->layer_1 = y;
  }
  return at::tanh(encoder_out_.forward(y)).transpose(1, 2);  // [B, L, Z/2]
}

at::Tensor ScalarModel::decode_channel(const at::Tensor& latents, Trace* trace) const {
  const auto rounded =
      at::round(latents.transpose(1, 2) * kSteps) / kSteps;  // [B, Z/2, L], half to even
  auto y = at::conv1d(rounded, decoder_in_.norm.weight(), decoder_in_.bias, 1, lookahead_);
  if (trace) {
    trace->rounded = rounded;
    trace->layer_0 = y;
  }
  for (size_t i = 0; i < up_.size(); ++i) {
    y = up_[i].conv.forward(y);
    for (const ResidualUnit& unit : up_[i].units) y = unit.forward(y);
    if (trace && i == 0) trace->layer_1 = y;
  }
  if (post_) y = post_->forward(y.repeat_interleave(pool_, 2));  // [B, C, S]
  return decoder_out_.forward(y).squeeze(1);                     // [B, S]
}

at::Tensor ScalarModel::encode(const at::Tensor& audio) const {
  expect_shape(audio, {-1, 2, -1}, "audio");
  const int64_t batch = audio.size(0), samples = audio.size(2), per_latent = samples_per_latent();
  const int64_t length = latents_for(samples);
  const auto channels = audio.to(encoder_in_.bias.options()).flatten(0, 1);  // [B A, S]
  const int64_t past = (-encode_reach_.begin + per_latent - 1) / per_latent;
  const int64_t piece = c10::GradMode::is_enabled() ? std::max<int64_t>(length, 1) : kPieceLatents;

  std::vector<at::Tensor> parts;
  for (int64_t begin = 0; begin < length; begin += piece) {
    const int64_t end = std::min(length, begin + piece), from = std::max<int64_t>(0, begin - past);
    // One more sub-step than the piece needs keeps its last latent's own sample in.
    const int64_t to = end == length ? samples : (end - 1) * per_latent + encode_reach_.end;
    const auto latents = encode_channel(channels.slice(1, from * per_latent, to));
    parts.push_back(latents.slice(1, begin - from, end - from));
  }
  const auto all = parts.empty() ? at::zeros({batch * 2, 0, latent_width() / 2}, channels.options())
                                 : at::cat(parts, 1);                             // [B A, L, Z/2]
  return all.unflatten(0, {batch, 2}).transpose(1, 2).flatten(2).to(at::kFloat);  // [B, L, Z]
}

at::Tensor ScalarModel::decode(const at::Tensor& latents, const DecodeOptions&) const {
  expect_shape(latents, {-1, -1, latent_width()}, "latents");
  const int64_t batch = latents.size(0), length = latents.size(1),
                per_latent = samples_per_latent();
  const auto channels = latents.to(decoder_in_.bias.options())
                            .unflatten(2, {2, -1})
                            .transpose(1, 2)
                            .flatten(0, 1);  // [B A, L, Z/2]
  const int64_t piece = c10::GradMode::is_enabled() ? std::max<int64_t>(length, 1) : kPieceLatents;
  std::vector<at::Tensor> parts;
  for (int64_t begin = 0; begin < length; begin += piece) {
    const int64_t end = std::min(length, begin + piece);
    const auto [from, to] = latents_within_reach(*this, length, begin, end);
    const auto sound = decode_channel(channels.slice(1, from, to));  // [B A, S]
    parts.push_back(sound.slice(1, (begin - from) * per_latent, (end - from) * per_latent));
  }
  const auto all =
      parts.empty() ? at::zeros({batch * 2, 0}, channels.options()) : at::cat(parts, 1);
  return all.unflatten(0, {batch, 2}).to(at::kFloat);  // [B, A, S]
}

}  // namespace heart::codec
