// SPDX-License-Identifier: LGPL-2.1-or-later
//
// One layer of the Wav2Vec2-Conformer: half a feed-forward, attention, convolution, the other half.
// Source: Conformer, arXiv 2005.08100; names and quirks of transformers' wav2vec2_conformer.

#pragma once

#include "models/base/job.h"
#include "models/heartcodec/encoder_vqv12/config.h"
#include "models/heartcodec/encoder_vqv12/layers.h"

#include <ATen/ATen.h>

#include <string>

namespace heart::vqv12 {

class ConformerFeedForward {
 public:
  ConformerFeedForward(const ConformerConfig& config, const Parameters& scope);
  at::Tensor forward(const at::Tensor& x) const;  // [B, L, D] -> [B, L, D]

 private:
  Linear up_, down_;
  Activation activation_;
};

/// Attention whose input, and not its queries and keys, is rotated: q and k are projections of the
/// rotated input, v of the plain one. The released model was trained so.
class ConformerAttention {
 public:
  ConformerAttention(const ConformerConfig& config, const Parameters& scope);
  at::Tensor forward(const at::Tensor& x, const Rotary& rotary, const Cancel& cancel) const;

 private:
  int64_t heads_;
  Linear q_, k_, v_, out_;
};

/// LayerNorm, pointwise to twice the width, a·σ(b), depthwise, batch norm, activation, pointwise.
class ConformerConvolution {
 public:
  ConformerConvolution(const ConformerConfig& config, const Parameters& scope);
  at::Tensor forward(const at::Tensor& x) const;

 private:
  LayerNorm norm_;
  Conv1d widen_, depthwise_, narrow_;
  BatchNorm batch_norm_;
  Activation activation_;
};

/// Threads  const and re-entrant
class ConformerLayer {
 public:
  ConformerLayer(const ConformerConfig& config, const Parameters& scope);
  at::Tensor forward(const at::Tensor& x, const Rotary& rotary, const Cancel& cancel) const;

 private:
  LayerNorm ffn1_norm_, attention_norm_, ffn2_norm_, final_norm_;
  ConformerFeedForward ffn1_, ffn2_;
  ConformerAttention attention_;
  ConformerConvolution convolution_;
};

}  // namespace heart::vqv12
