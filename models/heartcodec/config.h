// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Every size of the codec, as its config.json states them (the released keys); the defaults are the
// released codec's. Free of torch. Any thread.

#pragma once

#include <cstdint>
#include <vector>

namespace heart {
class Config;
}

namespace heart::codec {

/// Which autoencoder stands between latents and sound, and its sizes.
struct AutoencoderConfig {
  enum class Type { kScalar, kTransform } type = Type::kScalar;

  // The released convolutional one ("ScalarModel"). Widths double with every strided convolution.
  int64_t init_channel = 64;
  int64_t latent_hidden_dim = 128;
  int64_t num_samples = 2;
  int64_t default_kernel_size = 7;
  int64_t delay_kernel_size = 5;
  int64_t res_kernel_size = 7;
  std::vector<int64_t> downsample_factors = {3, 4, 4, 4, 5};
  std::vector<int64_t> downsample_kernel_sizes = {6, 8, 8, 8, 10};
  std::vector<int64_t> upsample_factors = {5, 4, 4, 4, 3};
  std::vector<int64_t> upsample_kernel_sizes = {10, 8, 8, 8, 6};

  // The fixed lapped transform of small checkpoints, key "autoencoder".
  int64_t hop = 480;       // samples from one sub-frame to the next
  int64_t sub_frames = 4;  // per latent
  int64_t low_bins = 36;   // coefficients kept of every sub-frame
  int64_t bands = 24;      // noise bands above them
  int64_t envelopes = 1;   // groups of bands that share an envelope over the sub-frames; 0 = flat
  int64_t top_hz = 20000;  // where the bands end; silence above

  /// First coefficient of a sub-frame that stays silent.
  int64_t top_bin(int64_t sample_rate) const;
};

/// Sizes of RVQ, conditioning, velocity network and autoencoder.
struct CodecConfig {
  int64_t dim = 512;
  int64_t codebook_size = 8192;
  int64_t codebook_dim = 32;
  int64_t num_quantizers = 8;
  int64_t attention_head_dim = 64;
  int64_t in_channels = 1024;
  int64_t num_attention_heads = 24;
  int64_t num_layers = 24;
  int64_t num_layers_2 = 6;
  int64_t out_channels = 256;
  int64_t sample_rate = 48000;
  AutoencoderConfig autoencoder;

  /// Width of the first stage of the velocity network; the second is twice as wide.
  int64_t inner_dim() const { return num_attention_heads * attention_head_dim; }
  /// Samples per channel and latent.
  int64_t samples_per_latent() const;
  /// Latents per code frame: the conditioning repeats every frame so often.
  static constexpr int64_t kLatentsPerFrame = 2;

  /// Reads a config.json. Unknown keys are ignored, as upstream does; absent ones keep the default.
  /// Errors   Fault::kFile: a value of the wrong type or range, sizes that contradict each other
  static CodecConfig read(const Config& config);
};

/// Sizes of the light encoder (`"version": "light1"`), which makes codes from latents.
struct LightEncoderConfig {
  int64_t dim = 256;
  int64_t num_layers = 3;
  int64_t num_heads = 4;

  static LightEncoderConfig read(const Config& config);
};

}  // namespace heart::codec
