// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Plays parts of a song through FluidSynth and a General MIDI soundfont, where the build has it.
// One thread per object; several objects share the samples of a soundfont.

#pragma once

#include "models/base/planes.h"
#include "models/train/music/song.h"

#include <memory>
#include <string>
#include <vector>

namespace heart::music {

/// The first General MIDI soundfont found in the usual folders; empty where there is none.
std::string find_soundfont();

class Soundfont {
 public:
  /// Errors   heart::Error{kFile}: no soundfont at `path`; {kInternal}: built without FluidSynth
  explicit Soundfont(const std::string& path);
  ~Soundfont();
  Soundfont(const Soundfont&) = delete;
  Soundfont& operator=(const Soundfont&) = delete;

  /// True where the build has FluidSynth and a soundfont is installed.
  static bool is_available();

  /// Adds the parts of the given numbers to `out`, [2][S] at 48 kHz; at most 15 melodic ones and drums.
  void play(const Song& song, const std::vector<size_t>& parts, Planes& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace heart::music
