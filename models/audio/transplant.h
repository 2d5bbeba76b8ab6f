// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Search for a stretch of the music around a gap that could stand in its place: music repeats, and
// what sounded alike before and after will sound alike in between. Pure functions, any thread.

#pragma once

#include "models/base/job.h"
#include "models/base/planes.h"

#include <cstddef>
#include <vector>

namespace heart {

struct TransplantOptions {
  double edge_ms = 30;            // good audio beside the gap whose waveform must agree
  double surround_seconds = 1.5;  // and whose spectrum must
  double decay_seconds = 0.4;     // spectral frames count less the further they are off
  double waveform_weight = 6;     // dB of spectral distance that full waveform agreement is worth
  double chroma_weight = 10;      // dB that disjoint harmony costs
  double distance_weight = 0;     // dB per second between source and gap
  int count = 3;                  // best sources returned
};

/// A stretch of `length` samples of one of the contexts.
struct Source {
  bool in_left = true;
  size_t begin = 0;  // in that context; [begin − lead, begin + length + tail) is inside it
  size_t lead = 0;   // good audio before and after the stretch that takes part in the seams
  size_t tail = 0;
  double score = 0;        // dB, larger is better: comparable within one gap
  double correlation = 0;  // of the waveforms beside gap and stretch, all channels together
  double distance_db = 0;  // of the log-mel spectra around them
};

/// The best places to copy from, best first, at least 50 ms apart. One place for all channels.
/// Empty when no context is as long as the gap with its seams.
/// Units    about 0.2 µs per sample of context and channel
/// Errors   Error{kCancelled}
std::vector<Source> find_sources(const Planes& left, const Planes& right, size_t length,
                                 int rate_hz, const TransplantOptions& options,
                                 const Cancel& cancel);

}  // namespace heart
