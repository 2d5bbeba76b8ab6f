// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/audio/fft.h"

#include <algorithm>
#include <unsupported/Eigen/FFT>

namespace heart {

size_t fast_fft_size(size_t n) {
  for (size_t size = std::max<size_t>(4, (n + 3) / 4 * 4);; size += 4) {
    size_t rest = size;
    for (size_t prime : {2, 3, 5}) {
      while (rest % prime == 0) rest /= prime;
    }
    if (rest == 1) return size;
  }
}

struct RealFft::Tables {
  Eigen::FFT<double> fft;
};

RealFft::RealFft(size_t size) : size_(size), tables_(new Tables) {
  tables_->fft.SetFlag(Eigen::FFT<double>::HalfSpectrum);
}

RealFft::~RealFft() {
  delete tables_;
}

void RealFft::forward(const double* x, std::complex<double>* spectrum) {
  tables_->fft.fwd(spectrum, x, static_cast<Eigen::Index>(size_));
}

void RealFft::inverse(const std::complex<double>* spectrum, double* x) {
  tables_->fft.inv(x, spectrum, static_cast<Eigen::Index>(size_));
}

std::vector<double> autocorrelation(const double* x, size_t size, size_t max_lag) {
  RealFft fft(fast_fft_size(size + max_lag + 1));
  std::vector<double> padded(fft.size(), 0.0);
  std::copy(x, x + size, padded.begin());
  std::vector<std::complex<double>> spectrum(fft.bins());
  fft.forward(padded.data(), spectrum.data());
  for (auto& bin : spectrum) bin = std::norm(bin);
  fft.inverse(spectrum.data(), padded.data());
  padded.resize(max_lag + 1);
  return padded;
}

std::vector<double> correlate_valid(const double* signal, size_t signal_size, const double* pattern,
                                    size_t pattern_size) {
  if (pattern_size == 0 || pattern_size > signal_size) return {};
  // Circular wrap-around only reaches the shifts that are thrown away below.
  RealFft fft(fast_fft_size(signal_size));
  std::vector<double> buffer(fft.size(), 0.0);
  std::vector<std::complex<double>> a(fft.bins()), b(fft.bins());
  std::copy(signal, signal + signal_size, buffer.begin());
  fft.forward(buffer.data(), a.data());
  std::fill(buffer.begin(), buffer.end(), 0.0);
  std::copy(pattern, pattern + pattern_size, buffer.begin());
  fft.forward(buffer.data(), b.data());
  for (size_t k = 0; k < a.size(); ++k) a[k] *= std::conj(b[k]);
  fft.inverse(a.data(), buffer.data());
  buffer.resize(signal_size - pattern_size + 1);
  return buffer;
}

}  // namespace heart
