// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a long computation is given by its caller: a flag to stop it and a way to say how far it is.
// Free of torch and GStreamer.

#pragma once

#include <atomic>
#include <functional>

#include "models/base/error.h"

namespace heart {

/// A flag that one thread raises and a computation reads between its steps.
class Cancel {
 public:
  void raise() { raised_.store(true, std::memory_order_relaxed); }
  bool is_raised() const { return raised_.load(std::memory_order_relaxed); }
  /// Throws Error{kCancelled} once the flag is raised. Call between frames, solver steps and chunks.
  void check() const {
    if (is_raised()) throw Error(Fault::kCancelled, "cancelled");
  }

 private:
  std::atomic<bool> raised_{false};
};

/// Told the share done, 0…1, and a short name of the stage ("prefill", "frames", "solve", "decode").
/// Called on the computing thread; may be empty.
using Progress = std::function<void(double share, const char* stage)>;

}  // namespace heart
