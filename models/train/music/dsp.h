// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Small parts that the engines share: a sine table, anti-aliased saw and pulse, a state-variable filter,
// an envelope, a resonator, noise. Each object belongs to one voice.
// Source: PolyBLEP after Välimäki and Huovilainen 2007; filter after Simper 2013 (trapezoidal).

#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

namespace heart::music {

constexpr double kPi = 3.14159265358979323846;

/// sin(2π phase) from a table, any phase; error below 2e-6.
inline float sine(double phase) {
  static const std::array<float, 2049> kTable = [] {
    std::array<float, 2049> table{};
    for (size_t i = 0; i < table.size(); ++i)
      table[i] = static_cast<float>(std::sin(2 * kPi * static_cast<double>(i) / 2048));
    return table;
  }();
  const double at = (phase - std::floor(phase)) * 2048;
  const size_t i = std::min<size_t>(2047, static_cast<size_t>(at));
  const float f = static_cast<float>(at - static_cast<double>(i));
  return kTable[i] + f * (kTable[i + 1] - kTable[i]);
}

/// A cheap generator of white noise in −1…1.
class Noise {
 public:
  explicit Noise(uint64_t seed) : state_(seed * 2654435761u + 88172645463325252ull) {}
  float next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return static_cast<float>(static_cast<int32_t>(state_ >> 32)) * 4.6566129e-10f;
  }

 private:
  uint64_t state_;
};

/// The rest that a sharp edge leaves when the partials above half the rate are taken away.
inline double poly_blep(double phase, double step) {
  if (phase < step) {
    const double t = phase / step;
    return t + t - t * t - 1;
  }
  if (phase > 1 - step) {
    const double t = (phase - 1) / step;
    return t * t + t + t + 1;
  }
  return 0;
}

/// Sawtooth, or pulse of a width, from a running phase.
class Oscillator {
 public:
  explicit Oscillator(double phase = 0) : phase_(phase) {}
  /// step = hz / rate; shape 0 saw, 1 pulse, 2 triangle, 3 sine
  float next(double step, int shape, double width = 0.5) {
    double y = 0;
    if (shape == 0) {
      y = 2 * phase_ - 1 - poly_blep(phase_, step);
    } else if (shape == 1) {
      double other = phase_ - width;
      if (other < 0) other += 1;
      y = (phase_ < width ? 1 : -1) + poly_blep(phase_, step) - poly_blep(other, step) -
          (2 * width - 1);
    } else if (shape == 2) {
      y = 4 * std::fabs(phase_ - 0.5) - 1;
    } else {
      y = sine(phase_);
    }
    phase_ += step;
    if (phase_ >= 1) phase_ -= 1;
    return static_cast<float>(y);
  }

 private:
  double phase_;
};

/// Low, band and high pass at once, 12 dB per octave; stable for any modulation.
class Filter {
 public:
  void set(double hz, double rate_hz, double q) {
    const double g = std::tan(kPi * std::clamp(hz, 10.0, 0.45 * rate_hz) / rate_hz);
    k_ = static_cast<float>(1 / std::max(0.3, q));
    a1_ = static_cast<float>(1 / (1 + g * (g + k_)));
    a2_ = static_cast<float>(g) * a1_;
    a3_ = static_cast<float>(g) * a2_;
  }
  float low(float x) {
    step(x);
    return v2_;
  }
  float band(float x) {
    step(x);
    return v1_ * k_;
  }
  float high(float x) {
    step(x);
    return x - k_ * v1_ - v2_;
  }

 private:
  void step(float x) {
    const float v3 = x - ic2_;
    v1_ = a1_ * ic1_ + a2_ * v3;
    v2_ = ic2_ + a2_ * ic1_ + a3_ * v3;
    ic1_ = 2 * v1_ - ic1_ + 1e-20f;
    ic2_ = 2 * v2_ - ic2_ + 1e-20f;
  }
  float k_ = 1, a1_ = 0, a2_ = 0, a3_ = 0, ic1_ = 0, ic2_ = 0, v1_ = 0, v2_ = 0;
};

/// Attack straight, decay and release exponential. Times in seconds.
class Envelope {
 public:
  Envelope(double attack, double decay, double sustain, double release, int rate_hz)
      : attack_step_(1 / std::max(1.0, attack * rate_hz)),
        decay_(std::exp(-4.6 / std::max(1.0, decay * rate_hz))),
        sustain_(sustain),
        release_(std::exp(-4.6 / std::max(1.0, release * rate_hz))) {}
  float next(bool held) {
    if (!held) {
      level_ *= release_;
    } else if (rising_) {
      level_ += attack_step_;
      if (level_ >= 1) {
        level_ = 1;
        rising_ = false;
      }
    } else {
      level_ = sustain_ + (level_ - sustain_) * decay_;
    }
    return static_cast<float>(level_);
  }
  bool is_over(bool held) const { return !held && level_ < 1e-4; }

 private:
  double attack_step_, decay_, sustain_, release_, level_ = 0;
  bool rising_ = true;
};

/// Attenuates the ends of a voice that is cut off, so that it does not click.
inline float fade_out(size_t at, size_t end, size_t samples) {
  return at + samples <= end ? 1.0f : static_cast<float>(end - at) / static_cast<float>(samples);
}

}  // namespace heart::music
