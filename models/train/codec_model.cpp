// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/train/codec_model.h"

#include <c10/core/DispatchKeySet.h>
#include <c10/core/impl/LocalDispatchKeySet.h>

namespace heart::train {
namespace {

constexpr double kLeastNoise = 1e-6;  // as in flow_solver.cpp: what is left of the noise at t = 1

// The RVQ's features for straight-through vectors: gradients pass the quantiser as if it were not there.
at::Tensor straight_through(const at::Tensor& vectors, const at::Tensor& quantized) {
  return vectors + (quantized - vectors).detach();
}

}  // namespace

at::Tensor envelope_of(const at::Tensor& latents, const codec::AutoencoderConfig& layout) {
  const int64_t coefficients = layout.low_bins * layout.sub_frames;
  const auto channels = latents.unflatten(-1, {2, -1});  // [B, L, A, Z/2]
  const auto low =
      channels.slice(-1, 0, coefficients).unflatten(-1, {layout.sub_frames, layout.low_bins});
  const auto strength = (low.square().mean(-2) + 1e-6).sqrt();  // [B, L, A, low]
  const auto levels = channels.slice(-1, coefficients, coefficients + layout.bands);
  return at::cat({strength, levels}, -1).flatten(-2);  // [B, L, 2 (low + bands)]
}

at::Tensor latent_weights(const codec::AutoencoderConfig& layout, double band, at::Device device) {
  const int64_t coefficients = layout.low_bins * layout.sub_frames;
  auto weights = at::ones({2, coefficients + layout.bands + layout.envelopes * layout.sub_frames});
  weights.slice(1, coefficients, weights.size(1)).fill_(band);
  weights.div_(weights.mean());
  return weights.flatten().to(device);  // [Z]
}

CodecModel::CodecModel(const codec::CodecConfig& config,
                       const codec::LightEncoderConfig& encoder_config, const Parameters& scope)
    : config_(config),
      autoencoder_(codec::make_autoencoder(config, scope)),
      rvq_(config, scope["flow_matching"]["vq_embed"]),
      conditioning_(config, scope["flow_matching"]),
      velocity_(config, scope["flow_matching"]["estimator"]),
      encoder_(encoder_config, config, *autoencoder_, scope["encoder"]),
      auxiliary_(scope["auxiliary"]["latents"], config.codebook_dim,
                 codec::CodecConfig::kLatentsPerFrame * config.out_channels),
      envelope_(scope["auxiliary"]["envelope"], config.codebook_dim,
                codec::CodecConfig::kLatentsPerFrame * 2 *
                    (config.autoencoder.low_bins + config.autoencoder.bands)) {}

at::Tensor CodecModel::projected(const at::Tensor& latents) const {
  const at::Tensor features = encoder_.features_of_latents(latents).to(at::kFloat);  // [B, T, D]
  const c10::impl::ExcludeDispatchKeyGuard exact(c10::autocast_dispatch_keyset);
  return rvq_.project_in(features);  // [B, T, C]
}

at::Tensor CodecModel::encode(const at::Tensor& latents) const {
  return rvq_.encode(encoder_.features_of_latents(latents));
}

at::Tensor CodecModel::regress(const at::Tensor& vectors) const {
  const int64_t per_frame = codec::CodecConfig::kLatentsPerFrame;
  return auxiliary_.forward(vectors).unflatten(-1, {per_frame, -1}).flatten(1, 2);  // [B, L, Z]
}

at::Tensor CodecModel::flow_loss(const CodecPart& part, const at::Tensor& vectors,
                                 double band) const {
  const int64_t batch = part.latents.size(0);
  // mu of all zeros is what guidance calls "without codes".
  const at::Tensor mu = conditioning_.forward(rvq_.project_out(vectors)).to(at::kFloat) *
                        part.has_mu.view({batch, 1, 1});  // [B, L, D]
  const at::Tensor is_made =
      (part.mask == static_cast<int64_t>(codec::kGenerate)).unsqueeze(-1).to(at::kFloat);
  const at::Tensor context = part.latents * (1 - is_made);  // [B, L, Z]
  const at::Tensor t = part.time.view({batch, 1, 1});
  const at::Tensor x = (1 - (1 - kLeastNoise) * t) * part.noise + t * part.latents;
  const at::Tensor target = part.latents - (1 - kLeastNoise) * part.noise;  // dx/dt
  const at::Tensor v = velocity_.forward(x, context, mu, part.time);        // [B, L, Z]
  const at::Tensor scale = latent_weights(config_.autoencoder, band, part.latents.device());
  const at::Tensor error = ((v.to(at::kFloat) - target).square() * scale).mean(-1, true) * is_made;
  return error.sum() / is_made.sum().clamp_min(1);
}

CodecLoss CodecModel::loss(const CodecPart& part, const CodecWeights& weights,
                           CodecStage stage) const {
  CodecLoss loss;
  const at::Tensor none = at::zeros({}, part.latents.options());
  if (stage == CodecStage::kFlow) {
    at::Tensor entries;
    {
      const at::NoGradGuard fixed;
      const at::Tensor vectors = projected(part.latents);  // [B, T, C]
      const c10::impl::ExcludeDispatchKeyGuard exact(c10::autocast_dispatch_keyset);
      loss.quantized = rvq_.quantize(vectors.flatten(0, 1));
      entries = loss.quantized.vectors.view_as(vectors);
    }
    loss.total = flow_loss(part, entries, weights.band);
    loss.flow = loss.total.detach();
    loss.auxiliary = loss.envelope = loss.commitment = none;
    return loss;
  }

  const at::Tensor vectors = projected(part.latents);  // [B, T, C]
  {
    // Nearness is decided by small differences, whatever the networks run in.
    const c10::impl::ExcludeDispatchKeyGuard exact(c10::autocast_dispatch_keyset);
    loss.quantized = rvq_.quantize(vectors.flatten(0, 1));
  }
  const at::Tensor entries = loss.quantized.vectors.view_as(vectors);  // [B, T, C]
  const at::Tensor commitment = (vectors - entries).square().mean();
  const at::Tensor passed = straight_through(vectors, entries);  // [B, T, C]

  const at::Tensor latent_error = (regress(passed).to(at::kFloat) - part.latents).square();
  const at::Tensor auxiliary = latent_error.mean();
  const int64_t per_frame = codec::CodecConfig::kLatentsPerFrame;
  const at::Tensor told =
      envelope_.forward(passed).to(at::kFloat).unflatten(-1, {per_frame, -1}).flatten(1, 2);
  const at::Tensor envelope =
      (told - envelope_of(part.latents, config_.autoencoder)).square().mean();

  const at::Tensor flow = stage == CodecStage::kBoth ? flow_loss(part, passed, weights.band) : none;
  loss.total = flow + weights.auxiliary * auxiliary + weights.envelope * envelope +
               weights.commitment * commitment;
  loss.flow = flow.detach();
  loss.auxiliary = auxiliary.detach();
  loss.envelope = envelope.detach();
  loss.commitment = commitment.detach();
  return loss;
}

}  // namespace heart::train
