// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/train/music/theory.h"

#include "models/base/error.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>

namespace heart::music {
namespace {

const std::array<std::vector<int>, 8> kHarmony = {{
    {0, 2, 4, 5, 7, 9, 11},  // major
    {0, 2, 3, 5, 7, 8, 10},  // minor
    {0, 2, 3, 5, 7, 9, 10},  // dorian
    {0, 2, 4, 5, 7, 9, 10},  // mixolydian
    {0, 2, 4, 6, 7, 9, 11},  // lydian
    {0, 1, 3, 5, 7, 8, 10},  // phrygian
    {0, 2, 3, 5, 7, 8, 11},  // harmonic minor
    {0, 2, 4, 5, 7, 9, 10},  // blues
}};
const std::vector<int> kBluesMelody = {0, 3, 5, 6, 7, 10};

int modulo(int a, int n) {
  return ((a % n) + n) % n;
}

/// Reads the Roman part at `at`; gives the degree 0…6 and whether it was written in capitals.
bool read_degree(const std::string& text, size_t& at, int& degree, bool& capital) {
  static const std::array<std::pair<const char*, int>, 7> kNumerals = {
      {{"vii", 6}, {"iii", 2}, {"vi", 5}, {"iv", 3}, {"ii", 1}, {"v", 4}, {"i", 0}}};
  for (const auto& [name, value] : kNumerals) {
    const std::string lower = name;
    if (at + lower.size() > text.size()) continue;
    bool same = true;
    for (size_t i = 0; i < lower.size(); ++i)
      same = same && std::tolower(static_cast<unsigned char>(text[at + i])) == lower[i];
    if (!same) continue;
    capital = std::isupper(static_cast<unsigned char>(text[at])) != 0;
    degree = value;
    at += lower.size();
    return true;
  }
  return false;
}

[[noreturn]] void fail(const std::string& numeral) {
  throw Error(Fault::kInput,
              "chord \"" + numeral + "\": wanted a Roman numeral such as bVII, V7, iio7 or V/vi");
}

}  // namespace

const char* mode_name(Mode mode) {
  static const std::array<const char*, 8> kNames = {"major",  "minor",    "dorian", "mixolydian",
                                                    "lydian", "phrygian", "minor",  "blues"};
  return kNames[static_cast<size_t>(mode)];
}

bool is_minor(Mode mode) {
  return mode == Mode::kMinor || mode == Mode::kDorian || mode == Mode::kPhrygian ||
         mode == Mode::kHarmonicMinor;
}

const std::vector<int>& harmony_scale(Mode mode) {
  return kHarmony[static_cast<size_t>(mode)];
}

const std::vector<int>& melody_scale(Mode mode) {
  return mode == Mode::kBlues ? kBluesMelody : kHarmony[static_cast<size_t>(mode)];
}

bool Chord::has(int pitch_class) const {
  for (int tone : tones)
    if (modulo(root + tone, 12) == modulo(pitch_class, 12)) return true;
  return false;
}

Chord parse_chord(const std::string& numeral, int tonic, Mode mode, Colour colour) {
  const std::vector<int>& scale = harmony_scale(mode);
  // A secondary dominant: what follows the slash is the tonic for the moment.
  const size_t slash = numeral.find('/');
  std::string text = numeral.substr(0, slash);
  int bass_tone = 0;
  if (slash != std::string::npos) {
    const std::string over = numeral.substr(slash + 1);
    if (over == "3" || over == "5" || over == "7") {
      bass_tone = over[0] - '0';
    } else {
      const Chord target = parse_chord(over, tonic, mode, Colour::kTriad);
      return parse_chord(text, target.root, Mode::kMajor, colour);
    }
  }
  size_t at = 0;
  int shift = 0;
  for (; at < text.size() && (text[at] == 'b' || text[at] == '#'); ++at)
    shift += text[at] == 'b' ? -1 : 1;
  int degree = 0;
  bool capital = true;
  if (!read_degree(text, at, degree, capital)) fail(numeral);
  Chord chord;
  chord.root = modulo(tonic + scale[static_cast<size_t>(degree)] + shift, 12);
  const std::string suffix = text.substr(at);
  const bool plain = suffix.empty();
  // The seventh that belongs to the scale; a chord from outside gets a minor one.
  int seventh = 10;
  if (shift == 0) {
    seventh = modulo(
        scale[static_cast<size_t>((degree + 6) % 7)] - scale[static_cast<size_t>(degree)], 12);
    if (seventh < 9) seventh = 10;
  }
  std::vector<int> tones = capital ? std::vector<int>{0, 4, 7} : std::vector<int>{0, 3, 7};
  if (suffix == "7") {
    tones.push_back(10);
  } else if (suffix == "maj7") {
    tones.push_back(11);
  } else if (suffix == "9") {
    tones.insert(tones.end(), {10, 14});
  } else if (suffix == "6") {
    tones.push_back(9);
  } else if (suffix == "sus4") {
    tones = {0, 5, 7};
  } else if (suffix == "sus2") {
    tones = {0, 2, 7};
  } else if (suffix == "o") {
    tones = {0, 3, 6};
  } else if (suffix == "o7") {
    tones = {0, 3, 6, 9};
  } else if (suffix == "h7") {
    tones = {0, 3, 6, 10};
  } else if (suffix == "+") {
    tones = {0, 4, 8};
  } else if (!plain) {
    fail(numeral);
  }
  if (plain && (colour == Colour::kSeventh || colour == Colour::kNinth)) tones.push_back(seventh);
  if (plain && colour == Colour::kNinth) tones.push_back(14);
  if (colour == Colour::kPower && suffix != "sus4" && suffix != "o") tones = {0, 7};
  chord.tones = tones;
  chord.bass = chord.root;
  const size_t index = static_cast<size_t>(bass_tone / 2);  // 3 → 1, 5 → 2, 7 → 3
  if (bass_tone != 0 && index < tones.size()) chord.bass = modulo(chord.root + tones[index], 12);
  return chord;
}

int scale_pitch(int tonic_pitch, const std::vector<int>& scale, int step) {
  const int n = static_cast<int>(scale.size());
  const int in_octave = modulo(step, n);
  return tonic_pitch + 12 * ((step - in_octave) / n) + scale[static_cast<size_t>(in_octave)];
}

std::vector<int> voice_chord(const Chord& chord, int centre, int voices,
                             const std::vector<int>& before) {
  // All pitches of the chord within reach, then the run of neighbours that moves least.
  std::vector<int> pool;
  for (int pitch = centre - 14; pitch <= centre + 16; ++pitch)
    if (chord.has(pitch)) pool.push_back(pitch);
  const size_t n = static_cast<size_t>(std::max(1, voices));
  if (pool.size() <= n) return pool;
  std::vector<int> best;
  double best_cost = 1e9;
  for (size_t i = 0; i + n <= pool.size(); ++i) {
    const std::vector<int> run(pool.begin() + static_cast<long>(i),
                               pool.begin() + static_cast<long>(i + n));
    double mean = 0, cost = 0;
    for (int p : run) mean += p;
    mean /= static_cast<double>(n);
    cost += 0.6 * std::abs(mean - centre);
    if (before.size() == n)
      for (size_t v = 0; v < n; ++v) cost += std::abs(run[v] - before[v]);
    if (cost < best_cost) {
      best_cost = cost;
      best = run;
    }
  }
  return best;
}

int nearest_chord_tone(const Chord& chord, int pitch) {
  for (int distance = 0; distance < 12; ++distance) {
    if (chord.has(pitch - distance)) return pitch - distance;
    if (chord.has(pitch + distance)) return pitch + distance;
  }
  return pitch;
}

}  // namespace heart::music
