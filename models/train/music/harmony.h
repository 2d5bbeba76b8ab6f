// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Chord progressions: a table of common ones by family, and a walk through the harmonic functions
// tonic, subdominant, dominant with cadences. Any thread.

#pragma once

#include "models/train/music/theory.h"

#include <string>
#include <vector>

namespace heart::music {

/// One chord and how many bars it lasts (½, 1 or 2).
struct Change {
  Chord chord;
  double bars = 1;
};

/// `bars` bars of harmony (4, 8, 12 …) for a family of styles: "pop", "rock", "jazz", "blues",
/// "classical", "modal", "electronic", "soul", "latin". An unknown family gets what fits the mode.
/// `closing` ends on the tonic.
std::vector<Change> make_progression(const std::string& family, int bars, int tonic, Mode mode,
                                     Colour colour, bool closing, Random& random);

/// The chord that sounds at a place given in bars; the progression repeats.
const Chord& chord_at(const std::vector<Change>& changes, double bar);

}  // namespace heart::music
