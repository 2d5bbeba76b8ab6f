// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Linear prediction: an autoregressive model fitted to one or several stretches of one signal, and
// what follows from it (continuation, residual). Doubles throughout: tonal music brings prediction
// gains of 60 dB, which float cannot hold at order 2048. Pure functions, any thread.

#pragma once

#include <cstddef>
#include <vector>

namespace heart {

/// x[n] ≈ −Σ a[k]·x[n−k], k = 1…order; a[0] = 1.
struct Predictor {
  std::vector<double> a{1.0};
  double gain = 1;  // power of the signal over power of the prediction error, ≥ 1
  int order() const { return static_cast<int>(a.size()) - 1; }
};

/// A stretch of one signal, not owned.
struct Stretch {
  const double* data = nullptr;
  size_t size = 0;
};

/// Fits a stable predictor by Burg's method, minimising forward and backward errors summed over all
/// stretches. The order is lowered to what the shortest stretch can carry (its length − 1).
/// Units    cost O(Σ size · log + 8 · order²): the reflection coefficients are found from
///          autocorrelations, not from filtered signals
/// Errors   none; silence gives the predictor of order 0
/// Source   Burg 1975; recursion of K. Vos, "A Fast Implementation of Burg's Method", 2013,
///          summed over stretches
Predictor fit_burg(const std::vector<Stretch>& stretches, int order);

/// Continues `past` by `count` samples with no new excitation. Uses the last order() samples.
std::vector<double> extrapolate(const Predictor& predictor, const Stretch& past, size_t count);

/// The same towards earlier times: out[0] is the earliest, out[count−1] precedes future.data[0].
std::vector<double> extrapolate_backward(const Predictor& predictor, const Stretch& future,
                                         size_t count);

/// Prediction error of every sample of x; samples before its beginning count as zero.
std::vector<double> residual(const Predictor& predictor, const Stretch& x);

}  // namespace heart
