// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Modified discrete cosine transform with a sine window: perfectly reconstructing, critically sampled.
// Frame m covers samples hop·m - hop/2 to hop·(m+1) + hop/2. Folding, then an orthonormal DCT-IV by one
// complex FFT of half the length.
// Source: Princen, Johnson, Bradley, ICASSP 1987.

#pragma once

#include <ATen/ATen.h>

#include <array>
#include <mutex>

namespace heart::codec {

/// Threads  const and re-entrant
class LappedTransform {
 public:
  explicit LappedTransform(int64_t hop) : hop_(hop) {}

  /// Beyond both ends the signal counts as 0.   x [..., hop · M] -> coefficients [..., M, hop]
  at::Tensor forward(const at::Tensor& x) const;
  /// Mean of the squares of the cosine and the sine transform: the strength of every coefficient as it
  /// would be at a typical phase. A steady tone holds still in it, while its coefficients come and go.
  /// x [..., hop · M] -> power [..., M, hop]
  at::Tensor power(const at::Tensor& x) const;
  /// The first and last hop/2 samples lack their neighbour frame and come back faded.
  /// coefficients [..., M, hop] -> x [..., hop · M]
  at::Tensor inverse(const at::Tensor& coefficients) const;

  int64_t hop() const { return hop_; }

 private:
  struct Tables {
    at::Tensor window;   // [2 hop]
    at::Tensor twiddle;  // [hop/2] complex
  };
  /// f32 tables on a device; built on first use.
  Tables tables(const at::Device& device) const;
  /// Orthonormal, and so its own inverse.   [..., hop] -> [..., hop]
  at::Tensor dct4(const at::Tensor& x, const Tables& table) const;
  /// The quarters of every windowed frame, each [..., M, hop/2].
  std::array<at::Tensor, 4> quarters(const at::Tensor& x, const Tables& table) const;

  int64_t hop_;
  mutable std::mutex lock_;
  mutable Tables cpu_, other_;  // under lock_
};

}  // namespace heart::codec
