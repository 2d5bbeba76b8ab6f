// SPDX-License-Identifier: LGPL-2.1-or-later
//
// From a seed to a song: style, key, mode, tempo, metre, form, harmony, parts, words and tags.
// Any thread; the same seed and options give the same song everywhere.

#pragma once

#include "models/train/music/song.h"

#include <cstdint>
#include <string>

namespace heart::music {

struct ComposeOptions {
  double seconds = 24;   // the song lasts at least this long
  std::string style;     // name of a style; empty: drawn from the seed
  double voices = 1;     // scales the chance that somebody sings or speaks; 0 for none
  double synthetic = 1;  // scales the share of parts given to the own synthesis
};

/// Composes a song.
/// Units    seconds of sound from beat 0 on; parts may ring beyond
/// Errors   heart::Error{kInput}: no style of that name; seconds not above 0
Song compose(uint64_t seed, const ComposeOptions& options = {});

}  // namespace heart::music
