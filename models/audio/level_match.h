// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Gains that bring the spectrum of one sound to that of another, band by band, and a filter whose
// gains glide from one such set to the next. Pure functions, any thread.

#pragma once

#include "models/base/planes.h"

#include <cstddef>
#include <vector>

namespace heart {

/// Gains in dB at 1/3-octave centres, low to high.
struct BandGains {
  std::vector<double> centre_hz;
  std::vector<double> gain_db;
  double broadband_db = 0;  // level of `wanted` over `found`

  /// Gain at a frequency, linear between centres on the log axis, constant outside.
  double at(double hz) const;
};

/// What `found` lacks to sound like `wanted`: two recordings of the same instant, a few
/// milliseconds long. One set for all channels, so that the stereo image stays.
/// Bands narrower than the window resolves are measured together; bands far below the sound's level
/// get the gain of their neighbours in proportion (noise must not become a gain).
BandGains band_gains(const Planes& wanted, size_t wanted_begin, const Planes& found,
                     size_t found_begin, size_t size, int rate_hz, double max_gain_db);

/// Filters audio with gains that are `from` up to sample `begin`, `to` from sample `end` on, and
/// glide (in dB) in between. Zero phase: nothing is shifted.
void apply_gliding_gains(Planes& audio, const BandGains& from, const BandGains& to, size_t begin,
                         size_t end, int rate_hz);

}  // namespace heart
