// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The border between the element and everything that can fill a gap: a self-contained Gap goes in,
// a Repair or a Failure comes out. Free of torch and GStreamer.

#pragma once

#include "models/base/error.h"
#include "models/base/job.h"
#include "models/base/planes.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace heart {

/// A damaged span and all that a filler may know about it. Owns its data: a worker may outlive the
/// stream that it came from.
struct Gap {
  Planes left;        // [A][S] good audio that ends where the gap begins; may hold 0 samples
  Planes right;       // [A][S] good audio that begins where the gap ends; may hold 0 samples
  size_t length = 0;  // samples per channel to be replaced
  int rate_hz = 48000;

  /// Channels that belong together (left and right of a pair); a lone channel is paired with itself.
  /// Every channel is in exactly one pair. Empty means: 0 alone, or (0,1), (2,3), … in order.
  std::vector<std::array<int, 2>> pairs;

  std::string tags;    // free text as the model's prompt wants it; may be empty
  std::string lyrics;  // may be empty
  int64_t seed = 0;    // 0…2^31−1
  double begin_seconds =
      0;  // stream time of the gap's first sample: picks frames of a codes sidecar
  size_t crossfade_samples =
      4800;  // upper bound of the good audio that a seam may touch, each side

  bool is_live = false;  // others of this machine have to keep up with a clock beside the filler
  /// When the result must be there; none for files.
  std::optional<std::chrono::steady_clock::time_point> deadline;
};

/// What became of one candidate of a filler that makes several.
struct Candidate {
  std::string method;
  double score = 0;    // larger is better; comparable within one Repair only
  std::string detail;  // for people: "right codes -4.21 nats/frame, edge 11.2 dB"
};

/// Audio for a gap with what the seams need on both sides of it.
/// audio is [A][lead + length + tail]: the first `lead` samples are the filler's own version of the
/// last `lead` samples of Gap::left, the last `tail` ones of the first `tail` of Gap::right. Both may be 0.
struct Repair {
  Planes audio;
  size_t lead = 0;
  size_t tail = 0;
  std::string method;  // "ar", "transplant", "silence", "lm"
  std::string model;   // name of the checkpoint, empty for classical methods
  std::vector<Candidate> candidates;
  double elapsed_seconds = 0;
};

/// A method that fills gaps.
/// Errors   kInput: this method cannot fill this gap (the text says why); kMemory; kCancelled; kInternal
/// Threads  fill is called by one thread at a time; Cancel may be raised from any other
class GapFiller {
 public:
  virtual ~GapFiller() = default;
  virtual const char* name() const = 0;
  /// Seconds that `fill` is expected to take for this gap on this machine.
  virtual double estimate_seconds(const Gap& gap) const = 0;
  /// Never throws.
  virtual Outcome<Repair> fill(const Gap& gap, const Cancel& cancel, const Progress& progress) = 0;
};

}  // namespace heart
