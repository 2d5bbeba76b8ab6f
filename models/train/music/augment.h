// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What happens to music between the players and the listener: room, equaliser, compressor, width, tape and
// vinyl, another sampling rate, level. A share of the pieces is left alone. Any thread.

#pragma once

#include "models/base/planes.h"

#include <cstdint>
#include <string>
#include <vector>

namespace heart::music {

/// What was done to a piece; each is off at its default.
struct Treatment {
  double room = 0, room_seconds = 1;  // share of the room's answer
  double low_db = 0, high_db = 0, mid_db = 0, mid_hz = 1000;
  double compress_ratio = 1;
  double drive = 0;  // saturation
  double chorus = 0;
  double width = 1;                                // of the side signal; 0 mono
  double hiss_db = -200, crackle = 0, rumble = 0;  // noise level below full scale; clicks a second
  double wow = 0;                                  // depth of the pitch's wobble, relative
  double low_pass_hz = 0;                          // 0: none
  bool through_44100 = false;
  double peak_db = -3;
  uint64_t seed = 0;

  /// Words that a listener might use for it: "lo-fi", "vinyl", "mono", "reverb".
  std::vector<std::string> tags() const;
};

/// Draws a treatment; nearly half of them change nothing but the level.
Treatment choose_treatment(uint64_t seed);

/// Shapes   [2][S] → the same, in place, 48 kHz
/// Units    the peak of the result lies at peak_db, unless the input is silent
void treat(const Treatment& treatment, Planes& audio);

/// Changes the sampling rate by a ratio of small numbers, by a windowed sinc; used for the round trip.
/// Length of the result: input × to / from, rounded down.
std::vector<float> resample(const std::vector<float>& input, int from_hz, int to_hz);

}  // namespace heart::music
