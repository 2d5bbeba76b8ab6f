// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Signals for the tests of the classical methods: noise by a fixed congruence (so that other
// programs can make the very same), tones, and a stretch of "music" with notes and a beat.

#pragma once

#include "models/base/planes.h"
#include "models/repair/gap_filler.h"

#include <cmath>
#include <cstdint>
#include <vector>

namespace signals {

/// Uniform in −1…1, the same on every machine.
inline std::vector<float> noise(size_t size, uint32_t seed, double amplitude = 1) {
  std::vector<float> out(size);
  for (float& sample : out) {
    seed = seed * 1664525u + 1013904223u;
    sample = static_cast<float>(amplitude * ((seed >> 8) / 8388608.0 - 1));
  }
  return out;
}

inline std::vector<float> tone(size_t size, double hz, double amplitude, int rate_hz = 48000,
                               double phase = 0) {
  std::vector<float> out(size);
  for (size_t n = 0; n < size; ++n) {
    out[n] = static_cast<float>(amplitude * std::sin(2 * M_PI * hz * n / rate_hz + phase));
  }
  return out;
}

inline std::vector<float> sum(std::vector<float> a, const std::vector<float>& b) {
  for (size_t n = 0; n < a.size(); ++n) a[n] += b[n];
  return a;
}

/// Decaying notes of three partials, one every `beat` samples, with a little noise: predictable
/// between the beats, never exactly periodic.
inline std::vector<float> music(size_t size, uint32_t seed, size_t beat = 12000,
                                int rate_hz = 48000) {
  std::vector<float> out = noise(size, seed, 0.003);
  for (size_t begin = 0, k = 0; begin < size; begin += beat, ++k) {
    const double hz = 220 * std::pow(2, ((k * 5 + seed) % 12) / 12.0);
    for (size_t n = begin; n < size && n < begin + 4 * beat; ++n) {
      const double t = static_cast<double>(n - begin) / rate_hz;
      const double envelope = 0.25 * std::exp(-3 * t) * (1 - std::exp(-400 * t));
      out[n] += static_cast<float>(envelope * (std::sin(2 * M_PI * hz * t) +
                                               0.5 * std::sin(2 * M_PI * 2.003 * hz * t) +
                                               0.25 * std::sin(2 * M_PI * 3.01 * hz * t)));
    }
  }
  return out;
}

/// The gap [begin, begin + length) of `audio` with `context` samples on each side, where they exist.
inline heart::Gap cut(const heart::Planes& audio, size_t begin, size_t length,
                      size_t context = 384000, int rate_hz = 48000) {
  heart::Gap gap;
  gap.length = length;
  gap.rate_hz = rate_hz;
  for (const auto& plane : audio) {
    const size_t from = begin > context ? begin - context : 0, end = begin + length;
    const size_t to = std::min(plane.size(), end + context);
    gap.left.emplace_back(plane.begin() + from, plane.begin() + begin);
    gap.right.emplace_back(plane.begin() + end, plane.begin() + to);
  }
  return gap;
}

/// 10·log10 of the power of `wanted` over that of the difference.
inline double snr_db(const float* wanted, const float* found, size_t size) {
  double signal = 1e-20, error = 1e-20;
  for (size_t n = 0; n < size; ++n) {
    signal += static_cast<double>(wanted[n]) * wanted[n];
    error += (static_cast<double>(wanted[n]) - found[n]) * (wanted[n] - found[n]);
  }
  return 10 * std::log10(signal / error);
}

}  // namespace signals
