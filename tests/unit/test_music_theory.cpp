// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the composer is made of, against what can be worked out by hand: chords, scales, voicing, tempo,
// syllables, tables of rhythms, and engines that play the pitch that they are asked for.

#include "models/base/error.h"
#include "models/train/music/harmony.h"
#include "models/train/music/lyrics.h"
#include "models/train/music/patterns.h"
#include "models/train/music/random.h"
#include "models/train/music/song.h"
#include "models/train/music/styles.h"
#include "models/train/music/synthesis.h"

#include <glib.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>
#include <string>
#include <vector>

namespace {

using namespace heart::music;

void numerals_become_the_chords_they_name() {
  const struct {
    const char* numeral;
    int tonic;
    Mode mode;
    Colour colour;
    int root, bass;
    std::vector<int> tones;
  } rows[] = {
      {"I", 0, Mode::kMajor, Colour::kTriad, 0, 0, {0, 4, 7}},
      {"vi", 0, Mode::kMajor, Colour::kTriad, 9, 9, {0, 3, 7}},
      {"V", 9, Mode::kMinor, Colour::kTriad, 4, 4, {0, 4, 7}},        // E major in A minor
      {"VI", 9, Mode::kMinor, Colour::kTriad, 5, 5, {0, 4, 7}},       // F in A minor
      {"bVII", 7, Mode::kMajor, Colour::kTriad, 5, 5, {0, 4, 7}},     // F in G
      {"I", 0, Mode::kMajor, Colour::kSeventh, 0, 0, {0, 4, 7, 11}},  // the scale's own seventh
      {"V", 0, Mode::kMajor, Colour::kNinth, 7, 7, {0, 4, 7, 10, 14}},
      {"V7/ii", 0, Mode::kMajor, Colour::kTriad, 9, 9, {0, 4, 7, 10}},  // A7 on the way to D minor
      {"V/5", 0, Mode::kMajor, Colour::kTriad, 7, 2, {0, 4, 7}},        // its fifth in the bass
      {"I/3", 5, Mode::kMajor, Colour::kTriad, 5, 9, {0, 4, 7}},
      {"iih7", 2, Mode::kMinor, Colour::kTriad, 4, 4, {0, 3, 6, 10}},
      {"#io7", 0, Mode::kMajor, Colour::kTriad, 1, 1, {0, 3, 6, 9}},
      {"Isus4", 0, Mode::kMajor, Colour::kPower, 0, 0, {0, 5, 7}},
      {"iv", 0, Mode::kMinor, Colour::kPower, 5, 5, {0, 7}},
  };
  for (const auto& row : rows) {
    const Chord chord = parse_chord(row.numeral, row.tonic, row.mode, row.colour);
    g_assert_cmpint(chord.root, ==, row.root);
    g_assert_cmpint(chord.bass, ==, row.bass);
    g_assert_true(chord.tones == row.tones);
  }
  for (const char* wrong : {"", "VIII", "H", "I13", "b", "V/", "7"}) {
    bool refused = false;
    try {
      parse_chord(wrong, 0, Mode::kMajor, Colour::kTriad);
    } catch (const heart::Error& error) {
      refused = error.fault() == heart::Fault::kInput;
    }
    if (!refused) g_test_message("\"%s\" was read", wrong);
    g_assert_true(refused);
  }
}

void scales_go_on_through_the_octaves() {
  const std::vector<int>& major = melody_scale(Mode::kMajor);
  const std::vector<int>& blues = melody_scale(Mode::kBlues);
  g_assert_cmpint(scale_pitch(60, major, 0), ==, 60);
  g_assert_cmpint(scale_pitch(60, major, 7), ==, 72);
  g_assert_cmpint(scale_pitch(60, major, -1), ==, 59);
  g_assert_cmpint(scale_pitch(60, major, -7), ==, 48);
  g_assert_cmpint(scale_pitch(60, major, 9), ==, 76);
  g_assert_cmpint(scale_pitch(60, blues, 6), ==, 72);  // six tones an octave
  g_assert_cmpint(scale_pitch(60, blues, -1), ==, 58);
}

void chords_follow_each_other_by_small_steps() {
  const Chord c = parse_chord("I", 0, Mode::kMajor, Colour::kTriad);
  const Chord f = parse_chord("IV", 0, Mode::kMajor, Colour::kTriad);
  const std::vector<int> first = voice_chord(c, 60, 3, {});
  const std::vector<int> second = voice_chord(f, 60, 3, first);
  int moved = 0;
  for (size_t i = 0; i < 3; ++i) {
    g_assert_true(c.has(first[i]));
    g_assert_true(f.has(second[i]));
    moved += std::abs(first[i] - second[i]);
  }
  g_assert_cmpint(moved, <=, 3);  // C stays, E and G go up a step each
  g_assert_cmpint(nearest_chord_tone(c, 62), ==, 60);
  g_assert_cmpint(nearest_chord_tone(c, 66), ==, 67);
  g_assert_cmpint(nearest_chord_tone(c, 67), ==, 67);
}

void progressions_fill_their_bars() {
  Random random(5);
  for (const char* family : {"pop", "rock", "jazz", "blues", "classical", "modal", "electronic",
                             "soul", "latin", "folk", "?"})
    for (Mode mode : {Mode::kMajor, Mode::kMinor, Mode::kDorian, Mode::kBlues})
      for (int bars : {4, 8, 12}) {
        const std::vector<Change> changes =
            make_progression(family, bars, 3, mode, Colour::kTriad, false, random);
        double total = 0;
        for (const Change& change : changes) total += change.bars;
        g_assert_cmpfloat(std::fabs(total - bars), <, 1e-9);
        // Beyond its end it begins again.
        g_assert_cmpint(chord_at(changes, bars).root, ==, changes[0].chord.root);
      }
}

void time_follows_the_tempo_map() {
  Song song;
  song.bpm = 120;
  song.tempo = {{0, 120}, {4, 60}, {6, 240}};
  const struct {
    double beat, seconds;
  } rows[] = {{0, 0}, {1, 0.5}, {4, 2}, {5, 3}, {6, 4}, {10, 5}, {-1, -0.5}};
  for (const auto& row : rows)
    g_assert_cmpfloat(std::fabs(song.seconds_at(row.beat) - row.seconds), <, 1e-12);
  song.metre_count = 6;
  song.metre_unit = 8;
  g_assert_cmpfloat(song.bar_beats(), ==, 3);
}

void words_fall_into_syllables() {
  const struct {
    const char* line;
    std::vector<std::string> syllables;
  } rows[] = {{"rain", {"rain"}},
              {"the silver moon", {"the", "sil", "ver", "moon"}},
              {"love", {"love"}},
              {"morning light", {"mor", "ning", "light"}},
              {"gentle", {"gent", "le"}},
              {"you and i", {"you", "and", "i"}},
              {"hm", {"hm"}},
              {"", {}}};
  for (const auto& row : rows) {
    const std::vector<std::string> got = syllables_of(row.line);
    std::string joined;
    for (const std::string& syllable : got) joined += syllable + "|";
    g_test_message("%s: %s", row.line, joined.c_str());
    g_assert_true(got == row.syllables);
  }
  Random random(1);
  for (const char* mood :
       {"happy", "sad", "dark", "calm", "energetic", "romantic", "none of these"})
    for (int i = 0; i < 50; ++i)
      for (const std::string& line : make_verse(mood, 4, random))
        for (char c : line)  // every letter of a template was filled in
          g_assert_true((c >= 'a' && c <= 'z') || c == ' ' || c == '\'');
}

void tables_hold_only_what_can_be_played() {
  std::set<std::string> known;
  for (const std::string& name : pattern_names()) known.insert(name);
  const std::set<std::string> figures = {"up",     "down", "updown", "alberti",
                                         "broken", "wide", "random"};
  for (Feel feel : {Feel::kDuple, Feel::kTriple, Feel::kCompound}) {
    const size_t steps = feel == Feel::kDuple ? 16 : 12;
    for (const Pattern* p : bass_patterns({}, feel)) {
      if (std::strcmp(p->steps, "walk") == 0) continue;
      g_assert_cmpuint(std::strlen(p->steps), ==, steps);
      g_assert_cmpuint(std::strspn(p->steps, "R35678A-."), ==, steps);
    }
    for (const Pattern* p : comp_patterns({}, feel)) {
      g_assert_cmpuint(std::strlen(p->steps), ==, steps);
      g_assert_cmpuint(std::strspn(p->steps, "xXbc-."), ==, steps);
    }
    for (const DrumPattern* p : drum_patterns({}, feel))
      for (const auto& [key, line] : p->lines) {
        g_assert_cmpint(key, >=, 27);
        g_assert_cmpint(key, <=, 87);
        g_assert_cmpuint(std::strlen(line), ==, steps);
        g_assert_cmpuint(std::strspn(line, "xXo?."), ==, steps);
      }
  }
  std::set<std::string> names;
  std::set<int> programs;
  for (const Style& style : all_styles()) {
    g_assert_true(names.insert(style.name).second);
    g_assert_cmpfloat(style.bpm_low, <, style.bpm_high);
    for (const std::string& name : style.drums) g_assert_true(known.count(name) == 1);
    g_assert_true(style.drums_chance == 0 || !style.kits.empty());
    for (const Layer& layer : style.layers) {
      g_assert_false(layer.programs.empty());
      for (int program : layer.programs) {
        g_assert_cmpint(program, >=, 0);
        g_assert_cmpint(program, <=, 127);
        programs.insert(program);
      }
      for (const std::string& name : layer.patterns)
        g_assert_true(layer.role == Role::kArp ? figures.count(name) == 1 : known.count(name) == 1);
    }
  }
  g_assert_cmpuint(names.size(), >=, 30);
  g_assert_cmpuint(programs.size(), >=, 100);  // of the 128 of General MIDI
}

// The period of a tone by its autocorrelation, refined by a parabola.
double pitch_hz(const std::vector<float>& x, double expected_hz) {
  const size_t begin = 9600, n = 9600;
  const auto lag_of = [&](double hz) { return static_cast<size_t>(48000 / hz); };
  std::vector<double> r;
  const size_t low = lag_of(expected_hz * 1.3), high = lag_of(expected_hz / 1.3);
  for (size_t lag = low; lag <= high; ++lag) {
    double sum = 0;
    for (size_t t = begin; t < begin + n; ++t) sum += static_cast<double>(x[t]) * x[t + lag];
    r.push_back(sum);
  }
  const size_t best = static_cast<size_t>(std::max_element(r.begin() + 1, r.end() - 1) - r.begin());
  const double a = r[best - 1], b = r[best], c = r[best + 1];
  return 48000 / (static_cast<double>(low + best) + 0.5 * (a - c) / (a - 2 * b + c));
}

void engines_play_the_pitch_they_are_asked_for() {
  const struct {
    Engine engine;
    int program;
    const char* role;
    double tolerance;  // relative; vibrato and detuned rows beat around the pitch
  } rows[] = {{Engine::kAnalog, 81, "lead", 0.012}, {Engine::kAnalog, 89, "pad", 0.012},
              {Engine::kFm, 0, "comp", 0.003},      {Engine::kFm, 73, "lead", 0.02},
              {Engine::kPluck, 24, "arp", 0.006},   {Engine::kOrgan, 19, "pad", 0.006},
              {Engine::kOrgan, 21, "lead", 0.012},  {Engine::kVoice, 53, "voice", 0.035}};
  for (const auto& row : rows)
    for (int pitch : {52, 60, 67}) {
      Song song;
      song.seed = 4;
      song.bpm = 60;
      Part part;
      part.engine = row.engine;
      part.program = row.program;
      part.role = row.role;
      part.patch_seed = 11;
      part.reverb = 0;
      Note note;
      note.length = 1.5;
      note.pitch = pitch;
      note.velocity = 100;
      part.notes.push_back(note);
      song.parts.push_back(part);
      heart::Planes audio = heart::make_planes(2, 72000);
      synthesise(song, 48000, false, audio);
      for (size_t t = 0; t < audio[0].size(); ++t) audio[0][t] += audio[1][t];
      const double hz = 440 * std::pow(2, (pitch - 69) / 12.0), got = pitch_hz(audio[0], hz);
      g_test_message("program %d, pitch %d: %.2f Hz, wanted %.2f", row.program, pitch, got, hz);
      g_assert_cmpfloat(std::fabs(got / hz - 1), <, row.tolerance);
    }
}

void a_drum_machine_has_every_key() {
  for (int key = 35; key <= 81; ++key) {
    Song song;
    song.bpm = 60;
    Part part;
    part.role = "drums";
    part.is_drums = true;
    part.engine = Engine::kMachine;
    part.patch_seed = 3;
    Note note;
    note.pitch = key;
    note.velocity = 100;
    part.notes.push_back(note);
    song.parts.push_back(part);
    heart::Planes audio = heart::make_planes(2, 24000);
    synthesise(song, 48000, false, audio);
    float most = 0;
    for (float x : audio[0]) most = std::max(most, std::fabs(x));
    g_assert_cmpfloat(most, >, 0.01f);
    g_assert_true(std::isfinite(most));
  }
}

void words_are_spoken_without_espeak() {
  Song song;
  song.bpm = 60;
  Part part;
  part.role = "speech";
  part.engine = Engine::kSpeech;
  Note note;
  note.length = 2;
  note.pitch = 52;
  note.syllable = "the silver moon is calling";
  part.notes.push_back(note);
  song.parts.push_back(part);
  heart::Planes audio = heart::make_planes(2, 96000);
  synthesise(song, 48000, false, audio);
  // Nine syllables take more than a second.
  size_t loud = 0;
  for (size_t block = 0; block < 200; ++block) {
    double sum = 0;
    for (size_t t = block * 480; t < (block + 1) * 480; ++t) sum += audio[0][t] * audio[0][t];
    loud += sum / 480 > 1e-5;
  }
  g_assert_cmpuint(loud, >, 90);
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
#define CLAIM(name) g_test_add_func("/music-theory/" #name, name)
  CLAIM(numerals_become_the_chords_they_name);
  CLAIM(scales_go_on_through_the_octaves);
  CLAIM(chords_follow_each_other_by_small_steps);
  CLAIM(progressions_fill_their_bars);
  CLAIM(time_follows_the_tempo_map);
  CLAIM(words_fall_into_syllables);
  CLAIM(tables_hold_only_what_can_be_played);
  CLAIM(engines_play_the_pitch_they_are_asked_for);
  CLAIM(a_drum_machine_has_every_key);
  CLAIM(words_are_spoken_without_espeak);
  return g_test_run();
}
