// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The words about a song that a text-conditioned model gets: style, mood, instruments, voices, tempo, key.
// Any thread.

#pragma once

#include "models/train/music/random.h"
#include "models/train/music/song.h"
#include "models/train/music/styles.h"

#include <cstdint>
#include <string>

namespace heart::music {

/// "happy", "sad", "dark", "calm", "energetic" or "romantic".
std::string choose_mood(const Style& style, bool minor, double bpm, Random& random);

/// Tags such as "pop,piano,female vocals,happy,120 bpm,c major"; the style comes first, the rest varies
/// in order and number.
std::string describe(const Song& song, const Style& style, const std::string& mood, uint64_t seed);

}  // namespace heart::music
