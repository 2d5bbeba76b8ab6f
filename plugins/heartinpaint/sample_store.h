// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The audio around the point of work, in the stream's format: what has left and may still be context,
// what waits, and repairs as they come. So contexts are read without touching a buffer, and buffers that
// need no repair are passed on as they are. Under the stream's lock.

#pragma once

#include "plugins/heartinpaint/sample_format.h"

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

namespace heart::engine {

/// Samples [begin, end) of one run, in blocks that are reused: no allocation once it is warm.
class SampleStore {
 public:
  SampleStore(std::shared_ptr<const SampleFormat> format, int64_t begin)
      : format_(std::move(format)), begin_(begin), end_(begin), first_block_(begin) {}

  int64_t begin() const { return begin_; }
  int64_t end() const { return end_; }

  /// `planes[p]` points at `samples` samples of plane p.
  void append(const gpointer* planes, size_t samples);
  void append_silence(size_t samples);
  /// Forgets everything before `index`.
  void trim(int64_t index);

  /// The span must lie within [begin, end).
  NativeAudio read(int64_t begin, int64_t end) const;
  /// Copies [begin, end) to planes whose first sample is `begin`.
  void copy_to(int64_t begin, int64_t end, uint8_t* const* planes) const;
  void write(int64_t begin, const NativeAudio& audio);

 private:
  static constexpr int64_t kBlockSamples = 4096;
  using Block = std::vector<uint8_t>;  // plane after plane

  template <typename Visit>  // visit(block, offset in it, count, samples done)
  void walk(int64_t begin, int64_t end, Visit&& visit) const;
  void grow(size_t samples);

  std::shared_ptr<const SampleFormat> format_;
  int64_t begin_;
  int64_t end_;
  int64_t first_block_;  // index of the first sample of blocks_[0]
  mutable std::deque<Block> blocks_;
  std::vector<Block> spare_;
};

}  // namespace heart::engine
