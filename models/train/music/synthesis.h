// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The own synthesis: everything that needs no samples. Each engine plays a part into a stereo buffer;
// here they meet a shared room and the mix. Any thread, one call at a time per buffer.

#pragma once

#include "models/base/planes.h"
#include "models/train/music/random.h"
#include "models/train/music/song.h"

#include <cstdint>
#include <vector>

namespace heart::music {

/// Adds all parts of the song to `out`, [2][S]; the level of a part matches a sampled one's roughly.
/// Errors   heart::Error{kInput}: a part with Engine::kSampled
void synthesise(const Song& song, int rate_hz, bool use_espeak, Planes& out);

/// One note as the engines get it, with times in samples and everything in its place.
struct Voice {
  size_t begin = 0;  // first sample
  size_t gate = 0;   // samples until the key is released
  double hz = 440;
  double loudness = 1;  // 0…1 from the velocity, already on an amplitude scale
  int pitch = 69;
  const Note* note = nullptr;
};

/// What an engine plays into: mono or stereo, S samples at rate_hz; engines add.
struct Stage {
  int rate_hz = 48000;
  size_t length = 0;
  bool use_espeak = true;
  Planes planes;  // [2][S]
  double seconds(size_t samples) const { return static_cast<double>(samples) / rate_hz; }
};

/// The engines. `patch_seed` of the part fixes the sound, the family of its program the kind of sound.
void play_analog(const Part& part, const std::vector<Voice>& voices, Stage& stage);
void play_fm(const Part& part, const std::vector<Voice>& voices, Stage& stage);
void play_pluck(const Part& part, const std::vector<Voice>& voices, Stage& stage);
void play_organ(const Part& part, const std::vector<Voice>& voices, Stage& stage);
void play_machine(const Part& part, const std::vector<Voice>& voices, Stage& stage);
void play_voice(const Part& part, const std::vector<Voice>& voices, Stage& stage);
/// Speaks the words through espeak-ng where it is installed, else with the formants of play_voice.
void play_speech(const Part& part, const std::vector<Voice>& voices, Stage& stage);

}  // namespace heart::music
