// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/audio/mel.h"

#include "models/audio/fft.h"

#include <algorithm>
#include <cmath>
#include <complex>

namespace heart {
namespace {

constexpr double kPi = 3.14159265358979323846;

}  // namespace

Eigen::ArrayXXd magnitudes(const std::vector<float>& plane, long begin, size_t frames,
                           size_t window, size_t hop) {
  RealFft fft(window);
  std::vector<double> shape(window), line(window);
  double sum = 0;
  for (size_t n = 0; n < window; ++n) {
    shape[n] = 0.5 - 0.5 * std::cos(2 * kPi * n / window);
    sum += shape[n];
  }
  for (double& weight : shape) weight /= sum / 2;
  std::vector<std::complex<double>> spectrum(fft.bins());
  Eigen::ArrayXXd out(fft.bins(), frames);
  const long size = static_cast<long>(plane.size());
  for (size_t k = 0; k < frames; ++k) {
    const long start = begin + static_cast<long>(k * hop);
    const long from = std::clamp(-start, 0L, static_cast<long>(window));
    const long to = std::clamp(size - start, from, static_cast<long>(window));
    std::fill(line.begin(), line.end(), 0.0);
    for (long n = from; n < to; ++n) line[n] = plane[start + n] * shape[n];
    fft.forward(line.data(), spectrum.data());
    for (size_t bin = 0; bin < fft.bins(); ++bin) out(bin, k) = std::abs(spectrum[bin]);
  }
  return out;
}

Eigen::ArrayXXd power_frames(const Planes& audio, long begin, size_t frames, size_t window,
                             size_t hop) {
  Eigen::ArrayXXd power = Eigen::ArrayXXd::Zero(window / 2 + 1, frames);
  for (const auto& plane : audio) power += magnitudes(plane, begin, frames, window, hop).square();
  return power;
}

Eigen::MatrixXd mel_bank(int rate_hz, size_t window, int bands, double low_hz, double high_hz) {
  high_hz = std::min(high_hz, rate_hz / 2.0);
  const auto mel = [](double hz) { return 2595 * std::log10(1 + hz / 700); };
  std::vector<double> points(bands + 2);
  for (int i = 0; i < bands + 2; ++i) {
    const double at = mel(low_hz) + (mel(high_hz) - mel(low_hz)) * i / (bands + 1);
    points[i] = 700 * (std::pow(10, at / 2595) - 1);
  }
  const int bins = static_cast<int>(window / 2 + 1);
  Eigen::MatrixXd bank = Eigen::MatrixXd::Zero(bands, bins);
  for (int band = 0; band < bands; ++band) {
    const double low = points[band], centre = points[band + 1], high = points[band + 2];
    for (int bin = 0; bin < bins; ++bin) {
      const double hz = static_cast<double>(bin) * rate_hz / window;
      bank(band, bin) =
          std::max(0.0, std::min((hz - low) / (centre - low), (high - hz) / (high - centre)));
    }
    if (bank.row(band).sum() == 0) {
      const int nearest = static_cast<int>(std::lround(centre * window / rate_hz));
      bank(band, std::min(nearest, bins - 1)) = 1;
    }
  }
  return bank;
}

Eigen::ArrayXXd log_mel(const Eigen::MatrixXd& bank, const Eigen::ArrayXXd& power,
                        double floor_db) {
  const double floor = std::pow(10, floor_db / 10);
  return 10 * (bank * power.matrix()).array().max(floor).log10();
}

Eigen::ArrayXXd chroma(const Eigen::ArrayXXd& power, int rate_hz, size_t window, double low_hz,
                       double high_hz) {
  Eigen::ArrayXXd classes = Eigen::ArrayXXd::Zero(12, power.cols());
  for (Eigen::Index bin = 1; bin < power.rows(); ++bin) {
    const double hz = static_cast<double>(bin) * rate_hz / window;
    if (hz < low_hz || hz > high_hz) continue;
    const long pitch = std::lround(69 + 12 * std::log2(hz / 440));
    classes.row(((pitch % 12) + 12) % 12) += power.row(bin);
  }
  return classes.sqrt();
}

}  // namespace heart
