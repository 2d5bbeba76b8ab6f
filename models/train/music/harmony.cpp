// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/train/music/harmony.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <sstream>

namespace heart::music {
namespace {

struct Row {
  const char* families;  // space separated
  bool minor;
  const char* numerals;
};

// Numerals are relative to the mode: in minor, VI and VII are the flat ones.
const std::vector<Row> kRows = {
    {"pop rock electronic", false, "I V vi IV"},
    {"pop rock", false, "I vi IV V"},
    {"pop soul", false, "vi IV I V"},
    {"pop electronic", false, "IV I V vi"},
    {"pop", false, "I iii IV V"},
    {"pop soul", false, "I V/vi vi IV"},
    {"pop", false, "I V/7 vi I/5 IV I/3 ii V"},
    {"pop classical", false, "I V vi iii IV I IV V"},
    {"pop", false, "IV V iii vi"},
    {"pop soul", false, "I IV iv I"},
    {"pop rock", false, "I bVII IV I"},
    {"rock", false, "I IV V IV"},
    {"rock", false, "I bIII IV I"},
    {"rock", false, "I I IV V"},
    {"rock electronic", false, "I IV"},
    {"soul jazz", false, "ii7 V7 Imaj7 Imaj7"},
    {"soul", false, "Imaj7 iii7 IVmaj7 V7"},
    {"soul", false, "IVmaj7 iii7 ii7 Imaj7"},
    {"soul latin", false, "Imaj7 vi7 ii7 V7"},
    {"jazz", false, "ii7 V7 Imaj7 V7/ii"},
    {"jazz", false, "Imaj7 V7/ii ii7 V7"},
    {"jazz", false, "iii7 V7/ii ii7 V7"},
    {"jazz latin", false, "Imaj7 ii7 iii7 ii7"},
    {"jazz", false, "Imaj7 IV7 iii7 V7/ii ii7 V7 Imaj7 V7"},
    {"jazz", false, "Imaj7 #io7 ii7 V7"},
    {"latin", false, "I IV V IV"},
    {"latin", false, "I6 V7 V7 I6"},
    {"classical", false, "I IV V I"},
    {"classical", false, "I V/5 I/3 IV ii V I I"},
    {"classical", false, "I vi ii V"},
    {"classical", false, "I V vi iii IV I ii V"},
    {"classical", false, "I V/V V I"},
    {"classical", false, "I ii/3 V I vi IV V I"},
    {"folk classical", false, "I V I IV I V I I"},
    {"folk", false, "I IV I V"},
    {"folk", false, "I I IV I V V I I"},
    {"folk pop", false, "I ii IV I"},
    {"modal", false, "I IV"},
    {"modal electronic", false, "Isus2 IV Isus4 IV"},
    {"modal", false, "I ii I ii"},
    {"modal", false, "Imaj7 IVmaj7"},
    {"electronic", false, "I V ii IV"},
    {"pop rock electronic", true, "i VI III VII"},
    {"pop rock electronic", true, "i VII VI VII"},
    {"pop electronic", true, "VI VII i i"},
    {"pop", true, "i iv VII III"},
    {"pop soul", true, "i VI iv V"},
    {"rock", true, "i VI VII i"},
    {"rock", true, "i VII VI V"},
    {"rock", true, "i III VII iv"},
    {"rock", true, "i i VI VII"},
    {"rock electronic", true, "i bII i VII"},
    {"electronic", true, "i i VI VII"},
    {"electronic modal", true, "i VI"},
    {"electronic", true, "i III VII VI"},
    {"electronic", true, "i v VI iv"},
    {"electronic", true, "i i i i"},
    {"soul jazz", true, "i7 iv7 VII7 IIImaj7"},
    {"soul", true, "i7 IV7 i7 IV7"},
    {"soul", true, "i7 v7 iv7 v7"},
    {"jazz latin", true, "iih7 V7 i7 i7"},
    {"jazz", true, "i7 iv7 VII7 IIImaj7 VImaj7 iih7 V7 i7"},
    {"jazz", true, "i7 VI7 iih7 V7"},
    {"jazz", true, "i7 i7 bII7 bII7"},
    {"latin", true, "i iv V7 i"},
    {"latin", true, "i VII VI V7"},
    {"latin", true, "i7 iv7 V7 i7"},
    {"classical", true, "i iv V i"},
    {"classical", true, "i VI iv V"},
    {"classical", true, "i V i iv i V i i"},
    {"classical", true, "i VII III VI iv iio V i"},
    {"classical pop", true, "i v/3 VI III/3 iv i V V"},
    {"classical", true, "i viio7 i V"},
    {"folk", true, "i VII i VII"},
    {"folk", true, "i III VII i"},
    {"folk", true, "i VI VII i"},
    {"modal", true, "i IV VII v"},
    {"modal", true, "i IV"},
    {"modal", true, "i7 VImaj7 IIImaj7 VII"},
    {"modal", true, "i bII"},
    {"modal", true, "isus2 VI III VIIsus4"},
};

const std::vector<const char*> kBlues12 = {
    "I7 I7 I7 I7 IV7 IV7 I7 I7 V7 IV7 I7 V7",
    "I7 IV7 I7 I7 IV7 #ivo7 I7 V7/ii ii7 V7 I7 V7",
    "I7 IV7 I7 I7 IV7 IV7 I7 I7 V7 V7 I7 I7",
};
const std::vector<const char*> kBluesMinor = {
    "i7 i7 i7 i7 iv7 iv7 i7 i7 VI7 V7 i7 i7",
    "i7 iv7 i7 i7 iv7 iv7 i7 i7 iih7 V7 i7 V7",
};

std::vector<std::string> words(const std::string& text) {
  std::istringstream in(text);
  return {std::istream_iterator<std::string>(in), std::istream_iterator<std::string>()};
}

/// A walk through tonic, subdominant and dominant, one numeral per place.
std::vector<std::string> walk_functions(int n, bool minor, bool closing, Random& random) {
  static const std::vector<std::vector<std::string>> kMajor = {
      {"I", "vi", "iii", "I/3"}, {"IV", "ii", "ii/3", "IV/3"}, {"V", "V7", "V/3", "viio"}};
  static const std::vector<std::vector<std::string>> kMinor = {
      {"i", "VI", "III", "i/3"}, {"iv", "iio", "VI", "iv/3"}, {"V", "V7", "VII", "v"}};
  static const std::vector<std::vector<double>> kNext = {{2, 5, 3}, {1, 2, 5}, {6, 1, 1}};
  std::vector<std::string> out;
  size_t function = 0;
  for (int i = 0; i < n; ++i) {
    const auto& choices = (minor ? kMinor : kMajor)[function];
    out.push_back(i == 0 ? choices[0] : choices[random.weighted({5, 3, 2, 1})]);
    function = random.weighted(kNext[function]);
    if (i + 2 == n) function = closing ? 0 : 2;
    if (i + 3 == n && closing) function = 2;
  }
  return out;
}

}  // namespace

std::vector<Change> make_progression(const std::string& family, int bars, int tonic, Mode mode,
                                     Colour colour, bool closing, Random& random) {
  const bool minor = is_minor(mode);
  std::vector<std::string> numerals;
  if (family == "blues" && bars % 12 == 0) {
    numerals = words(random.pick(minor ? kBluesMinor : kBlues12));
  } else if (random.chance(family == "classical" || family == "jazz" ? 0.35 : 0.15)) {
    numerals = walk_functions(random.chance(0.7) ? bars : bars * 2, minor, closing, random);
  } else {
    std::vector<const Row*> fitting, any;
    for (const Row& row : kRows) {
      if (row.minor != minor) continue;
      any.push_back(&row);
      const std::vector<std::string> names = words(row.families);
      if (std::find(names.begin(), names.end(), family) != names.end()) fitting.push_back(&row);
    }
    numerals = words(random.pick(fitting.empty() ? any : fitting)->numerals);
    if (closing) numerals.back() = minor ? "i" : "I";
  }
  // Spread over the bars: one chord per bar, or per two bars, or two per bar.
  double each = 1;
  const double n = static_cast<double>(numerals.size());
  if (n == 2 * bars) each = 0.5;
  if (n < 4 && n * 2 <= bars && random.chance(0.6)) each = 2;
  if (n == 4 && bars >= 8 && random.chance(0.3)) each = 2;
  if (n == 8 && bars == 4) each = 0.5;
  std::vector<Change> changes;
  double filled = 0;
  for (size_t i = 0; filled + 1e-9 < bars; ++i) {
    Change change;
    change.chord = parse_chord(numerals[i % numerals.size()], tonic, mode, colour);
    change.bars = std::min(each, bars - filled);
    filled += change.bars;
    changes.push_back(change);
  }
  return changes;
}

const Chord& chord_at(const std::vector<Change>& changes, double bar) {
  double total = 0;
  for (const Change& change : changes) total += change.bars;
  double at = std::fmod(bar + 1e-6, total);
  if (at < 0) at += total;
  for (const Change& change : changes) {
    if (at < change.bars) return change.chord;
    at -= change.bars;
  }
  return changes.back().chord;
}

}  // namespace heart::music
