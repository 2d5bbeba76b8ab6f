// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A stereo room: a feedback delay network of eight lines behind two diffusers. One thread per object.
// Source: Jot and Chaigne 1991, with a Hadamard mixing matrix.

#pragma once

#include "models/base/planes.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace heart::music {

class Room {
 public:
  struct Settings {
    double seconds = 1.5;  // decay by 60 dB at low frequencies
    double size = 1.0;     // scales the delays; 0.3 a cabin … 2 a cathedral
    double damping = 0.4;  // 0…1, loss of treble on the way
    double predelay_ms = 10;
    uint64_t seed = 0;  // spreads the delays
  };

  Room(const Settings& settings, int rate_hz);
  /// The room's answer alone, as long as the input. [2][S] → [2][S]
  Planes process(const Planes& input);

 private:
  static constexpr size_t kLines = 8;
  struct Line {
    std::vector<float> buffer;
    size_t at = 0;
    float low = 0;
    float gain = 0;
  };
  std::array<Line, kLines> lines_;
  std::array<Line, 4> diffusers_;  // two per channel
  size_t predelay_ = 0;
  float damping_ = 0;
};

}  // namespace heart::music
