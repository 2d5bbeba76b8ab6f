// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Modified discrete cosine transform with a sine window: perfectly reconstructing, critically sampled.
// Frame m covers samples hop·m - hop/2 to hop·(m+1) + hop/2. Folding and one product with the
// orthonormal DCT-IV matrix, which at these sizes is as fast as an FFT and runs on every device.
// Source: Princen, Johnson, Bradley, ICASSP 1987.

#pragma once

#include <ATen/ATen.h>

#include <mutex>

namespace heart::codec {

/// Threads  const and re-entrant
class LappedTransform {
 public:
  explicit LappedTransform(int64_t hop) : hop_(hop) {}

  /// Beyond both ends the signal counts as 0.   x [..., hop · M] -> coefficients [..., M, hop]
  at::Tensor forward(const at::Tensor& x) const;
  /// The first and last hop/2 samples lack their neighbour frame and come back faded.
  /// coefficients [..., M, hop] -> x [..., hop · M]
  at::Tensor inverse(const at::Tensor& coefficients) const;

  int64_t hop() const { return hop_; }

 private:
  struct Tables {
    at::Tensor window;  // [2 hop]
    at::Tensor cosine;  // [hop, hop], orthonormal and symmetric
  };
  /// f32 tables on a device; built on first use.
  Tables tables(const at::Device& device) const;

  int64_t hop_;
  mutable std::mutex lock_;
  mutable Tables cpu_, other_;  // under lock_
};

}  // namespace heart::codec
