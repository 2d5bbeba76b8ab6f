// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The one place where a repair meets good audio, for every filler: level match, one joint lag,
// crossfades over good audio only. Source: inpainting.md "Seams" (a summary of published practice).

#pragma once

#include "models/repair/gap_filler.h"

#include <cstddef>

namespace heart {

struct SpliceOptions {
  bool match_level = true;  // 1/3-octave gains where the filler's own context is off
  double max_gain_db = 12;  // of any band, up or down
  bool align = true;        // one lag for both edges
  double max_lag_ms = 5;
  double min_fade_ms = 3;   // where filler and programme agree at the seam
  double max_fade_ms = 19;  // where they do not; Gap::crossfade_samples bounds it further
  double guard_ms = 0.5;    // good audio next to the gap that is replaced in full, since a
                            // label may be late by a few samples
  double backward_ms = 0;   // last part of the gap faded into the right side's own backward
                            // extrapolation; 20…50 for fillers that lose the phase
};

/// A repair ready to be put in: audio replaces [gap begin − lead, gap end + tail) of the stream.
struct Spliced {
  Planes audio;              // [A][lead + gap.length + tail]
  size_t lead = 0;           // good samples that differ before the gap: fade and guard
  size_t tail = 0;           // and after it
  int lag_samples = 0;       // > 0: the filler was late, its audio was taken from later on
  double level_left_db = 0;  // broadband gain given at the edges, 0 where nothing was done
  double level_right_db = 0;
  double agreement_left = 0;  // correlation of filler and programme over the seam, −1…1
  double agreement_right = 0;
};

/// Joins `repair` to both sides of `gap`.
/// Without lead or tail samples in the repair (or without that much context) the seam lies inside
/// the gap instead: the context is continued by linear prediction for a few milliseconds and faded
/// into the repair, unless the repair already continues it. A side without context is left open.
/// Shapes   repair.audio [A][repair.lead + gap.length + repair.tail] with A of the gap
/// Units    result finite, within ±1 or the peak of the context if that is larger
/// Errors   Error{kInput}: shapes that do not fit
/// Threads  pure function
Spliced splice(const Gap& gap, const Repair& repair, const SpliceOptions& options = {});

}  // namespace heart
