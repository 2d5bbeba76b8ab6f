// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A data set as the codec's networks see it: the latents of every piece, one after the other, in one
// file. The autoencoder is fixed, so its work is done once, not at every step.

#pragma once

#include "models/train/step_random.h"

#include <ATen/ATen.h>

#include <cstdint>
#include <string>
#include <vector>

namespace heart::train {

/// Latents (or anything else with one row per time step) of many pieces.
/// Threads  const and re-entrant once made
class LatentStore {
 public:
  /// Shapes   rows [N, Z] of any type, all pieces in order; begins P + 1 positions, the last one N
  LatentStore(at::Tensor rows, std::vector<int64_t> begins, std::vector<std::string> names);

  /// Errors   Error{kFile}: missing, truncated, or begins that do not fit the rows
  static LatentStore open(const std::string& path);
  void save(const std::string& path) const;

  int64_t pieces() const { return static_cast<int64_t>(begins_.size()) - 1; }
  int64_t width() const { return rows_.size(1); }
  int64_t total() const { return rows_.size(0); }
  int64_t length(int64_t piece) const { return begins_[piece + 1] - begins_[piece]; }
  const std::string& name(int64_t piece) const { return names_[piece]; }
  at::Tensor piece(int64_t index) const { return rows_.narrow(0, begins_[index], length(index)); }

  /// A stretch of a random piece, each start equally likely, on the grid of `grid` rows.
  /// Pieces shorter than `rows` are never picked; Error{kInput} if all are.
  struct Place {
    int64_t piece;
    int64_t begin;  // within the piece
  };
  Place draw(int64_t rows, int64_t grid, StepRandom& random) const;
  /// Shapes   -> [B, rows, Z] f32
  at::Tensor crops(int64_t batch, int64_t rows, int64_t grid, StepRandom& random) const;

 private:
  at::Tensor rows_;
  std::vector<int64_t> begins_;
  std::vector<std::string> names_;
};

}  // namespace heart::train
