// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/audio/metrics.h"

#include "models/audio/fft.h"
#include "models/audio/mel.h"
#include "models/base/error.h"

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <complex>

namespace heart {
namespace {

using Eigen::ArrayXXd;

constexpr double kPi = 3.14159265358979323846;

double decibel(double power) {
  return 10 * std::log10(std::max(power, 1e-10));
}

double mean_power(const Planes& audio, size_t begin, size_t end) {
  double sum = 0;
  for (const auto& plane : audio) {
    for (size_t n = begin; n < end; ++n) sum += static_cast<double>(plane[n]) * plane[n];
  }
  const double count = static_cast<double>(end - begin) * audio.size();
  return count > 0 ? sum / count : 0;
}

// Frames on the file's grid that touch [begin, end).
struct FrameRange {
  long begin;
  size_t count;
};
FrameRange frames_touching(size_t begin, size_t end, size_t window, size_t hop) {
  const size_t first = begin < window ? 0 : (begin - window) / hop + 1;
  return {static_cast<long>(first * hop), (end - 1) / hop - first + 1};
}

// Taps of the whitening filter 1 + a1 z^-1 … by the autocorrelation method.
std::vector<double> whitening_filter(const float* x, size_t size, int order) {
  std::vector<double> windowed(size);
  for (size_t n = 0; n < size; ++n) {
    windowed[n] = x[n] * (0.5 - 0.5 * std::cos(2 * kPi * n / (size - 1)));
  }
  std::vector<double> r(order + 1, 0.0), taps(order + 1, 0.0);
  for (int lag = 0; lag <= order && lag < static_cast<int>(size); ++lag) {
    for (size_t n = lag; n < size; ++n) r[lag] += windowed[n] * windowed[n - lag];
  }
  taps[0] = 1;
  if (r[0] <= 0) return taps;
  r[0] *= 1 + 1e-9;
  Eigen::MatrixXd toeplitz(order, order);
  Eigen::VectorXd side(order);
  for (int i = 0; i < order; ++i) {
    for (int j = 0; j < order; ++j) toeplitz(i, j) = r[std::abs(i - j)];
    side[i] = -r[i + 1];
  }
  const Eigen::VectorXd solution = toeplitz.ldlt().solve(side);
  std::copy(solution.data(), solution.data() + order, taps.begin() + 1);
  return taps;
}

// RMS of every run of one millisecond.
std::vector<double> millisecond_levels(const std::vector<double>& x, size_t begin, size_t end,
                                       size_t millisecond) {
  std::vector<double> levels;
  double sum = 0;
  std::vector<double> total{0.0};
  for (size_t n = begin; n < end; ++n) total.push_back(sum += x[n] * x[n]);
  for (size_t n = millisecond; n < total.size(); ++n) {
    levels.push_back(std::sqrt(std::max(0.0, (total[n] - total[n - millisecond]) / millisecond)));
  }
  return levels;
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  const size_t half = values.size() / 2;
  std::nth_element(values.begin(), values.begin() + half, values.end());
  if (values.size() % 2) return values[half];
  return (values[half] + *std::max_element(values.begin(), values.begin() + half)) / 2;
}

double chroma_distance(const ArrayXXd& a, const ArrayXXd& b) {
  double sum = 0;
  for (Eigen::Index k = 0; k < a.cols(); ++k) {
    const double na = std::sqrt(a.col(k).square().sum()), nb = std::sqrt(b.col(k).square().sum());
    if (na > 1e-5 && nb > 1e-5) {
      sum += std::max(0.0, 1 - (a.col(k) * b.col(k)).sum() / (na * nb));
    } else if (na > 1e-5 || nb > 1e-5) {
      sum += 1;
    }
  }
  return sum / a.cols();
}

// Level inside over outside an edge, 10 ms of each or the gap's length.
double edge_jump(const Planes& audio, size_t edge, bool gap_is_right, size_t size) {
  const size_t end = std::min(length_of(audio), edge + size), begin = edge > size ? edge - size : 0;
  if (begin == edge || end == edge) return 0;
  const double before = decibel(mean_power(audio, begin, edge));
  const double after = decibel(mean_power(audio, edge, end));
  return gap_is_right ? after - before : before - after;
}

}  // namespace

double spectral_flatness_db(const Planes& audio, size_t begin, size_t end, int rate_hz) {
  const size_t length = end - begin, window = std::min<size_t>(2048, length), hop = 512;
  const size_t frames = length < 2048 ? 1 : (length - window) / hop + 1;
  if (window < 4) return 0;  // no two bins to compare
  RealFft fft(window);
  std::vector<double> shape(window), line(window);
  double weight = 0;
  for (size_t n = 0; n < window; ++n) {
    weight += shape[n] = 0.5 - 0.5 * std::cos(2 * kPi * (n + 1) / (window + 1));
  }
  std::vector<std::complex<double>> spectrum(fft.bins());
  double sum = 0;
  size_t count = 0;
  for (const auto& plane : audio) {
    for (size_t k = 0; k < frames; ++k) {
      for (size_t n = 0; n < window; ++n) {
        line[n] = plane[begin + k * hop + n] * shape[n] / (weight / 2);
      }
      fft.forward(line.data(), spectrum.data());
      double logs = 0, powers = 0;
      size_t bins = 0;
      for (size_t bin = 0; bin < fft.bins(); ++bin) {
        const double hz = static_cast<double>(bin) * rate_hz / window;
        if (hz < 100 || hz > 16000) continue;
        const double power = std::max(std::norm(spectrum[bin]), 1e-14);
        logs += std::log10(power);
        powers += power;
        ++bins;
      }
      if (bins < 2) return 0;
      sum += 10 * (logs / bins - std::log10(powers / bins));
      ++count;
    }
  }
  return sum / std::max<size_t>(count, 1);
}

double click_over_background_db(const std::vector<float>& plane, size_t edge, int rate_hz) {
  constexpr size_t kOrder = 32;
  const size_t wide = std::lround(0.05 * rate_hz), near = std::lround(0.005 * rate_hz);
  const size_t millisecond = std::max<size_t>(1, std::lround(0.001 * rate_hz));
  const size_t begin = std::max(kOrder, edge > wide ? edge - wide : 0);
  const size_t end = std::min(plane.size(), edge + wide);
  if (edge < begin + near || end < edge + near) return 0;
  const std::vector<double> taps = whitening_filter(plane.data() + begin, end - begin, kOrder);
  std::vector<double> error(end - begin, 0.0);
  for (size_t n = begin; n < end; ++n) {
    for (size_t k = 0; k <= kOrder; ++k) error[n - begin] += taps[k] * plane[n - k];
  }
  const size_t at = edge - begin;
  const double background =
      std::max({median(millisecond_levels(error, 0, at, millisecond)),
                median(millisecond_levels(error, at, error.size(), millisecond)), 1e-5});
  const std::vector<double> around = millisecond_levels(error, at - near, at + near, millisecond);
  const double peak = around.empty() ? 0 : *std::max_element(around.begin(), around.end());
  return 20 * std::log10(std::max(peak, 1e-5) / background);
}

double level_step_db(const Planes& audio, size_t edge, size_t size) {
  return edge_jump(audio, edge, true, size);
}

double level_dbfs(const Planes& audio, size_t begin, size_t end) {
  return decibel(mean_power(audio, begin, end));
}

size_t count_changed(const Planes& before, const Planes& after,
                     const std::vector<std::pair<size_t, size_t>>& spans, size_t margin) {
  const size_t length = std::min(length_of(before), length_of(after));
  std::vector<bool> good(length, true);
  for (const auto& [begin, end] : spans) {
    const size_t first = begin > margin ? begin - margin : 0;
    for (size_t n = first; n < std::min(length, end + margin); ++n) good[n] = false;
  }
  size_t changed = 0;
  for (size_t n = 0; n < length; ++n) {
    if (!good[n]) continue;
    for (size_t c = 0; c < std::min(before.size(), after.size()); ++c) {
      if (before[c][n] != after[c][n]) {
        ++changed;
        break;
      }
    }
  }
  return changed;
}

GapMetrics compare(const Planes& original, const Planes& repaired, size_t begin, size_t end,
                   int rate_hz) {
  const size_t length = length_of(original);
  if (original.empty() || repaired.size() != original.size() || length_of(repaired) != length) {
    throw Error(Fault::kInput, "original is [" + std::to_string(original.size()) + "][" +
                                   std::to_string(length) + "], repair [" +
                                   std::to_string(repaired.size()) + "][" +
                                   std::to_string(length_of(repaired)) + "]; compare equal shapes");
  }
  if (begin >= end || end > length) {
    throw Error(Fault::kInput, "gap [" + std::to_string(begin) + ", " + std::to_string(end) +
                                   ") is empty or outside of " + std::to_string(length) +
                                   " samples");
  }
  GapMetrics m;
  double signal = 0, error = 0;
  for (size_t c = 0; c < original.size(); ++c) {
    for (size_t n = begin; n < end; ++n) {
      const double x = original[c][n], d = x - repaired[c][n];
      signal += x * x;
      error += d * d;
    }
  }
  m.snr_db = error == 0 ? 120 : std::min(120.0, 10 * std::log10(std::max(signal, 1e-12) / error));

  constexpr size_t kWindow = 2048, kHop = 512;
  const FrameRange range = frames_touching(begin, end, kWindow, kHop);
  const auto bins =
      static_cast<Eigen::Index>(std::min<double>(kWindow / 2 + 1, 16000.0 * kWindow / rate_hz + 1));
  ArrayXXd power_original = ArrayXXd::Zero(kWindow / 2 + 1, range.count);
  ArrayXXd power_repaired = power_original;
  for (size_t c = 0; c < original.size(); ++c) {
    const ArrayXXd a = magnitudes(original[c], range.begin, range.count, kWindow, kHop);
    const ArrayXXd b = magnitudes(repaired[c], range.begin, range.count, kWindow, kHop);
    const ArrayXXd difference =
        20 * (a.topRows(bins).max(1e-5) / b.topRows(bins).max(1e-5)).log10();
    m.lsd_db += difference.square().colwise().mean().sqrt().mean() / original.size();
    power_original += a.square();
    power_repaired += b.square();
  }
  const Eigen::MatrixXd bank = mel_bank(rate_hz, kWindow, 64, 40, 16000);
  m.logmel_db = (log_mel(bank, power_original) - log_mel(bank, power_repaired)).abs().mean();

  constexpr size_t kPitchWindow = 8192, kPitchHop = 1024;
  const FrameRange pitch = frames_touching(begin, end, kPitchWindow, kPitchHop);
  m.chroma = chroma_distance(
      chroma(power_frames(original, pitch.begin, pitch.count, kPitchWindow, kPitchHop), rate_hz,
             kPitchWindow),
      chroma(power_frames(repaired, pitch.begin, pitch.count, kPitchWindow, kPitchHop), rate_hz,
             kPitchWindow));

  m.click_start_db = m.click_end_db = -200;
  for (size_t c = 0; c < original.size(); ++c) {
    m.click_start_db =
        std::max(m.click_start_db, click_over_background_db(repaired[c], begin, rate_hz) -
                                       click_over_background_db(original[c], begin, rate_hz));
    m.click_end_db =
        std::max(m.click_end_db, click_over_background_db(repaired[c], end, rate_hz) -
                                     click_over_background_db(original[c], end, rate_hz));
  }
  const size_t near = std::min<size_t>(std::lround(0.01 * rate_hz), end - begin);
  m.edge_start_db = edge_jump(repaired, begin, true, near) - edge_jump(original, begin, true, near);
  m.edge_end_db = edge_jump(repaired, end, false, near) - edge_jump(original, end, false, near);
  m.level_db = level_dbfs(repaired, begin, end) - level_dbfs(original, begin, end);
  const size_t third = (end - begin) / 3;
  m.mid_db = level_dbfs(repaired, begin + third, end - third) -
             level_dbfs(original, begin + third, end - third);
  const bool sounds = mean_power(repaired, begin, end) >= 1e-9;
  m.flat_db = sounds ? spectral_flatness_db(repaired, begin, end, rate_hz) -
                           spectral_flatness_db(original, begin, end, rate_hz)
                     : 0;

  const size_t block = std::max<size_t>(1, std::lround(0.005 * rate_hz));
  const size_t blocks = std::max<size_t>(1, (end - begin) / block);
  for (size_t k = 0; k < blocks; ++k) {
    const size_t from = begin + k * block, to = std::min(end, from + block);
    const double was = mean_power(original, from, to);
    if (was > 1e-6 && mean_power(repaired, from, to) < was * 1e-3) m.silent += 1.0 / blocks;
  }
  return m;
}

std::string GapMetrics::flags(size_t length, int rate_hz) const {
  std::string text;
  const auto flag = [&](bool is_set, const char* name) {
    if (is_set) text += (text.empty() ? "" : " ") + std::string(name);
  };
  flag(click_db() > 8, "click");
  flag(std::max(std::abs(edge_start_db), std::abs(edge_end_db)) > 10, "jump");
  flag(level_db > 3, "loud");
  flag(silent > 0.25, "dead");
  flag(mid_db < -10 && length >= 0.05 * rate_hz, "hole");
  flag(flat_db > 6, "noise");
  flag(flat_db < -10, "tonal");
  return text;
}

}  // namespace heart
