// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What everybody but the soloist plays in one bar: bass, chords, pads, arpeggios, drums.
// Notes are added to a part; all choices come from the Random given. Any thread.

#pragma once

#include "models/train/music/harmony.h"
#include "models/train/music/patterns.h"
#include "models/train/music/song.h"

#include <string>
#include <vector>

namespace heart::music {

/// A bar of a section, with the harmony under it.
struct Bar {
  double beat = 0;   // where it begins in the song
  double beats = 4;  // its length
  int index = 0;     // within its section
  int bars = 4;      // of the section
  Feel feel = Feel::kDuple;
  const std::vector<Change>* changes = nullptr;
  double energy = 0.7;  // 0…1: how loud and busy

  const Chord& chord(double offset_beats) const {
    return chord_at(*changes, index + offset_beats / beats);
  }
};

void play_bass(const Bar& bar, const Pattern& pattern, int centre, int tonic, Mode mode,
               Random& random, Part& part);

/// `before` remembers the voicing from one bar to the next. `strum_beats` spreads the notes of a chord.
void play_comp(const Bar& bar, const Pattern& pattern, int centre, int voices, double strum_beats,
               Random& random, std::vector<int>& before, Part& part);

void play_pad(const Bar& bar, int centre, int voices, std::vector<int>& before, Part& part);

/// `figure`: up, down, updown, alberti, broken, wide, random; `step_beats` from note to note; `order_seed`
/// fixes the order of "random" and the gaps, so that the figure repeats.
void play_arp(const Bar& bar, const std::string& figure, double step_beats, int centre,
              uint64_t order_seed, Random& random, Part& part);

/// `is_last` adds a fill in the bar before the next section, `is_first` a cymbal.
void play_drums(const Bar& bar, const DrumPattern& pattern, bool is_first, bool is_last,
                Random& random, Part& part);

/// Brings a pitch into reach of `centre` by octaves.
int near(int pitch, int centre);

}  // namespace heart::music
