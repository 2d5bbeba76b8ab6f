// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Singing by formants: a glottal pulse train with vibrato and jitter through five resonances that move
// from vowel to vowel, consonants as bursts and hiss in front. One singer for a voice, several for a choir.
// Source: formant tables after Peterson and Barney 1952 and Csound's singing vowels; pulse after Rosenberg.

#include "models/train/music/dsp.h"
#include "models/train/music/synthesis.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace heart::music {
namespace {

constexpr size_t kFormants = 5;

struct Vowel {
  const char* spelling;
  double hz[kFormants];
  double db[kFormants];
};

// Of a tenor; a high voice has them 17 % higher.
const Vowel kVowels[] = {
    {"a", {650, 1080, 2650, 2900, 3250}, {0, -6, -14, -16, -22}},
    {"e", {400, 1700, 2600, 3200, 3580}, {0, -14, -12, -14, -20}},
    {"i", {290, 1870, 2800, 3250, 3540}, {0, -15, -18, -20, -30}},
    {"o", {400, 800, 2600, 2800, 3000}, {0, -10, -19, -20, -26}},
    {"u", {350, 600, 2700, 2900, 3300}, {0, -20, -24, -26, -28}},
    {"ee", {270, 2290, 3010, 3500, 3900}, {0, -14, -12, -18, -24}},
    {"oo", {300, 870, 2240, 2800, 3200}, {0, -16, -26, -28, -32}},
    {"ai", {570, 1840, 2480, 3200, 3600}, {0, -8, -12, -16, -22}},
    {"er", {490, 1350, 1690, 2700, 3300}, {0, -8, -10, -18, -24}},
    {"uh", {620, 1220, 2550, 2900, 3300}, {0, -7, -14, -18, -24}},
};

const Vowel& vowel_of(const std::string& syllable, size_t otherwise) {
  static const std::pair<const char*, size_t> kSpellings[] = {
      {"ee", 5}, {"ea", 5}, {"oo", 6}, {"ou", 6},  {"ai", 7}, {"ay", 7},
      {"er", 8}, {"ir", 8}, {"or", 3}, {"igh", 0}, {"ow", 3}, {"a", 0},
      {"e", 1},  {"i", 2},  {"o", 3},  {"u", 9},   {"y", 2}};
  for (const auto& [text, index] : kSpellings)
    if (syllable.find(text) != std::string::npos) return kVowels[index];
  return kVowels[otherwise];
}

enum class Onset { kNone, kHiss, kSoftHiss, kStop, kHum };

Onset onset_of(const std::string& syllable) {
  if (syllable.empty()) return Onset::kNone;
  switch (syllable[0]) {
    case 's':
    case 'z':
    case 'c':
      return Onset::kHiss;
    case 'f':
    case 'h':
    case 'v':
      return Onset::kSoftHiss;
    case 't':
    case 'k':
    case 'p':
    case 'd':
    case 'b':
    case 'g':
      return Onset::kStop;
    case 'm':
    case 'n':
    case 'l':
    case 'r':
    case 'w':
      return Onset::kHum;
    default:
      return Onset::kNone;
  }
}

struct Singer {
  double size = 1;  // of the formants
  double vibrato_hz = 5.3, vibrato_cents = 30, breath = 0.02, tilt_hz = 900;
  double detune_cents = 0, delay = 0;
  float left = 0.7f, right = 0.7f;
  bool legato = true;
};

void sing(const Singer& singer, const std::vector<Voice>& voices, bool monophonic,
          size_t resting_vowel, uint64_t seed, Stage& stage) {
  Random random(seed);
  const int rate = stage.rate_hz;
  const Vowel* last = &kVowels[resting_vowel];
  double last_hz = 0;
  size_t last_end = 0;
  double source_phase = random.uniform();
  for (size_t v = 0; v < voices.size(); ++v) {
    const Voice& voice = voices[v];
    const std::string syllable = voice.note != nullptr ? voice.note->syllable : std::string();
    const Vowel& vowel = syllable.empty() ? *last : vowel_of(syllable, resting_vowel);
    const Onset onset = onset_of(syllable);
    const size_t begin = voice.begin + static_cast<size_t>(singer.delay * rate);
    size_t gate = voice.gate;
    if (monophonic && v + 1 < voices.size())
      gate = std::min(gate, std::max<size_t>(1, voices[v + 1].begin -
                                                    std::min(voice.begin, voices[v + 1].begin)));
    const bool tied = monophonic && singer.legato &&
                      begin < last_end + static_cast<size_t>(0.03 * rate) && last_hz > 0;
    const size_t end = std::min(stage.length, begin + gate + static_cast<size_t>(0.14 * rate));
    const double consonant = onset == Onset::kNone   ? 0
                             : onset == Onset::kStop ? 0.035
                             : onset == Onset::kHum  ? 0.06
                                                     : 0.08;
    Envelope envelope(tied && onset == Onset::kNone ? 0.015 : 0.04, 0.3, 0.85, 0.09, rate);
    Noise noise(random.next());
    Filter formant[kFormants], hiss, tilt;
    hiss.set(onset == Onset::kHiss ? 6500 : onset == Onset::kStop ? 3200 : 1800, rate, 1.2);
    tilt.set(singer.tilt_hz * (0.6 + 1.4 * voice.loudness), rate, 0.6);
    const double target_hz = voice.hz * std::pow(2.0, singer.detune_cents / 1200);
    const double from_hz = tied ? last_hz : target_hz * 0.97;
    double wander = 0, step = target_hz / rate;
    float gains[kFormants] = {};
    const double vibrato_phase = random.uniform();
    for (size_t t = begin; t < end; ++t) {
      const size_t age = t - begin;
      const double s = static_cast<double>(age) / rate;
      const bool held = age < gate;
      if (envelope.is_over(held)) break;
      if (age % 32 == 0) {
        const double glide = 1 - std::exp(-s / 0.035);
        const double depth = singer.vibrato_cents * std::clamp((s - 0.18) / 0.35, 0.0, 1.0);
        wander += 0.02 * (random.normal() * 4 - wander);  // slow drift of the pitch, in cents
        step = from_hz * std::pow(target_hz / from_hz, glide) / rate *
               std::pow(2.0, (depth * sine(singer.vibrato_hz * s + vibrato_phase) + wander) / 1200);
        const double move = std::clamp(s / 0.09, 0.0, 1.0);  // from the vowel before to this one
        const bool humming = onset == Onset::kHum && s < consonant;
        for (size_t f = 0; f < kFormants; ++f) {
          double hz = (last->hz[f] * (1 - move) + vowel.hz[f] * move) * singer.size;
          double db = last->db[f] * (1 - move) + vowel.db[f] * move;
          if (humming) {
            hz = f == 0 ? 260 : hz;
            db -= f == 0 ? 4 : 18;
          }
          // The first resonance never lies under the note: singers tune it up.
          if (f == 0) hz = std::max(hz, step * rate * 1.02);
          static const double kWidths[kFormants] = {80, 95, 130, 160, 200};
          formant[f].set(hz, rate, hz / kWidths[f]);
          gains[f] = static_cast<float>(std::pow(10.0, db / 20));
        }
      }
      source_phase += step;
      source_phase -= std::floor(source_phase);
      // Rosenberg's pulse: opens over 40 %, closes over 16 % of the period; its slope is what radiates.
      double pulse = 0;
      if (source_phase < 0.4)
        pulse = 0.5 * (1 - std::cos(kPi * source_phase / 0.4));
      else if (source_phase < 0.56)
        pulse = std::cos(kPi / 2 * (source_phase - 0.4) / 0.16);
      const float white = noise.next();
      const float open = static_cast<float>(pulse);
      float excitation = (open - 0.35f) + static_cast<float>(singer.breath) * white * (0.3f + open);
      excitation = excitation - 0.75f * tilt.low(excitation);
      float y = 0;
      for (size_t f = 0; f < kFormants; ++f) y += gains[f] * formant[f].band(excitation);
      float level = envelope.next(held);
      float burst = 0;
      if (s < consonant) {
        const float place = static_cast<float>(s / consonant);
        if (onset == Onset::kHiss || onset == Onset::kSoftHiss) {
          burst = (onset == Onset::kHiss ? 0.16f : 0.08f) * hiss.band(white) *
                  std::sin(3.14159f * place);
          level *= place * place;
        } else if (onset == Onset::kStop) {
          burst = 0.2f * hiss.band(white) * (place < 0.5f ? 0.0f : std::exp(-6 * (place - 0.5f)));
          level *= place < 0.5f ? 0.0f : 2 * (place - 0.5f);
        }
      }
      const float out = (y * level + burst) * static_cast<float>(0.3 + 0.7 * voice.loudness) *
                        fade_out(t, end, 128);
      stage.planes[0][t] += singer.left * out;
      stage.planes[1][t] += singer.right * out;
    }
    last = &vowel;
    last_hz = target_hz;
    last_end = begin + gate;
  }
}

}  // namespace

void play_voice(const Part& part, const std::vector<Voice>& voices, Stage& stage) {
  Random random(part.patch_seed ^ 0x73696E67ull);
  const bool solo = part.role == "voice" || part.role == "speech" || part.role == "lead";
  const int n = solo ? (random.chance(0.15) ? 2 : 1) : random.between(2, 4);
  double mean = 0;
  for (const Voice& voice : voices) mean += voice.pitch;
  mean /= std::max<double>(1, static_cast<double>(voices.size()));
  const size_t vowel = static_cast<size_t>(random.pick(std::vector<int>{0, 0, 3, 4, 6, 9}));
  for (int i = 0; i < n; ++i) {
    Singer singer;
    singer.size = (mean > 62 ? 1.17 : 1.0) * random.uniform(0.94, 1.06);
    singer.vibrato_hz = random.uniform(4.6, 6.2);
    singer.vibrato_cents = part.role == "speech" ? 0 : random.uniform(8, 55);
    singer.breath = random.log_uniform(0.005, 0.08);
    singer.tilt_hz = random.log_uniform(400, 2500);
    singer.detune_cents = n > 1 ? random.uniform(-9, 9) : 0;
    singer.delay = n > 1 ? random.uniform(0, 0.03) : 0;
    singer.legato = random.chance(0.75);
    const double side = n == 1 ? 0 : 2.0 * i / (n - 1) - 1;
    singer.left = static_cast<float>(std::sqrt(0.5 * (1 - 0.7 * side)));
    singer.right = static_cast<float>(std::sqrt(0.5 * (1 + 0.7 * side)));
    sing(singer, voices, solo, vowel, random.next(), stage);
  }
}

}  // namespace heart::music
