// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Random numbers of one training step, drawn from (seed, step, stream) alone: the order in which
// threads ask, and where a run was interrupted, change nothing.
// Source   splitmix64 (Steele, Lea, Flood 2014) to mix, std::mt19937_64 and ATen's CPU generator to draw

#pragma once

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <cstdint>
#include <random>

namespace heart::train {

inline uint64_t mix(uint64_t value) {
  value += 0x9E3779B97F4A7C15ull;
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9ull;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EBull;
  return value ^ (value >> 31);
}

/// Both kinds of generator for one purpose of one step.
class StepRandom {
 public:
  StepRandom(uint64_t seed, int64_t step, uint64_t stream)
      : key_(mix(mix(mix(seed) ^ static_cast<uint64_t>(step)) ^ stream)),
        numbers_(key_),
        tensors_(at::detail::createCPUGenerator(key_)) {}

  /// Uniform in [0, 1).
  double uniform() { return (numbers_() >> 11) * 0x1.0p-53; }
  /// Uniform in begin … end − 1.
  int64_t between(int64_t begin, int64_t end) {
    return begin + static_cast<int64_t>(uniform() * static_cast<double>(end - begin));
  }
  bool chance(double probability) { return uniform() < probability; }
  at::Tensor normal(at::IntArrayRef shape) { return at::randn(shape, tensors_, at::kFloat); }
  at::Generator& tensors() { return tensors_; }

 private:
  uint64_t key_;
  std::mt19937_64 numbers_;
  at::Generator tensors_;
};

}  // namespace heart::train
