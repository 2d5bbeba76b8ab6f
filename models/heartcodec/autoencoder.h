// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What stands between sound and latents. Two kinds, chosen by the codec's config: the released
// convolutional one (scalar_model.h) and a fixed lapped transform (transform_autoencoder.h). Callers
// ask it for its reach and need not know which one they have.

#pragma once

#include "models/checkpoint/parameters.h"
#include "models/heartcodec/config.h"

#include <ATen/ATen.h>

#include <cstdint>
#include <memory>
#include <utility>

namespace heart::codec {

/// Half-open range of samples, counted from a latent's own first sample (samples_per_latent() · t).
struct Reach {
  int64_t begin = 0;
  int64_t end = 0;
};

struct DecodeOptions {
  uint64_t seed = 0;         // of the noise, where the autoencoder uses any
  int64_t first_latent = 0;  // place of the first latent in the whole, so that parts fit together
};

/// Runs where its weights are, whichever device the input comes from: see autoencoder_device().
/// Threads  const and re-entrant
class Autoencoder {
 public:
  virtual ~Autoencoder() = default;

  /// Sound to latents, those of the left (or mid) channel first in the width.
  /// Shapes   audio [B, A, S] f32, A = 2 -> latents [B, L, Z] f32, L = latents_for(S)
  /// Units    audio at sample_rate() with full scale at ±1; mono is duplicated by the caller
  virtual at::Tensor encode(const at::Tensor& audio) const = 0;

  /// Latents to sound.
  /// Shapes   latents [B, L, Z] -> audio [B, A, samples_per_latent() · L] f32
  virtual at::Tensor decode(const at::Tensor& latents, const DecodeOptions& options = {}) const = 0;

  /// The samples that latent t depends on: [spl·t + begin, spl·t + end).
  virtual Reach encode_reach() const = 0;
  /// The samples that latent t has a say in: [spl·t + begin, spl·t + end).
  virtual Reach decode_reach() const = 0;

  virtual int64_t latents_for(int64_t samples) const = 0;
  int64_t samples_per_latent() const { return samples_per_latent_; }
  int64_t latent_width() const { return latent_width_; }
  int64_t sample_rate() const { return sample_rate_; }

  /// The samples of latents [begin, end) as decode of all would make them, from these latents and
  /// those within reach only.   -> [B, A, samples_per_latent() · (end - begin)]
  at::Tensor decode_span(const at::Tensor& latents, int64_t begin, int64_t end,
                         const DecodeOptions& options = {}) const;

 protected:
  explicit Autoencoder(const CodecConfig& config)
      : samples_per_latent_(config.samples_per_latent()),
        latent_width_(config.out_channels),
        sample_rate_(config.sample_rate) {}

 private:
  int64_t samples_per_latent_, latent_width_, sample_rate_;
};

/// Those of `length` latents that have a say in the samples of latents [begin, end): [first, second).
std::pair<int64_t, int64_t> latents_within_reach(const Autoencoder& autoencoder, int64_t length,
                                                 int64_t begin, int64_t end);

/// Where the autoencoder runs when the other networks run on `device`: beside them, except that the released
/// one stays on the CPU where that device is MPS, which does not take convolutions as long as its.
at::Device autoencoder_device(const CodecConfig& config, at::Device device);

/// The kind that the config names. `root` is the checkpoint's top.
std::unique_ptr<Autoencoder> make_autoencoder(const CodecConfig& config, const Parameters& root);

}  // namespace heart::codec
