// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the composer knows of each style: tempo, metre, modes, harmony, rhythm section and the layers that
// may play in it. Constant tables, any thread.

#pragma once

#include "models/train/music/song.h"
#include "models/train/music/theory.h"

#include <string>
#include <vector>

namespace heart::music {

enum class Role { kBass, kComp, kPad, kArp, kLead, kCounter, kRiff };

const char* role_name(Role role);

/// Something that may play in a style: one of `programs` with one of `patterns`.
struct Layer {
  Role role;
  double chance;  // that a song has it
  std::vector<std::string>
      patterns;               // of the bass or comp table; arp: up, down, updown, alberti, broken
  std::vector<int> programs;  // General MIDI, 0…127
  int centre;                 // pitch around which it plays
  int level;                  // MIDI volume before the spread
};

struct Metre {
  int count, unit;
  double weight;
};

struct ModeWeight {
  Mode mode;
  double weight;
};

struct Style {
  std::string name;
  std::string tags;  // more words for it, comma separated; may be empty
  double bpm_low, bpm_high;
  std::vector<Metre> metres;
  std::vector<ModeWeight> modes;
  std::string family;  // of harmony
  Colour colour;
  double swing_low,
      swing_high;   // place of the second eighth in its beat, 0.5 straight … 0.67 triplet
  double human_ms;  // jitter of players; 0 for machines
  double drums_chance;
  std::vector<std::string> drums;
  std::vector<int> kits;  // programs of bank 128
  double synthetic;       // share of parts given to the own synthesis
  double voice_chance;    // that somebody sings
  std::vector<Layer> layers;
};

const std::vector<Style>& all_styles();

/// How often a style is drawn: the eight broad ones come more often than their neighbours.
double style_weight(const Style& style);

/// The word for a General MIDI program in tags: "piano", "strings", "synth lead" …
const char* instrument_tag(int program);

/// The own synthesis that comes nearest to a General MIDI program.
Engine synthetic_engine(int program);

}  // namespace heart::music
