// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Rhythms as text, one character per sixteenth: what basses, accompaniments and drummers play in a bar.
// A bar longer than its pattern begins the pattern again, a shorter one leaves its end away, so that
// 5/4 and 7/8 can borrow from 4/4. Constant tables, any thread.

#pragma once

#include <string>
#include <utility>
#include <vector>

namespace heart::music {

/// How a bar is felt: in two or four, in three, or in groups of three eighths.
enum class Feel { kDuple, kTriple, kCompound };

/// Bass: R root, 3 third, 5 fifth, 6 sixth, 7 seventh, 8 octave, A a step below the next root,
/// '-' the note goes on, '.' rest. "walk" stands for a bass that walks in quarters.
/// Comp: x hit, X accent, b lowest note alone, c all but the lowest, '-' and '.' as above.
struct Pattern {
  const char* name;
  Feel feel;
  const char* steps;
};

/// One drum rhythm: a line of steps for each key of the General MIDI kit.
/// x hit, X accent, o ghost note, ? a hit in every other bar or so.
struct DrumPattern {
  const char* name;
  Feel feel;
  std::vector<std::pair<int, const char*>> lines;
};

/// The patterns of the names that fit the feel; where none of the names does, all that do.
std::vector<const Pattern*> bass_patterns(const std::vector<std::string>& names, Feel feel);
std::vector<const Pattern*> comp_patterns(const std::vector<std::string>& names, Feel feel);
std::vector<const DrumPattern*> drum_patterns(const std::vector<std::string>& names, Feel feel);

/// Every name in the three tables, for tests.
std::vector<std::string> pattern_names();

}  // namespace heart::music
