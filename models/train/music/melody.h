// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Melodies from motifs: a motif is invented, then repeated, moved with the harmony, inverted, ornamented,
// and brought to rest at the end of a phrase. Any thread.

#pragma once

#include "models/train/music/harmony.h"
#include "models/train/music/patterns.h"
#include "models/train/music/song.h"

#include <vector>

namespace heart::music {

struct MelodyPlan {
  int bars = 4;
  double bar_beats = 4;
  Feel feel = Feel::kDuple;
  int tonic_pitch = 72;  // a tonic near the middle of the range
  Mode mode = Mode::kMajor;
  double density = 0.5;  // 0 long notes … 1 running sixteenths
  double rest = 0.12;    // share of silent notes
  double leaps = 0.2;    // how often a step is wider than a third
  double ornaments = 0.1;
  int low_step = -4, high_step = 9;  // range in scale steps from the tonic
  bool is_riff = false;              // one motif, repeated as it is
  bool closes = false;               // ends on the tonic chord's tones, long
};

/// The notes of a section, in beats from its start.
std::vector<Note> make_melody(const MelodyPlan& plan, const std::vector<Change>& changes,
                              Random& random);

/// The same melody a third or sixth lower inside the harmony.
std::vector<Note> harmonise(const std::vector<Note>& melody, const std::vector<Change>& changes,
                            double bar_beats, int below_semitones);

/// A slow second voice: chord tones that move by the smallest step, one or two a bar.
std::vector<Note> make_counter(const MelodyPlan& plan, const std::vector<Change>& changes,
                               Random& random);

}  // namespace heart::music
