// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What enters the backbone. One position is K audio codes and one text token in parallel; its embedding is
// the sum over the columns that its mask lets through.

#pragma once

#include "models/checkpoint/parameters.h"
#include "models/heartmula/lm_config.h"

namespace heart {

class Embeddings {
 public:
  Embeddings(const HeartMulaConfig& config, const Parameters& params);

  /// Any mixture of positions. Rows of muq [B, T] (bool) get the reference slot's embedding, which for the
  /// empty reference is the bias of its projection. Rows of the batch with `unconditional` [B] (bool,
  /// or undefined) get the unconditional embedding for every text token and for the slot.
  /// Shapes   tokens and mask [B, T, K + 1], text last -> [B, T, D]
  at::Tensor positions(const at::Tensor& tokens, const at::Tensor& mask, const at::Tensor& muq,
                       const at::Tensor& unconditional = {}) const;

  /// Frames of audio: codes [B, K, T] -> [B, T, D]
  at::Tensor frames(const at::Tensor& codes) const;
  /// One column of them: codes of codebook k, [...] -> [..., D]
  at::Tensor code(int64_t k, const at::Tensor& codes) const;

 private:
  int64_t num_codebooks_, audio_vocab_size_;
  at::Tensor text_;           // [text vocabulary, D]
  at::Tensor audio_;          // [K·V, D], codebook k from row k·V
  at::Tensor unconditional_;  // [1, D]
  at::Tensor muq_weight_, muq_bias_;
  at::Tensor offsets_;  // [K] int64: k·V
};

}  // namespace heart
