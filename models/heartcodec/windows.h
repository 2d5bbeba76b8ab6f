// SPDX-License-Identifier: LGPL-2.1-or-later
//
// How long input is cut into windows of codes and how the windows' sound is joined again. Arithmetic
// and crossfades only. Source: the HeartCodec release (29.76 s windows).

#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

namespace heart::codec {

/// Windows of `window` codes, each beginning `hop` codes after the one before.
struct WindowPlan {
  int64_t window = 372;
  int64_t hop = 320;
  int64_t count = 1;

  /// For so many codes, windows of `seconds`; at the release's length they overlap by 52 of 372 codes.
  /// Errors   Fault::kInput: no codes, or windows too short to overlap
  static WindowPlan make(int64_t codes, double seconds);

  int64_t overlap() const { return window - hop; }
  /// Codes of all windows together, at least as many as were given.
  int64_t total() const { return window + (count - 1) * hop; }
};

/// The codes that all windows need: the given ones, started over as often as it takes.
/// Shapes   codes [K, T] -> [K, plan.total()]
at::Tensor fill_windows(const at::Tensor& codes, const WindowPlan& plan);

/// Joins windows as they are made: the whole overlap is one linear crossfade.
/// Threads  one at a time
class WindowJoiner {
 public:
  /// `overlap` in samples.
  explicit WindowJoiner(int64_t overlap) : overlap_(overlap) {}
  /// sound [A, S]
  void add(const at::Tensor& sound);
  /// Everything, cut to `length` samples.   -> [A, length]
  at::Tensor finish(int64_t length);

 private:
  int64_t overlap_;
  std::vector<at::Tensor> done_;
  at::Tensor last_;  // what the next window may still fade into
};

}  // namespace heart::codec
