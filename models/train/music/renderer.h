// SPDX-License-Identifier: LGPL-2.1-or-later
//
// From a song to sound: sampled parts through the soundfont, all others through the own synthesis,
// mixed and brought to a level. One thread per object; the same song gives the same samples.

#pragma once

#include "models/base/planes.h"
#include "models/train/music/song.h"
#include "models/train/music/soundfont.h"

#include <memory>

namespace heart::music {

class Renderer {
 public:
  static constexpr int kRateHz = 48000;

  /// `use_soundfont` false, or no soundfont at hand: sampled parts are synthesised too.
  /// `use_espeak` false: spoken parts come from the formants of the own synthesis on every machine.
  explicit Renderer(bool use_soundfont = true, bool use_espeak = true);

  /// Shapes   [2][seconds * 48000], rounded to the nearest sample
  /// Units    the peak lies at −3 dBFS; spread of level is left to Augment
  Planes render(const Song& song, double seconds);

 private:
  std::unique_ptr<Soundfont> soundfont_;
  bool use_espeak_;
};

}  // namespace heart::music
