// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Random numbers whose sequence does not depend on the standard library: the distributions of <random>
// are not specified bit for bit, and a seed must give the same song everywhere. One thread per object.
// Source: splitmix64 (Steele, Lea, Flood 2014).

#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace heart::music {

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed ^ 0x632BE59BD9B4E019ull) {
    // Mixed once more: neighbouring seeds must not give the same stream, one step apart.
    state_ = next() ^ (seed << 32);
    next();
  }

  uint64_t next() {
    uint64_t z = (state_ += 0x9E3779B97F4A7C15ull);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
  }
  /// A generator of its own for one part of the work, so that a change there leaves the rest alone.
  Random fork(uint64_t key) { return Random(next() ^ (key * 0xD1B54A32D192ED03ull)); }

  double uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }  // [0, 1)
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  /// Uniform on a logarithmic axis, for frequencies and times; both ends above 0.
  double log_uniform(double low, double high) { return low * std::pow(high / low, uniform()); }
  int below(int n) { return n <= 1 ? 0 : static_cast<int>(next() % static_cast<uint64_t>(n)); }
  int between(int low, int high) { return low + below(high - low + 1); }  // both ends included
  bool chance(double probability) { return uniform() < probability; }
  double normal() {
    const double u = 1.0 - uniform(), v = uniform();
    return std::sqrt(-2.0 * std::log(u)) * std::cos(6.283185307179586 * v);
  }
  template <typename T>
  const T& pick(const std::vector<T>& from) {
    return from[static_cast<size_t>(below(static_cast<int>(from.size())))];
  }
  /// An index drawn in proportion to its weight; 0 where all weights are 0.
  size_t weighted(const std::vector<double>& weights) {
    double sum = 0;
    for (double w : weights) sum += w;
    double at = uniform() * sum;
    for (size_t i = 0; i < weights.size(); ++i) {
      if (at < weights[i]) return i;
      at -= weights[i];
    }
    return 0;
  }

 private:
  uint64_t state_;
};

}  // namespace heart::music
