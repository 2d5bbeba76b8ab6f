// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Light encoder, RVQ, conditioning and velocity network as one thing to be trained: from latents to a
// loss. The networks are the very classes that repairs run.
// Source   flow matching, arXiv 2210.02747; VQ with commitment, arXiv 1711.00937

#pragma once

#include "models/heartcodec/autoencoder.h"
#include "models/heartcodec/conditioning.h"
#include "models/heartcodec/config.h"
#include "models/heartcodec/light_encoder.h"
#include "models/heartcodec/rvq.h"
#include "models/heartcodec/velocity_network.h"

#include <ATen/ATen.h>

#include <memory>

namespace heart::train {

/// What is trained: encoder and codebooks by the regressions alone, then everything behind the codes
/// with those held fixed (so that a language model can learn the codes meanwhile); or all at once.
enum class CodecStage { kBoth, kCodes, kFlow };

struct CodecWeights {
  double auxiliary = 0.5;
  double envelope = 0.5;
  double commitment = 0.25;
  double band = 2.0;  // of a band level against a coefficient, in the flow's loss
};

/// One part of a batch and all random choices made for it.
struct CodecPart {
  at::Tensor latents;  // [B, L, Z]
  at::Tensor mask;     // [B, L] int64
  at::Tensor noise;    // [B, L, Z]
  at::Tensor time;     // [B] in 0…1
  at::Tensor has_mu;   // [B] 0 or 1: codes shown to the velocity network
};

struct CodecLoss {
  at::Tensor total;
  at::Tensor flow, auxiliary, envelope,
      commitment;              // scalars, without gradient; 0 where not trained
  codec::Quantized quantized;  // vectors in the order [B, T]
};

/// Threads  forward is const; one thread per object while gradients flow
class CodecModel {
 public:
  /// Codec tensors are asked for under `flow_matching.`, the encoder's under `encoder.`, and the
  /// regression that only training needs under `auxiliary.`.
  CodecModel(const codec::CodecConfig& config, const codec::LightEncoderConfig& encoder_config,
             const Parameters& scope);

  CodecLoss loss(const CodecPart& part, const CodecWeights& weights, CodecStage stage) const;
  /// Latents to what the RVQ quantises.   [B, L, Z] -> [B, T, codebook_dim]
  at::Tensor projected(const at::Tensor& latents) const;
  at::Tensor encode(const at::Tensor& latents) const;  // [B, L, Z] -> codes [B, K, T]
  /// What the regression makes of quantised vectors.   [B, T, codebook_dim] -> [B, 2 T, Z]
  at::Tensor regress(const at::Tensor& vectors) const;

  const codec::Rvq& rvq() const { return rvq_; }
  const codec::Conditioning& conditioning() const { return conditioning_; }
  const codec::VelocityNetwork& velocity() const { return velocity_; }
  const codec::LightEncoder& encoder() const { return encoder_; }
  const codec::Autoencoder& autoencoder() const { return *autoencoder_; }

 private:
  /// The loss of the velocity network given quantised vectors.   vectors [B, T, codebook_dim] -> scalar
  at::Tensor flow_loss(const CodecPart& part, const at::Tensor& vectors, double band) const;

  codec::CodecConfig config_;
  std::unique_ptr<codec::Autoencoder> autoencoder_;
  codec::Rvq rvq_;
  codec::Conditioning conditioning_;
  codec::VelocityNetwork velocity_;
  codec::LightEncoder encoder_;
  codec::Linear auxiliary_, envelope_;
};

/// How strong each low coefficient's four sub-frames are together, and the band levels as they are:
/// what can be told of a latent without its phases.   [B, L, Z] -> [B, L, 2·(low_bins + bands)]
at::Tensor envelope_of(const at::Tensor& latents, const codec::AutoencoderConfig& layout);

/// 1 for coefficients, `band` for band levels.   [Z]
at::Tensor latent_weights(const codec::AutoencoderConfig& layout, double band, at::Device device);

}  // namespace heart::train
