// SPDX-License-Identifier: LGPL-2.1-or-later
//
// From sound to the features that the codec's RVQ turns into codes. Two kinds, by the `version` in the
// encoder's config.json: `light1` (light_encoder.h) and the released `vqv12` (encoder_vqv12/).

#pragma once

#include "models/base/job.h"
#include "models/checkpoint/parameters.h"
#include "models/heartcodec/autoencoder.h"
#include "models/heartcodec/config.h"

#include <ATen/ATen.h>

#include <memory>
#include <string>
#include <vector>

namespace heart {
class Config;
}

namespace heart::codec {

/// Threads  const and re-entrant
class CodeEncoder {
 public:
  virtual ~CodeEncoder() = default;

  /// Features at 12.5 Hz, ready for Rvq::encode.
  /// Shapes   audio [B, A, S] f32 at `rate`, A = 2 -> features [B, T, D], D = the codec's `dim`
  /// Units    frame t describes 80 ms from 80·t ms on; audio beyond its ends counts as silence
  /// Errors   Fault::kCancelled; kMemory
  virtual at::Tensor features(const at::Tensor& audio, int64_t rate, const Cancel& cancel = {},
                              const Progress& progress = {}) const = 0;
};

/// Builds the encoder that `config` names. `autoencoder` must outlive it; `scope` is the encoder
/// checkpoint without its `encoder.` prefix.
/// Errors   Fault::kFile: an unknown version
std::unique_ptr<CodeEncoder> make_code_encoder(const Config& config, const CodecConfig& codec,
                                               const Autoencoder& autoencoder,
                                               const Parameters& scope);

/// Patterns of tensors in the encoder's checkpoint that are stored but not used.
std::vector<std::string> encoder_ignorable(const Config& config);

}  // namespace heart::codec
