// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Moves the codebooks of an RVQ, which no gradient reaches: k-means over a first batch, then running
// means of the vectors that chose each entry; entries that nobody chooses are moved to vectors of the
// batch. Everything in f32 whatever the networks run in.
// Source   van den Oord et al., arXiv 1711.00937 (appendix A); restarts as in Jukebox, arXiv 2005.00341

#pragma once

#include "models/heartcodec/rvq.h"
#include "models/train/step_random.h"

#include <ATen/ATen.h>

#include <map>
#include <string>

namespace heart::train {

/// K codebooks of V entries of Z numbers.
/// Threads  one at a time
class CodebookTrainer {
 public:
  struct Options {
    double decay = 0.97;
    double dead_share = 0.1;  // of the mean number of choices; an entry below it is moved
    int kmeans_rounds = 8;
  };

  CodebookTrainer(const codec::Rvq& rvq, const Options& options);

  /// Layer by layer: entries from random vectors, then Lloyd's rounds on what is left over.
  /// Shapes   vectors [N, Z], N at least V: fewer are repeated with a little noise
  void start(const at::Tensor& vectors, StepRandom& random);

  /// One step. `quantized` is of Rvq::quantize on these very codebooks.
  /// Returns how many entries were moved for want of use.
  int64_t update(const codec::Quantized& quantized, StepRandom& random);

  bool is_started() const { return started_; }
  /// Share of entries in use, per layer.   [K]
  at::Tensor use() const;

  std::map<std::string, at::Tensor> state() const;
  void restore(const std::map<std::string, at::Tensor>& state);

 private:
  const codec::Rvq& rvq_;
  Options options_;
  bool started_ = false;
  at::Tensor counts_;  // [K, V] running number of choices per step
  at::Tensor sums_;    // [K, V, Z] running sum of the choosing vectors
};

/// Shapes   vectors [N, Z] -> centres [V, Z]
at::Tensor k_means(const at::Tensor& vectors, int64_t centres, int rounds, StepRandom& random);

/// For each vector the nearest entry.   vectors [N, Z], entries [V, Z] -> [N] int64
at::Tensor nearest_entry(const at::Tensor& vectors, const at::Tensor& entries);

}  // namespace heart::train
