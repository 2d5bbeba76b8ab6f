// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The music that the small checkpoint learns from: reproducible, sounding, described, well formed in every
// style; what the composer promises about harmony and form; files that come back as they were written.

#include "models/base/error.h"
#include "models/train/music/augment.h"
#include "models/train/music/composer.h"
#include "models/train/music/music_source.h"
#include "models/train/music/pack.h"
#include "models/train/music/styles.h"

#include <glib.h>
#include <glib/gstdio.h>

#include <cmath>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace {

using namespace heart::music;
using heart::Planes;

// espeak-ng is left out: whether it is installed must not decide what is tested.
SourceOptions quick(double seconds) {
  SourceOptions options;
  options.seconds = seconds;
  options.espeak = false;
  return options;
}

double level_db(const Planes& audio) {
  double sum = 0;
  for (const auto& plane : audio)
    for (float x : plane) sum += static_cast<double>(x) * x;
  return 10 * std::log10(sum / (2.0 * heart::length_of(audio)) + 1e-12);
}

float peak(const Planes& audio) {
  float most = 0;
  for (const auto& plane : audio)
    for (float x : plane) most = std::max(most, std::fabs(x));
  return most;
}

void assert_finite(const Planes& audio) {
  for (const auto& plane : audio)
    for (float x : plane) g_assert_true(std::isfinite(x));
}

void the_same_seed_gives_the_same_samples() {
  for (bool soundfont : {true, false}) {
    SourceOptions options = quick(3);
    options.use_soundfont = soundfont;
    MusicSource once(40, options), again(41, options);
    once.next();  // what was made before must not matter
    for (int i = 0; i < 3; ++i) {
      const Piece a = once.next(), b = again.next();
      g_assert_cmpuint(a.seed, ==, b.seed);
      g_assert_cmpstr(a.tags.c_str(), ==, b.tags.c_str());
      g_assert_cmpstr(a.lyrics.c_str(), ==, b.lyrics.c_str());
      g_assert_true(a.audio == b.audio);
    }
  }
}

void neighbouring_seeds_are_unrelated() {
  // 200 consecutive seeds: all styles but a few turn up, keys are spread, hardly any tags repeat.
  std::set<std::string> styles, tags;
  std::map<int, int> keys;
  for (uint64_t seed = 1000; seed < 1200; ++seed) {
    const Song song = compose(seed);
    styles.insert(song.style);
    tags.insert(song.tags);
    ++keys[song.key];
  }
  g_assert_cmpuint(styles.size() + 5, >=, all_styles().size());
  g_assert_cmpuint(tags.size(), >=, 195);
  g_assert_cmpuint(keys.size(), ==, 12);
  // Binomial with p = 1/12 over 200 draws: 38 is more than five standard deviations above the mean.
  for (const auto& [key, count] : keys) g_assert_cmpint(count, <, 38);
}

void every_style_sounds_and_has_words() {
  uint64_t seed = 7;
  for (const Style& style : all_styles()) {
    SourceOptions options = quick(4);
    options.style = style.name;
    MusicSource source(seed++, options);
    const Piece piece = source.next();
    g_test_message("%s: %.1f dB, %s", style.name.c_str(), level_db(piece.audio),
                   piece.tags.c_str());
    assert_finite(piece.audio);
    g_assert_cmpuint(piece.audio.size(), ==, 2);
    g_assert_cmpuint(heart::length_of(piece.audio), ==, 4 * 48000);
    g_assert_cmpfloat(peak(piece.audio), <=, 1.0f);
    // −24 dB peak at the quietest treatment, and at most about 26 dB from peak to mean in a sparse start.
    g_assert_cmpfloat(level_db(piece.audio), >, -52);
    g_assert_cmpfloat(level_db(piece.audio), <, -3);
    g_assert_cmpint(piece.tags.compare(0, style.name.size(), style.name), ==, 0);
    g_assert_cmpint(piece.lyrics.compare(0, 1, "["), ==, 0);
  }
}

void own_synthesis_alone_sounds_in_every_style() {
  uint64_t seed = 300;
  for (const Style& style : all_styles()) {
    SourceOptions options = quick(2);
    options.style = style.name;
    options.use_soundfont = false;
    options.augment = false;
    const Piece piece = MusicSource(seed++, options).next();
    assert_finite(piece.audio);
    // The renderer brings the peak to −3 dBFS; a float's rounding is allowed for.
    g_assert_cmpfloat(std::fabs(peak(piece.audio) - 0.70795f), <, 1e-4f);
    g_assert_cmpfloat(level_db(piece.audio), >, -40);
  }
}

void lengths_are_exact() {
  const struct {
    double seconds;
    size_t samples;
  } rows[] = {{1.0 / 48000, 1}, {63.0 / 48000, 63}, {64.0 / 48000, 64},     {65.0 / 48000, 65},
              {0.04, 1920},     {0.08, 3840},       {3839.0 / 48000, 3839}, {3841.0 / 48000, 3841},
              {1.00001, 48000}, {2.5, 120000}};
  for (const auto& row : rows) {
    const Piece piece = MusicSource(3, quick(row.seconds)).next();
    g_assert_cmpuint(heart::length_of(piece.audio), ==, row.samples);
  }
}

void impossible_wishes_are_refused() {
  for (double seconds : {0.0, -1.0, std::nan("")}) {
    ComposeOptions options;
    options.seconds = seconds;
    bool refused = false;
    try {
      compose(1, options);
    } catch (const heart::Error& error) {
      refused = error.fault() == heart::Fault::kInput;
    }
    g_assert_true(refused);
  }
  ComposeOptions options;
  options.style = "polka metal";
  bool refused = false;
  try {
    compose(1, options);
  } catch (const heart::Error& error) {
    refused = error.fault() == heart::Fault::kInput &&
              std::string(error.what()).find("polka metal") != std::string::npos;
  }
  g_assert_true(refused);
}

void notes_lie_in_reach_of_midi_and_time() {
  for (uint64_t seed = 2000; seed < 2150; ++seed) {
    const Song song = compose(seed);
    g_assert_false(song.parts.empty());
    const double end = song.sections.back().beat + song.sections.back().beats;
    g_assert_cmpfloat(song.seconds_at(end), >=, 24);
    size_t notes = 0;
    for (const Part& part : song.parts) {
      double before = 0;
      for (const Note& note : part.notes) {
        g_assert_cmpint(note.pitch, >=, 1);
        g_assert_cmpint(note.pitch, <=, 126);
        g_assert_cmpint(note.velocity, >=, 1);
        g_assert_cmpint(note.velocity, <=, 127);
        g_assert_cmpfloat(note.length, >, 0);
        g_assert_cmpfloat(note.beat, >=, before);  // sorted
        g_assert_cmpfloat(note.beat, <, end + 1);
        before = note.beat;
        ++notes;
      }
    }
    g_assert_cmpuint(notes, >=, 12);
  }
}

// Pitch classes of the bass per bar of a section; empty where it does not play.
std::vector<int> bass_line(const Song& song, const Section& section) {
  std::vector<int> line;
  for (const Part& part : song.parts)
    if (part.role == "bass")
      for (const Note& note : part.notes)
        if (note.beat > section.beat - 0.2 && note.beat < section.beat + section.beats - 0.2)
          line.push_back(note.pitch % 12);
  return line;
}

void sections_of_one_name_come_back() {
  int repeats = 0, same = 0;
  for (uint64_t seed = 5000; seed < 5100; ++seed) {
    const Song song = compose(seed);
    std::map<std::string, std::vector<int>> first;
    for (const Section& section : song.sections) {
      const std::vector<int> line = bass_line(song, section);
      if (line.empty()) continue;
      const auto [known, is_new] = first.emplace(section.name, line);
      if (is_new) continue;
      ++repeats;
      same += known->second == line;
    }
  }
  g_test_message("%d of %d repeats have the same bass", same, repeats);
  g_assert_cmpint(repeats, >, 60);
  // A fifth is varied on purpose; jitter at the borders costs a few more.
  g_assert_cmpint(2 * same, >, repeats);
  g_assert_cmpint(same, <, repeats);
}

void sung_words_are_those_of_the_lyrics() {
  int sung = 0;
  for (uint64_t seed = 6000; seed < 6150; ++seed) {
    const Song song = compose(seed);
    for (const Part& part : song.parts) {
      if (part.role != "voice" || part.notes.empty()) continue;
      ++sung;
      std::string words = song.lyrics, said;
      for (const Note& note : part.notes) {
        if (note.syllable.empty()) continue;
        said += note.syllable;
        g_assert_true(words.find(note.syllable) != std::string::npos);
      }
      g_assert_cmpuint(said.size(), >, 8);
      g_assert_true(song.tags.find("vocals") != std::string::npos);
    }
  }
  g_test_message("%d of 150 songs are sung", sung);
  g_assert_cmpint(sung, >=, 15);
}

void a_treatment_that_is_off_changes_nothing_but_the_level() {
  Planes audio = heart::make_planes(2, 4800);
  for (size_t t = 0; t < 4800; ++t) {
    audio[0][t] = 0.3f * std::sin(0.05f * t);
    audio[1][t] = 0.1f * std::cos(0.03f * t);
  }
  const Planes before = audio;
  Treatment treatment;
  treatment.peak_db = -6;
  treat(treatment, audio);
  g_assert_cmpfloat(std::fabs(peak(audio) - 0.501187f), <, 1e-5f);
  const float gain = audio[0][100] / before[0][100];
  for (size_t c = 0; c < 2; ++c)
    for (size_t t = 0; t < 4800; ++t)
      g_assert_cmpfloat(std::fabs(audio[c][t] - gain * before[c][t]), <, 1e-6f);
}

void treatments_stay_finite_and_in_range() {
  int clean = 0;
  for (uint64_t seed = 0; seed < 60; ++seed) {
    const Treatment treatment = choose_treatment(seed);
    Planes audio = heart::make_planes(2, 24000);
    for (size_t t = 0; t < 24000; ++t) audio[0][t] = audio[1][t] = 0.5f * std::sin(0.0575f * t);
    audio[1][12000] += 0.4f;
    clean += treatment.tags().empty() && treatment.room == 0 && treatment.width == 1;
    treat(treatment, audio);
    assert_finite(audio);
    g_assert_cmpuint(heart::length_of(audio), ==, 24000);
    g_assert_cmpfloat(peak(audio), <=, 1.0f);
    if (treatment.width == 0 && treatment.hiss_db < -150 && treatment.crackle == 0)
      for (size_t t = 0; t < 24000; ++t)
        g_assert_cmpfloat(std::fabs(audio[0][t] - audio[1][t]), <, 1e-6f);
  }
  g_assert_cmpint(clean, >=, 15);
  Planes silence = heart::make_planes(2, 4800);
  treat(choose_treatment(3), silence);
  assert_finite(silence);
}

void a_round_trip_by_44100_keeps_a_tone() {
  std::vector<float> tone(48000);
  for (size_t t = 0; t < tone.size(); ++t)
    tone[t] = static_cast<float>(std::sin(2 * M_PI * 1000 * t / 48000));
  const std::vector<float> other = resample(tone, 48000, 44100);
  g_assert_cmpuint(other.size(), ==, 44100);
  // A sample of the tone at its own rate; 3e-4: 20 zero crossings under a Hann window.
  for (size_t t = 1000; t < 43000; ++t)
    g_assert_cmpfloat(std::fabs(other[t] - std::sin(2 * M_PI * 1000 * t / 44100)), <, 3e-4);
  const std::vector<float> back = resample(other, 44100, 48000);
  for (size_t t = 1000; t < 47000; ++t) g_assert_cmpfloat(std::fabs(back[t] - tone[t]), <, 6e-4f);
}

std::string fresh_file(const char* name) {
  gchar* made = g_dir_make_tmp("heart-music-XXXXXX", nullptr);
  const std::string path = std::string(made) + "/" + name;
  g_free(made);
  return path;
}

void packed_pieces_come_back() {
  const std::string path = fresh_file("some.bin");
  std::vector<Piece> pieces;
  {
    MusicSource source(70, quick(0.5));
    PackWriter writer(path);
    for (int i = 0; i < 3; ++i) {
      pieces.push_back(source.next());
      writer.add(pieces.back());
    }
    writer.close();
  }
  PackReader reader(path);
  g_assert_cmpuint(reader.entries().size(), ==, 3);
  for (size_t i : {2u, 0u, 1u}) {
    const Piece back = reader.read(i);
    g_assert_cmpuint(back.seed, ==, 70 + i);
    g_assert_cmpstr(back.tags.c_str(), ==, pieces[i].tags.c_str());
    g_assert_cmpstr(back.lyrics.c_str(), ==, pieces[i].lyrics.c_str());
    for (size_t c = 0; c < 2; ++c)
      for (size_t t = 0; t < 24000; ++t)  // half a step of 16 bits, and a float's rounding
        g_assert_cmpfloat(std::fabs(back.audio[c][t] - pieces[i].audio[c][t]), <=, 0.51f / 32767);
    const Planes end = reader.read(i, 23999, 1);
    g_assert_cmpfloat(end[1][0], ==, back.audio[1][23999]);
  }
  bool refused = false;
  try {
    reader.read(0, 23999, 2);
  } catch (const heart::Error& error) {
    refused = error.fault() == heart::Fault::kInput;
  }
  g_assert_true(refused);
  // Cut off by one byte, and something else altogether.
  std::ifstream in(path, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  for (const std::string& broken :
       {bytes.substr(0, bytes.size() - 1), std::string("RIFF"), std::string()}) {
    std::ofstream(path, std::ios::binary) << broken;
    refused = false;
    try {
      PackReader again(path);
    } catch (const heart::Error& error) {
      refused = error.fault() == heart::Fault::kFile;
    }
    g_assert_true(refused);
  }
  g_remove(path.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
#define CLAIM(name) g_test_add_func("/music/" #name, name)
  CLAIM(the_same_seed_gives_the_same_samples);
  CLAIM(neighbouring_seeds_are_unrelated);
  CLAIM(every_style_sounds_and_has_words);
  CLAIM(own_synthesis_alone_sounds_in_every_style);
  CLAIM(lengths_are_exact);
  CLAIM(impossible_wishes_are_refused);
  CLAIM(notes_lie_in_reach_of_midi_and_time);
  CLAIM(sections_of_one_name_come_back);
  CLAIM(sung_words_are_those_of_the_lyrics);
  CLAIM(a_treatment_that_is_off_changes_nothing_but_the_level);
  CLAIM(treatments_stay_finite_and_in_range);
  CLAIM(a_round_trip_by_44100_keeps_a_tone);
  CLAIM(packed_pieces_come_back);
  return g_test_run();
}
