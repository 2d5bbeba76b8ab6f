// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The released convolutional autoencoder ("ScalarModel"): one channel at a time, causal but for two
// latents of look-ahead in the decoder, latents rounded to ninths before they are decoded.
// Source: HeartCodec, arXiv 2601.10547; SQ-Codec, arXiv 2504.02407.

#pragma once

#include "models/heartcodec/autoencoder.h"
#include "models/heartcodec/weight_norm.h"

#include <optional>
#include <vector>

namespace heart::codec {

/// PReLU(conv k7 dilated) → PReLU(conv k1) → + input.   [B, C, S] -> [B, C, S]
struct ResidualUnit {
  ResidualUnit(const Parameters& scope, int64_t channels, int64_t kernel, int64_t dilation);
  at::Tensor forward(const at::Tensor& x) const;

  CausalConv conv1, conv2;
  at::Tensor slope1, slope2;  // [1]
};

/// A plain causal convolution and a PReLU: the part of pre- and post-processor that has weights.
struct EdgeConv {
  EdgeConv(const Parameters& scope, int64_t channels, int64_t kernel);
  at::Tensor forward(const at::Tensor& x) const;

  at::Tensor weight, bias, slope;
  int64_t kernel;
};

/// Long sound is taken in pieces of some seconds, each with the past within reach, so memory stays flat.
/// Threads  const and re-entrant
class ScalarModel : public Autoencoder {
 public:
  /// `scope` is `scalar_model`.
  ScalarModel(const CodecConfig& config, const Parameters& scope);

  at::Tensor encode(const at::Tensor& audio) const override;
  at::Tensor decode(const at::Tensor& latents, const DecodeOptions& options = {}) const override;
  Reach encode_reach() const override { return encode_reach_; }
  Reach decode_reach() const override { return decode_reach_; }
  /// An odd last sample is dropped, as the released model does.
  int64_t latents_for(int64_t samples) const override;

  /// Values on the way, for tests.
  struct Trace {
    at::Tensor rounded;  // [B, Z/2, L]
    at::Tensor layer_0;  // decoder: after the look-ahead convolution
    at::Tensor
        layer_1;  // decoder: after the first block; encoder: after its second layer (the pre-processor)
  };
  // One channel: x [B, S] -> latents [B, L, Z/2], and back.
  at::Tensor encode_channel(const at::Tensor& x, Trace* trace = nullptr) const;
  at::Tensor decode_channel(const at::Tensor& latents, Trace* trace = nullptr) const;

 private:
  struct DownBlock {
    std::vector<ResidualUnit> units;
    CausalConv conv;
    at::Tensor slope;
  };
  struct UpBlock {
    CausalUpsample conv;
    std::vector<ResidualUnit> units;
  };

  int64_t pool_;       // samples per step of the outermost layers
  int64_t lookahead_;  // latents, on both sides
  CausalConv encoder_in_;
  std::optional<EdgeConv> pre_;  // none where a step is one sample
  std::vector<DownBlock> down_;
  CausalConv encoder_out_;
  CausalConv decoder_in_;  // run with padding on both sides
  std::vector<UpBlock> up_;
  std::optional<EdgeConv> post_;
  CausalConv decoder_out_;
  Reach encode_reach_, decode_reach_;
};

}  // namespace heart::codec
