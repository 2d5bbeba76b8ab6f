// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Scales, chords written as Roman numerals, and the voicing of one chord after another.
// Pitches are MIDI numbers, pitch classes 0…11 with C = 0. Pure functions, any thread.

#pragma once

#include "models/train/music/random.h"

#include <string>
#include <vector>

namespace heart::music {

enum class Mode {
  kMajor,
  kMinor,
  kDorian,
  kMixolydian,
  kLydian,
  kPhrygian,
  kHarmonicMinor,
  kBlues
};

const char* mode_name(Mode mode);
/// True where the third above the tonic is minor; a blues counts as major harmony with a minor melody.
bool is_minor(Mode mode);
/// Semitones above the tonic that chords are built on, always seven.
const std::vector<int>& harmony_scale(Mode mode);
/// Semitones above the tonic that melodies walk on: seven, or fewer for a pentatonic or blues scale.
const std::vector<int>& melody_scale(Mode mode);

struct Chord {
  int root = 0;            // pitch class
  int bass = 0;            // pitch class of the lowest note
  std::vector<int> tones;  // semitones above the root, ascending, from 0
  bool has(int pitch_class) const;
};

/// How many notes the chords of a style have.
enum class Colour { kPower, kTriad, kSeventh, kNinth };

/// Reads numerals such as "i", "bVII", "V7", "ivo7", "IVmaj7", "Isus4", "V/vi", "I/5" (third over its
/// fifth: a slash with an Arabic number names the chord tone in the bass), relative to a tonic and mode.
/// Errors   heart::Error{kInput} for a numeral that cannot be read
Chord parse_chord(const std::string& numeral, int tonic, Mode mode, Colour colour);

/// Pitch of a step of a scale counted from `tonic_pitch`; steps may be negative or exceed an octave.
int scale_pitch(int tonic_pitch, const std::vector<int>& scale, int step);

/// `voices` pitches of the chord around `centre`, as near to `before` as they can be (empty: any).
std::vector<int> voice_chord(const Chord& chord, int centre, int voices,
                             const std::vector<int>& before);

/// The chord tone nearest to a pitch; the lower one of two equally near.
int nearest_chord_tone(const Chord& chord, int pitch);

}  // namespace heart::music
