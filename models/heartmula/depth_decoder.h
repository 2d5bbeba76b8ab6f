// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The second stack of the language model: from the backbone's hidden state of one frame, its codes one
// codebook after the other. Each frame is a sequence of its own, of K positions: the hidden state, then
// the codes 0…K−2; the output at position k gives codebook k's logits, k ≥ 1.
// Source   HeartMuLa, arXiv 2601.10547; the scheme of CSM and Moshi (arXiv 2410.00037)

#pragma once

#include "models/heartmula/embeddings.h"
#include "models/heartmula/transformer.h"

namespace heart {

class DepthDecoder {
 public:
  /// Asks for "decoder.…", "projection.weight" and "audio_head".
  DepthDecoder(const HeartMulaConfig& config, const Parameters& params);

  /// All logits of frames whose codes are known (training, scoring).
  /// Shapes   hidden [M, D], codes [M, K] -> [M, K − 1, V], of codebooks 1…K−1
  at::Tensor logits(const Embeddings& embeddings, const at::Tensor& hidden,
                    const at::Tensor& codes) const;

  /// One frame, code by code: begin() takes the hidden states and the first codes and gives codebook 1's
  /// logits; each next() takes codebook k's codes and gives codebook k + 1's.
  class Steps {
   public:
    Steps(const DepthDecoder& decoder, const Embeddings& embeddings, int64_t batch);
    at::Tensor begin(const at::Tensor& hidden, const at::Tensor& codes);  // [B, D], [B] -> [B, V]
    at::Tensor next(int64_t k, const at::Tensor& codes);                  // [B] -> [B, V]

   private:
    const DepthDecoder& decoder_;
    const Embeddings& embeddings_;
    KvCache cache_;
  };

 private:
  Transformer stack_;
  at::Tensor projection_;  // [Dd, D]
  at::Tensor heads_;       // [K − 1, Dd, V]
};

}  // namespace heart
