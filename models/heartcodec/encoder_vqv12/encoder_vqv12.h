// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The released encoder: sound at any rate to the vectors at 12.5 Hz that the codec's RVQ turns into
// codes. Follows the encoder of the HeartCodec release (September 2026); sizes from its config.json.

#pragma once

#include "models/base/job.h"
#include "models/heartcodec/code_encoder.h"
#include "models/heartcodec/encoder_vqv12/config.h"
#include "models/heartcodec/encoder_vqv12/feature_extractors.h"
#include "models/heartcodec/encoder_vqv12/query_transformer.h"

#include <ATen/ATen.h>

#include <memory>
#include <string>
#include <vector>

namespace heart::vqv12 {

/// Sound is cut into chunks (29.76 s at full size), each padded with zeros and encoded by itself: the
/// network sees both directions, so damage anywhere in a chunk changes the codes around it.
/// Threads  const and re-entrant
class Encoder : public codec::CodeEncoder {
 public:
  /// `scope` is the encoder's checkpoint without its `encoder.` prefix.
  Encoder(const Vqv12Config& config, const Parameters& scope);

  /// Tensors that a checkpoint holds and nothing here reads (fnmatch patterns): layers behind the last
  /// one whose output is used, training state, tables that are computed.
  static std::vector<std::string> ignorable(const Vqv12Config& config);

  /// Shapes   wave [1 or 2, S] float -> [T, D] float32, T = frames_of(S at 24 kHz)
  /// Units    rate in Hz; full scale at ±1
  /// Errors   Fault::kInput: channels other than 1 or 2, no samples; kCancelled between layers
  /// Progress "encode", after each listener of each channel; two equal channels cost one
  at::Tensor forward(const at::Tensor& wave, int64_t rate_hz, const Cancel& cancel = {},
                     const Progress& progress = {}) const;

  /// The same for a batch.   audio [B, 1 or 2, S] -> [B, T, D]
  at::Tensor features(const at::Tensor& audio, int64_t rate_hz, const Cancel& cancel = {},
                      const Progress& progress = {}) const override;

  /// Codes that `samples` at 24 kHz become: one more than fit, never more than the chunks hold.
  int64_t frames_of(int64_t samples) const;
  const Vqv12Config& config() const { return config_; }

  // The stages, for comparison with the reference.
  const FeatureExtractors& extractors() const { return extractors_; }
  const QueryTransformer& query() const { return query_; }

 private:
  Vqv12Config config_;
  FeatureExtractors extractors_;
  QueryTransformer query_;
};

/// The encoder of a config with `"version": "vqv12"`, for the codec whose `dim` it must share.
/// Errors   Fault::kFile: what Vqv12Config::read refuses, or another width than the codec's
std::unique_ptr<codec::CodeEncoder> make_encoder(const Config& config,
                                                 const codec::CodecConfig& codec,
                                                 const Parameters& scope);

}  // namespace heart::vqv12
