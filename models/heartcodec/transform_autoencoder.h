// SPDX-License-Identifier: LGPL-2.1-or-later
//
// An autoencoder that needs no training: mid and side, a lapped transform, its lowest coefficients kept
// exactly (companded, so that loud and soft weigh alike) and above them the levels of a few bands with
// the envelope of their sub-frames, decoded as noise of that shape. Every number is brought to zero
// mean and unit variance by statistics that lie in the checkpoint. Reach: half a sub-frame.
//
// One channel of one latent: low_bins · sub_frames coefficients (sub-frame by sub-frame), then `bands`
// levels, then envelopes · sub_frames envelope values. Mid first, side second.

#pragma once

#include "models/heartcodec/autoencoder.h"
#include "models/heartcodec/lapped_transform.h"

namespace heart::codec {

/// Threads  const and re-entrant
class TransformAutoencoder : public Autoencoder {
 public:
  /// `scope` is `transform_model`, which holds `mean` and `std` [Z].
  TransformAutoencoder(const CodecConfig& config, const Parameters& scope);

  at::Tensor encode(const at::Tensor& audio) const override;
  at::Tensor decode(const at::Tensor& latents, const DecodeOptions& options = {}) const override;
  Reach encode_reach() const override { return {-hop() / 2, samples_per_latent() + hop() / 2}; }
  Reach decode_reach() const override { return encode_reach(); }
  int64_t latents_for(int64_t samples) const override {
    return (samples + samples_per_latent() - 1) / samples_per_latent();
  }

  /// Latents before they are normalised.   audio [B, A, S] -> [B, L, Z]
  at::Tensor analyse(const at::Tensor& audio) const;
  /// Numbers per channel and latent, Z/2.
  static int64_t numbers_per_channel(const AutoencoderConfig& config);

 private:
  friend class TransformStatistics;
  int64_t hop() const { return transform_.hop(); }
  int64_t coefficients() const { return low_bins_ * sub_frames_; }
  /// Constant matrices between bands and bins, on a device.
  struct Bands {
    at::Tensor mean;     // [bins, N]: mean over a band's bins
    at::Tensor spread;   // [N, bins]: 1 where the bin belongs to the band
    at::Tensor slope;    // [N, bins]: straight lines between band centres
    at::Tensor group;    // [N, envelopes]: mean over the bands of an envelope
    at::Tensor ungroup;  // [envelopes, N]
  };
  Bands bands_on(const at::Device& device) const;
  at::Tensor noise(int64_t batch, int64_t length, const DecodeOptions& options) const;

  LappedTransform transform_;
  int64_t low_bins_, sub_frames_, n_bands_, n_envelopes_, top_bin_;
  at::Tensor mean_, std_;  // [Z]
  Bands bands_;            // on the CPU
};

/// Gathers the mean and spread of every number of a latent over as much audio as it is shown; a trainer
/// writes the results into the checkpoint's `transform_model.mean` and `.std`.
class TransformStatistics {
 public:
  explicit TransformStatistics(const TransformAutoencoder& autoencoder)
      : autoencoder_(autoencoder) {}
  /// audio [B, A, S]
  void add(const at::Tensor& audio);
  /// Latents seen so far.
  int64_t count() const { return count_; }
  at::Tensor mean() const;  // [Z] f32
  at::Tensor std() const;   // [Z] f32

 private:
  struct Moments {
    at::Tensor mean, variance;  // [Z] f64
  };
  Moments pooled() const;

  const TransformAutoencoder& autoencoder_;
  int64_t count_ = 0;
  at::Tensor sum_, sum_of_squares_;  // [Z] f64
};

}  // namespace heart::codec
