// SPDX-License-Identifier: LGPL-2.1-or-later
//
// How far a repair is from the original, and what can be said about its seams without one.
// Everything is a plain measure of the two signals; nothing is learned. Pure functions, any thread.

#pragma once

#include "models/base/planes.h"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace heart {

/// A repair against the original over one gap. "Power" is a mean square over all channels.
struct GapMetrics {
  double snr_db = 0;     // 120 where both are the same; counts to about 100 ms
  double lsd_db = 0;     // log-spectral distance, Hann 2048/512, to 16 kHz, floor −100 dBFS
  double logmel_db = 0;  // mean |difference| of 64 log-mel bands 40…16000 Hz, floor −100 dBFS
  double chroma = 0;     // 1 − cosine of 12 pitch classes, Hann 8192/1024; 0 same, 1 disjoint
  double click_start_db = 0;  // prediction error at the edges over its background, minus the
  double click_end_db = 0;    // original's; a hard cut reads 16, a 20 ms fade 0
  double edge_start_db = 0;   // jump of the level over the edge, minus the original's
  double edge_end_db = 0;
  double level_db = 0;  // power over the original's
  double mid_db = 0;    // the same in the middle third
  double flat_db = 0;   // spectral flatness minus the original's; > 0 noisier, < 0 more tonal
  double silent = 0;    // share of 5 ms blocks that should sound and do not

  double click_db() const { return click_start_db > click_end_db ? click_start_db : click_end_db; }
  /// Names of what is clearly wrong: click, jump, loud, dead, hole, noise, tonal; space separated.
  std::string flags(size_t length, int rate_hz) const;
};

/// Compares the samples [begin, end) of two signals of one shape.
/// Errors   Error{kInput}: shapes differ, the span is empty or outside
GapMetrics compare(const Planes& original, const Planes& repaired, size_t begin, size_t end,
                   int rate_hz);

/// dB by which the strongest millisecond of an AR(32) prediction error within 5 ms of `edge` stands
/// over the ordinary one of the louder side: a click reads > 8 more than the clean programme.
double click_over_background_db(const std::vector<float>& plane, size_t edge, int rate_hz);

/// Power of [edge, edge+size) over that of [edge−size, edge), in dB: the level's step at an edge.
double level_step_db(const Planes& audio, size_t edge, size_t size);

/// Spectral flatness: 10·log10 of geometric over arithmetic mean of the power, 100 Hz…16 kHz, mean over frames
/// of 2048 samples and channels. Near 0 for noise, far below for tones.
double spectral_flatness_db(const Planes& audio, size_t begin, size_t end, int rate_hz);

/// Power of [begin, end) in dB relative to full scale (a full-scale sine is −3).
double level_dbfs(const Planes& audio, size_t begin, size_t end);

/// Sample frames farther than `margin` from every span in which any channel of the two differs.
size_t count_changed(const Planes& before, const Planes& after,
                     const std::vector<std::pair<size_t, size_t>>& spans, size_t margin);

}  // namespace heart
