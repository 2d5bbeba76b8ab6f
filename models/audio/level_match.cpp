// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/audio/level_match.h"

#include "models/audio/fft.h"

#include <algorithm>
#include <cmath>
#include <complex>

namespace heart {
namespace {

constexpr double kPi = 3.14159265358979323846;

// Power per bin of [begin, begin+size) under a Hann window, summed over channels.
std::vector<double> power_spectrum(const Planes& audio, size_t begin, size_t size, RealFft& fft) {
  std::vector<double> power(fft.bins(), 0.0), windowed(fft.size());
  std::vector<std::complex<double>> spectrum(fft.bins());
  for (const auto& plane : audio) {
    std::fill(windowed.begin(), windowed.end(), 0.0);
    for (size_t n = 0; n < size; ++n) {
      windowed[n] = plane[begin + n] * (0.5 - 0.5 * std::cos(2 * kPi * (n + 0.5) / size));
    }
    fft.forward(windowed.data(), spectrum.data());
    for (size_t k = 0; k < power.size(); ++k) power[k] += std::norm(spectrum[k]);
  }
  return power;
}

}  // namespace

double BandGains::at(double hz) const {
  if (centre_hz.empty()) return 0;
  if (hz <= centre_hz.front()) return gain_db.front();
  if (hz >= centre_hz.back()) return gain_db.back();
  const size_t i = std::upper_bound(centre_hz.begin(), centre_hz.end(), hz) - centre_hz.begin();
  const double t = std::log(hz / centre_hz[i - 1]) / std::log(centre_hz[i] / centre_hz[i - 1]);
  return gain_db[i - 1] + t * (gain_db[i] - gain_db[i - 1]);
}

BandGains band_gains(const Planes& wanted, size_t wanted_begin, const Planes& found,
                     size_t found_begin, size_t size, int rate_hz, double max_gain_db) {
  BandGains gains;
  if (size == 0 || wanted.empty() || found.empty()) return gains;
  RealFft fft(fast_fft_size(2 * size));
  const std::vector<double> want = power_spectrum(wanted, wanted_begin, size, fft);
  const std::vector<double> have = power_spectrum(found, found_begin, size, fft);
  double want_total = 0, have_total = 0;
  for (double p : want) want_total += p;
  for (double p : have) have_total += p;
  // −100 dBFS: two silences match.
  const double silence = 1e-10 * size * size;
  gains.broadband_db = std::clamp(10 * std::log10((want_total + silence) / (have_total + silence)),
                                  -max_gain_db, max_gain_db);
  const double bin_hz = static_cast<double>(rate_hz) / fft.size();
  const double resolution_hz = 2.0 * rate_hz / size;  // main lobe of the Hann window, half
  const double ratio = std::pow(2.0, 1.0 / 3);
  for (double low = 0, high = std::max(resolution_hz, 50.0); low < rate_hz / 2.0;) {
    const size_t first = static_cast<size_t>(std::ceil(low / bin_hz));
    const size_t last =
        std::min<size_t>(want.size(), static_cast<size_t>(std::ceil(high / bin_hz)));
    double w = 0, h = 0;
    for (size_t k = first; k < last; ++k) w += want[k], h += have[k];
    // Half a percent of the whole sound spread over the bands: what lies below it is masked, and
    // its ratio is chance.
    const double floor_w = 1e-5 * want_total + silence, floor_h = 1e-5 * have_total + silence;
    const double gain = 10 * std::log10((w + floor_w) / (h + floor_h));
    gains.centre_hz.push_back(std::sqrt(std::max(low, high / 2) * high));
    gains.gain_db.push_back(std::clamp(gain, -max_gain_db, max_gain_db));
    low = high;
    high *= ratio;
    if (high - low < resolution_hz) high = low + resolution_hz;
    high = std::min(high, rate_hz / 2.0 + bin_hz);
  }
  return gains;
}

void apply_gliding_gains(Planes& audio, const BandGains& from, const BandGains& to, size_t begin,
                         size_t end, int rate_hz) {
  const size_t total = length_of(audio);
  if (total == 0) return;
  // 21 ms: as long as the stretch in which the gains were measured.
  size_t window = 64;
  while (window < static_cast<size_t>(rate_hz) * 21 / 1000) window *= 2;
  const size_t hop = window / 4;
  RealFft fft(window);
  std::vector<double> shape(window), line(window);
  for (size_t n = 0; n < window; ++n) {
    shape[n] = std::sqrt((0.5 - 0.5 * std::cos(2 * kPi * (n + 0.5) / window)) / 2);
  }
  std::vector<double> from_db(fft.bins()), to_db(fft.bins()), gain(fft.bins());
  for (size_t k = 0; k < fft.bins(); ++k) {
    const double hz = static_cast<double>(k) * rate_hz / window;
    from_db[k] = from.at(hz);
    to_db[k] = to.at(hz);
  }
  std::vector<std::complex<double>> spectrum(fft.bins());
  Planes out = make_planes(audio.size(), total);
  for (long start = -static_cast<long>(window) + static_cast<long>(hop);
       start < static_cast<long>(total); start += static_cast<long>(hop)) {
    const double centre = start + window / 2.0;
    const double t = end > begin ? std::clamp((centre - begin) / (end - begin), 0.0, 1.0) : 0.5;
    for (size_t k = 0; k < gain.size(); ++k) {
      gain[k] = std::pow(10.0, ((1 - t) * from_db[k] + t * to_db[k]) / 20);
    }
    const size_t lo = start < 0 ? static_cast<size_t>(-start) : 0;
    const size_t hi = std::min(window, static_cast<size_t>(static_cast<long>(total) - start));
    for (size_t channel = 0; channel < audio.size(); ++channel) {
      std::fill(line.begin(), line.end(), 0.0);
      for (size_t n = lo; n < hi; ++n) line[n] = audio[channel][start + n] * shape[n];
      fft.forward(line.data(), spectrum.data());
      for (size_t k = 0; k < gain.size(); ++k) spectrum[k] *= gain[k];
      fft.inverse(spectrum.data(), line.data());
      for (size_t n = lo; n < hi; ++n) {
        out[channel][start + n] += static_cast<float>(line[n] * shape[n]);
      }
    }
  }
  audio = std::move(out);
}

}  // namespace heart
