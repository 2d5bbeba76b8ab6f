// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A composed song before it sounds: parts with notes in beats, a tempo map, its form, and the words that
// describe it. Plain values, free of torch and GStreamer.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace heart::music {

/// One note. A beat is a quarter note of the score whatever the metre.
struct Note {
  double beat = 0;
  double length = 1;     // beats
  int pitch = 60;        // MIDI; the drum's key in a drum part
  int velocity = 80;     // 1…127
  std::string syllable;  // what a voice sings or says on it; empty: the vowel before goes on
};

/// A controller change; kBend is the pitch wheel, −8192…8191, all others are MIDI controllers.
struct Control {
  static constexpr int kBend = -1;
  double beat = 0;
  int number = 0;
  int value = 0;
};

/// What makes the sound of a part. Everything but kSampled is synthesised here.
enum class Engine { kSampled, kAnalog, kFm, kPluck, kOrgan, kMachine, kVoice, kSpeech };

struct Part {
  std::string
      role;  // "bass", "comp", "pad", "arp", "lead", "counter", "riff", "drums", "voice", "speech"
  Engine engine = Engine::kSampled;
  int program = 0;  // General MIDI program, or the number of the kit in a drum part
  bool is_drums = false;
  int volume = 100;  // the MIDI controllers 7, 10, 91, 93
  int pan = 64;
  int reverb = 40;
  int chorus = 0;
  uint64_t patch_seed = 0;  // settings of the synthesised engines
  std::vector<Note> notes;
  std::vector<Control> controls;
};

struct Tempo {
  double beat = 0;
  double bpm = 120;
};

struct Section {
  std::string name;  // "intro", "verse", "chorus", "bridge", "solo", "outro"
  double beat = 0;
  double beats = 0;
};

struct Song {
  uint64_t seed = 0;
  std::string style;
  double bpm = 120;
  int metre_count = 4;  // 6 over 8 and the like; a bar is 4 * count / unit beats
  int metre_unit = 4;
  int key = 0;               // pitch class of the tonic, 0 = C
  std::string mode;          // "major", "minor", "dorian", …
  std::vector<Tempo> tempo;  // from beat 0 on, ascending
  std::vector<Section> sections;
  std::vector<Part> parts;
  std::string tags;    // lower case, comma separated, most telling first
  std::string lyrics;  // "[verse]\nline\nline\n\n[chorus]…"; section names alone where nobody sings

  /// Time of a beat by the tempo map, in seconds; beats before 0 go by the first tempo.
  double seconds_at(double beat) const;
  double bar_beats() const { return 4.0 * metre_count / metre_unit; }
};

}  // namespace heart::music
