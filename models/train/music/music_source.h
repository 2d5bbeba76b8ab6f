// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Endless music with its words: composes, renders and treats one piece per seed.

#pragma once

#include "models/base/planes.h"
#include "models/train/music/renderer.h"
#include "models/train/music/song.h"

#include <cstdint>
#include <string>

namespace heart::music {

/// A finished piece with what a text-conditioned model is told about it.
struct Piece {
  Planes audio;  // [2][S], 48 kHz, peak at most 1
  std::string tags, lyrics, style;
  uint64_t seed = 0;
};

struct SourceOptions {
  double seconds = 24;
  std::string style;  // empty: every style
  bool augment = true;
  bool use_soundfont = true;  // false: own synthesis alone
  bool espeak = true;         // false: speech by formants, the same on every machine
};

/// Pieces of ascending seeds. The same seed, options and version of FluidSynth give the same samples.
/// Threads  one thread per object; objects are independent of each other
/// Errors   heart::Error as compose() and Soundfont throw it
class MusicSource {
 public:
  explicit MusicSource(uint64_t first_seed, const SourceOptions& options = {});
  /// The piece of the next seed.
  Piece next();
  /// The piece of any seed; does not move the place of next().
  Piece make(uint64_t seed);
  /// The song behind a piece, before it sounds.
  Song song(uint64_t seed) const;

 private:
  SourceOptions options_;
  uint64_t next_seed_;
  Renderer renderer_;
};

}  // namespace heart::music
