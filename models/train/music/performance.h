// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What players add to the written notes: swing, jitter of time and loudness, pedals, vibrato, bends,
// swells. Any thread.

#pragma once

#include "models/train/music/song.h"

#include <cstdint>

namespace heart::music {

/// Changes the notes of a song in place and adds controllers; notes end up sorted by time.
/// Units    human_ms: standard deviation of the jitter, 0 for machines; swing: place of the off-beat in
///          its pair, 0.5 straight; swing_beats: length of the pair, 1 (eighths) or 0.5 (sixteenths)
void perform(Song& song, double human_ms, double swing, double swing_beats, uint64_t seed);

}  // namespace heart::music
