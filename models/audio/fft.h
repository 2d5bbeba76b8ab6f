// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Real transforms and the correlations built on them, over Eigen's FFT (kissfft inside). Nothing is
// cached between calls, so every function is re-entrant and gives the same bits on every thread.

#pragma once

#include <complex>
#include <cstddef>
#include <vector>

namespace heart {

/// Smallest size ≥ n whose only prime factors are 2, 3 and 5, and a multiple of 4 (kissfft's real
/// transforms take twice as long for others).
size_t fast_fft_size(size_t n);

/// One size of real transform with its tables. Not for two threads at a time.
class RealFft {
 public:
  explicit RealFft(size_t size);
  ~RealFft();
  RealFft(const RealFft&) = delete;
  RealFft& operator=(const RealFft&) = delete;

  size_t size() const { return size_; }
  size_t bins() const { return size_ / 2 + 1; }
  /// x [size] -> spectrum [bins]
  void forward(const double* x, std::complex<double>* spectrum);
  /// spectrum [bins] -> x [size], scaled so that inverse(forward(x)) = x
  void inverse(const std::complex<double>* spectrum, double* x);

 private:
  struct Tables;
  size_t size_;
  Tables* tables_;
};

/// r[lag] = Σ x[n]·x[n+lag], lag = 0…max_lag.
std::vector<double> autocorrelation(const double* x, size_t size, size_t max_lag);

/// c[shift] = Σ pattern[n]·signal[n+shift] for every shift at which the pattern lies wholly inside
/// the signal: signal_size − pattern_size + 1 values, none if the pattern is longer.
std::vector<double> correlate_valid(const double* signal, size_t signal_size, const double* pattern,
                                    size_t pattern_size);

}  // namespace heart
