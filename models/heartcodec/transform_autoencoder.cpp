// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/heartcodec/transform_autoencoder.h"

#include "models/base/error.h"
#include "models/heartcodec/layers.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace heart::codec {
namespace {

constexpr double kFloorPower = 1e-10;      // -100 dB: below it a band counts as silent
constexpr double kDb = 4.342944819032518;  // 10 / ln 10
constexpr double kLoudestDb = 30.0;        // a level above it can only be a mistake
constexpr double kLeastStd = 1e-3;  // of a number that hardly ever moves, e.g. the side of mono

at::Tensor to_db(const at::Tensor& power) {
  return at::log(power.clamp_min(kFloorPower)) * kDb;
}
at::Tensor to_power(const at::Tensor& db) {
  return at::exp(db / kDb);
}

// First bins of geometric bands from `low` to `top`, each at least one bin wide; the last is `top`.
std::vector<int64_t> band_edges(int64_t low, int64_t top, int64_t bands) {
  std::vector<int64_t> edges = {low};
  for (int64_t i = 1; i <= bands; ++i) {
    const double ideal =
        static_cast<double>(low) * std::pow(static_cast<double>(top) / static_cast<double>(low),
                                            static_cast<double>(i) / static_cast<double>(bands));
    const int64_t rounded = static_cast<int64_t>(std::lround(ideal));
    edges.push_back(std::clamp(rounded, edges.back() + 1, top - (bands - i)));
  }
  return edges;
}

uint64_t mix(uint64_t z) {  // splitmix64's finaliser
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

}  // namespace

int64_t TransformAutoencoder::numbers_per_channel(const AutoencoderConfig& a) {
  return (a.low_bins + a.envelopes) * a.sub_frames + a.bands;
}

TransformAutoencoder::TransformAutoencoder(const CodecConfig& config, const Parameters& scope)
    : Autoencoder(config),
      transform_(config.autoencoder.hop),
      low_bins_(config.autoencoder.low_bins),
      sub_frames_(config.autoencoder.sub_frames),
      n_bands_(config.autoencoder.bands),
      n_envelopes_(config.autoencoder.envelopes),
      top_bin_(config.autoencoder.top_bin(config.sample_rate)),
      mean_(scope.get("mean", {config.out_channels}, Init::zeros())),
      std_(scope.get("std", {config.out_channels}, Init::ones())) {
  const auto edges = band_edges(low_bins_, top_bin_, n_bands_);
  const int64_t bins = top_bin_ - low_bins_;
  bands_ = {at::zeros({bins, n_bands_}), at::zeros({n_bands_, bins}), at::zeros({n_bands_, bins}),
            at::zeros({n_bands_, n_envelopes_}), at::zeros({n_envelopes_, n_bands_})};
  auto mean = bands_.mean.accessor<float, 2>(), spread = bands_.spread.accessor<float, 2>(),
       slope = bands_.slope.accessor<float, 2>(), group = bands_.group.accessor<float, 2>(),
       ungroup = bands_.ungroup.accessor<float, 2>();
  const auto centre = [&](int64_t b) {
    return 0.5 * static_cast<double>(edges[static_cast<size_t>(b)] +
                                     edges[static_cast<size_t>(b) + 1] - 1);
  };
  for (int64_t b = 0; b < n_bands_; ++b) {
    const int64_t first = edges[static_cast<size_t>(b)], last = edges[static_cast<size_t>(b) + 1];
    for (int64_t k = first; k < last; ++k) {
      mean[k - low_bins_][b] = 1.0f / static_cast<float>(last - first);
      spread[b][k - low_bins_] = 1.0f;
      // The neighbour on the other side of the centre takes its share; the outermost bands are flat.
      const int64_t other = static_cast<double>(k) < centre(b) ? b - 1 : b + 1;
      double share = 0;
      if (other >= 0 && other < n_bands_)
        share = (static_cast<double>(k) - centre(b)) / (centre(other) - centre(b));
      slope[b][k - low_bins_] += static_cast<float>(1 - share);
      if (share > 0) slope[other][k - low_bins_] += static_cast<float>(share);
    }
  }
  for (int64_t g = 0; g < n_envelopes_; ++g) {
    const int64_t first = g * n_bands_ / n_envelopes_, last = (g + 1) * n_bands_ / n_envelopes_;
    for (int64_t b = first; b < last; ++b) {
      group[b][g] = 1.0f / static_cast<float>(last - first);
      ungroup[g][b] = 1.0f;
    }
  }
}

TransformAutoencoder::Bands TransformAutoencoder::bands_on(const at::Device& device) const {
  if (device.is_cpu()) return bands_;
  return {bands_.mean.to(device), bands_.spread.to(device), bands_.slope.to(device),
          bands_.group.to(device), bands_.ungroup.to(device)};
}

at::Tensor TransformAutoencoder::analyse(const at::Tensor& audio) const {
  expect_shape(audio, {-1, 2, -1}, "audio");
  const int64_t batch = audio.size(0), length = latents_for(audio.size(2));
  if (length == 0) return at::zeros({batch, 0, latent_width()}, mean_.options());
  const auto samples = at::constant_pad_nd(audio.to(mean_.device(), at::kFloat),
                                           {0, length * samples_per_latent() - audio.size(2)});
  const auto left = samples.select(1, 0), right = samples.select(1, 1);
  const auto mid_side = at::stack({(left + right) * 0.5, (left - right) * 0.5}, 1);  // [B, A, S]
  const auto spectrum = transform_.forward(mid_side).reshape(
      {batch, 2, length, sub_frames_, hop()});  // [B, A, L, 4, hop]

  const auto low = spectrum.slice(-1, 0, low_bins_);
  const auto companded = at::sign(low) * low.abs().sqrt();  // [B, A, L, 4, low]

  const Bands bands = bands_on(samples.device());
  const auto strength = transform_.power(mid_side).reshape({batch, 2, length, sub_frames_, hop()});
  const auto power = at::matmul(strength.slice(-1, low_bins_, top_bin_), bands.mean);
  const auto level = to_db(power.mean(-2));  // [B, A, L, N]
  // How each sub-frame stands out, averaged in dB so that soft bands count as much as loud ones.
  const auto envelope = at::matmul(to_db(power) - level.unsqueeze(-2), bands.group)
                            .transpose(-1, -2);  // [B, A, L, envelopes, 4]
  return at::cat({companded.flatten(-2), level, envelope.flatten(-2)}, -1)
      .transpose(1, 2)
      .flatten(2);  // [B, L, Z]
}

at::Tensor TransformAutoencoder::encode(const at::Tensor& audio) const {
  return (analyse(audio) - mean_) / std_;  // [B, L, Z]
}

at::Tensor TransformAutoencoder::noise(int64_t batch, int64_t length,
                                       const DecodeOptions& options) const {
  // Random signs: noise whose level in every band is exactly the one that was measured. They depend
  // on the latent's place alone, so that parts decoded apart fit together; each B hears the same.
  const int64_t bins = top_bin_ - low_bins_;
  auto signs = at::empty({1, 2, length, sub_frames_, bins}, at::TensorOptions(at::kFloat));
  float* out = signs.data_ptr<float>();
  for (int64_t channel = 0; channel < 2; ++channel) {
    for (int64_t frame = 0; frame < length * sub_frames_; ++frame) {
      const uint64_t place = static_cast<uint64_t>(options.first_latent * sub_frames_ + frame);
      uint64_t state = mix(options.seed * 2 + static_cast<uint64_t>(channel) + 1) + mix(place);
      uint64_t bits = 0;
      for (int64_t k = 0; k < bins; ++k) {
        if (k % 64 == 0) bits = mix(state += 0x9e3779b97f4a7c15ull);
        *out++ = (bits >> (k % 64)) & 1 ? 1.0f : -1.0f;
      }
    }
  }
  return signs.to(mean_.device()).expand({batch, 2, length, sub_frames_, bins});
}

at::Tensor TransformAutoencoder::decode(const at::Tensor& latents,
                                        const DecodeOptions& options) const {
  expect_shape(latents, {-1, -1, latent_width()}, "latents");
  const int64_t batch = latents.size(0), length = latents.size(1);
  if (length == 0) return at::zeros({batch, 2, 0}, mean_.options());
  const auto raw = (latents.to(mean_.device(), at::kFloat) * std_ + mean_)
                       .reshape({batch, length, 2, -1})
                       .transpose(1, 2);  // [B, A, L, Z/2]
  const auto companded = raw.slice(-1, 0, coefficients()).unflatten(-1, {sub_frames_, low_bins_});
  const auto low = companded * companded.abs();  // [B, A, L, 4, low]

  const Bands bands = bands_on(mean_.device());
  const auto level = raw.slice(-1, coefficients(), coefficients() + n_bands_)
                         .clamp(-10 * kDb * std::log(10.0), kLoudestDb);  // [B, A, L, N]
  // Straight lines in dB between the centres, then every band's mean power put right again.
  const auto line = at::matmul(level, bands.slope);  // [B, A, L, bins]
  const auto correction = level - to_db(at::matmul(to_power(line), bands.mean));
  auto gain = line + at::matmul(correction, bands.spread);  // [B, A, L, bins]
  gain = gain.unsqueeze(-2).expand({batch, 2, length, sub_frames_, gain.size(-1)});
  if (n_envelopes_ > 0) {
    const auto envelope = raw.slice(-1, coefficients() + n_bands_, raw.size(-1))
                              .unflatten(-1, {n_envelopes_, sub_frames_})
                              .clamp(-60.0, 60.0);  // [B, A, L, envelopes, 4]
    // The mean power over the latent is the level's business.
    const auto relative = envelope - to_db(to_power(envelope).mean(-1, /*keepdim=*/true));
    gain = gain + at::matmul(at::matmul(relative.transpose(-1, -2), bands.ungroup), bands.spread);
  }
  const auto high =
      at::exp(gain * (0.5 / kDb)) * noise(batch, length, options);  // [B, A, L, 4, bins]
  const auto spectrum = at::constant_pad_nd(at::cat({low, high}, -1), {0, hop() - top_bin_})
                            .reshape({batch, 2, length * sub_frames_, hop()});
  const auto mid_side = transform_.inverse(spectrum);  // [B, A, S]
  const auto mid = mid_side.select(1, 0), side = mid_side.select(1, 1);
  return at::stack({mid + side, mid - side}, 1);  // [B, A, S]
}

void TransformStatistics::add(const at::Tensor& audio) {
  const auto raw = autoencoder_.analyse(audio).flatten(0, 1).to(at::kCPU, at::kDouble);  // [B L, Z]
  count_ += raw.size(0);
  sum_ = sum_.defined() ? sum_ + raw.sum(0) : raw.sum(0);
  sum_of_squares_ =
      sum_of_squares_.defined() ? sum_of_squares_ + raw.square().sum(0) : raw.square().sum(0);
}

TransformStatistics::Moments TransformStatistics::pooled() const {
  if (count_ == 0) throw Error(Fault::kInternal, "statistics of no audio at all");
  const TransformAutoencoder& a = autoencoder_;
  auto mean = (sum_ / count_).reshape({2, -1}).clone();  // [A, Z/2]
  auto square = (sum_of_squares_ / count_).reshape({2, -1}).clone();
  // A number means the same in all sub-frames, so it gets one scale; coefficients have no mean.
  const int64_t n = a.coefficients(), levels_end = n + a.n_bands_;
  mean.slice(1, 0, n).zero_();
  auto low = square.slice(1, 0, n).unflatten(1, {a.sub_frames_, a.low_bins_});
  low.copy_(low.mean(1, /*keepdim=*/true).expand_as(low).clone());
  if (a.n_envelopes_ > 0) {
    for (at::Tensor* moment : {&mean, &square}) {
      auto envelope = moment->slice(1, levels_end, moment->size(1))
                          .unflatten(1, {a.n_envelopes_, a.sub_frames_});
      envelope.copy_(envelope.mean(2, /*keepdim=*/true).expand_as(envelope).clone());
    }
  }
  return {mean.flatten(), (square - mean.square()).flatten()};
}

at::Tensor TransformStatistics::mean() const {
  return pooled().mean.to(at::kFloat);
}

at::Tensor TransformStatistics::std() const {
  return pooled().variance.clamp_min(kLeastStd * kLeastStd).sqrt().to(at::kFloat);
}

}  // namespace heart::codec
