// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The audio of a data set: WAV files (16-bit or float PCM) in one folder, in the order of their names,
// read one at a time. Needs no library, so that it builds on any host.

#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <string>
#include <vector>

namespace heart::train {

class AudioFolder {
 public:
  /// Errors   Error{kFile}: no such folder, or no .wav file in it
  explicit AudioFolder(const std::string& path);

  int64_t pieces() const { return static_cast<int64_t>(paths_.size()); }
  /// File name without folder and extension.
  std::string name(int64_t piece) const;
  /// Shapes   -> [2, S] f32 at full scale ±1; mono is duplicated
  /// Errors   Error{kFile}: not PCM WAV, truncated, or of another rate than `rate_hz`
  at::Tensor read(int64_t piece, int rate_hz) const;

 private:
  std::vector<std::string> paths_;
};

/// One WAV file to [2, S]; see AudioFolder::read.
at::Tensor read_wav(const std::string& path, int rate_hz);

}  // namespace heart::train
