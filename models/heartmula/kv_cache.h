// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Keys and values of the positions that a stack has seen, in memory reserved at once.

#pragma once

#include "models/heartmula/lm_config.h"

#include <ATen/ATen.h>

#include <cstdint>
#include <utility>
#include <vector>

namespace heart {

/// All rows of the batch have the same length. Copying the object shares its memory; use copy().
/// Threads  one at a time
class KvCache {
 public:
  KvCache(const StackConfig& config, int64_t batch, int64_t capacity, at::TensorOptions options);

  int64_t batch() const { return batch_; }
  int64_t length() const { return length_; }
  int64_t capacity() const { return capacity_; }

  /// Writes the keys and values of T new positions behind the ones before, and returns all of them.
  /// Shapes   k, v [B, G, T, E] -> [B, G, length + T, E] each (views)
  std::pair<at::Tensor, at::Tensor> append(int64_t layer, const at::Tensor& k, const at::Tensor& v);
  /// Counts the new positions, once every layer has appended them.
  void advance(int64_t positions) { length_ += positions; }
  /// Forgets everything behind `length`.
  void truncate(int64_t length) { length_ = length; }

  /// Rows 0…rows−1, sharing the memory of this one: to be copied, not appended to.
  KvCache first_rows(int64_t rows) const;
  /// A cache of its own memory that begins like this one. Every row is repeated `times` times, its
  /// copies side by side: rows a, b become a a a b b b.
  KvCache copy(int64_t capacity, int64_t times = 1) const;

 private:
  int64_t batch_, capacity_, length_ = 0;
  std::vector<at::Tensor> keys_, values_;  // per layer [B, G, capacity, E]
};

}  // namespace heart
