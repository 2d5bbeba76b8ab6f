// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/train/music/accompaniment.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace heart::music {
namespace {

constexpr double kStep = 0.25;  // beats per character of a pattern

void add(Part& part, double beat, double length, int pitch, double velocity) {
  Note note;
  note.beat = beat;
  note.length = length;
  note.pitch = std::clamp(pitch, 1, 126);
  note.velocity = std::clamp(static_cast<int>(std::lround(velocity)), 1, 127);
  part.notes.push_back(note);
}

/// Length in beats of the note that begins at a step: through the dashes behind it, or to the end.
double held(const char* steps, int count, int at, int total) {
  int n = 1;
  while (at + n < total && steps[(at + n) % count] == '-') ++n;
  return n * kStep;
}

double loudness(const Bar& bar, double base) {
  return base * (0.75 + 0.35 * bar.energy);
}

void walk_bass(const Bar& bar, int centre, Random& random, Part& part) {
  const int quarters = static_cast<int>(std::lround(bar.beats));
  for (int q = 0; q < quarters; ++q) {
    const Chord& chord = bar.chord(q);
    const int root = near(chord.bass, centre);
    int pitch = root;
    if (q == quarters - 1) {
      const int next = near(bar.chord(bar.beats).bass, centre);
      pitch = next + random.pick(std::vector<int>{-1, 1, -2, 2, 5, -5});
    } else if (q > 0) {
      const int tone = chord.tones[static_cast<size_t>(q) % chord.tones.size()];
      pitch = root + (random.chance(0.7) ? tone : random.pick(std::vector<int>{2, 5, 9, -3, -5}));
    }
    add(part, bar.beat + q, random.chance(0.1) ? 0.6 : 0.92, pitch, loudness(bar, 92));
    if (random.chance(0.12)) add(part, bar.beat + q + 0.5, 0.4, pitch, loudness(bar, 66));
  }
}

}  // namespace

int near(int pitch, int centre) {
  while (pitch < centre - 6) pitch += 12;
  while (pitch > centre + 5) pitch -= 12;
  return pitch;
}

void play_bass(const Bar& bar, const Pattern& pattern, int centre, int tonic, Mode mode,
               Random& random, Part& part) {
  if (std::strcmp(pattern.steps, "walk") == 0) return walk_bass(bar, centre, random, part);
  const int count = static_cast<int>(std::strlen(pattern.steps));
  const int total = static_cast<int>(std::lround(bar.beats / kStep));
  for (int i = 0; i < total; ++i) {
    const char c = pattern.steps[i % count];
    if (c == '-' || c == '.') continue;
    const Chord& chord = bar.chord(i * kStep);
    const int root = near(chord.bass, centre);
    auto tone = [&](size_t n, int otherwise) {
      return chord.tones.size() > n ? root + (chord.tones[n] > 11 ? otherwise : chord.tones[n])
                                    : root + otherwise;
    };
    int pitch = root;
    if (c == '3') pitch = chord.tones.size() > 2 ? tone(1, 4) : root + 7;
    if (c == '5') pitch = chord.tones.size() > 2 ? tone(2, 7) : root + 7;
    if (c == '6') pitch = root + (is_minor(mode) ? 8 : 9);
    if (c == '7') pitch = tone(3, 10);
    if (c == '8') pitch = root + 12;
    if (c == 'A') {
      // A scale step below or above the next root leads there.
      const int next = near(bar.chord(bar.beats).bass, centre);
      const std::vector<int>& scale = harmony_scale(mode);
      pitch = next - 1;
      for (int down = 1; down <= 2; ++down) {
        const int pc = ((next - down - tonic) % 12 + 12) % 12;
        if (std::find(scale.begin(), scale.end(), pc) != scale.end()) pitch = next - down;
      }
    }
    const double accent = i % 4 == 0 ? 98 : 88;
    add(part, bar.beat + i * kStep, held(pattern.steps, count, i, total) * 0.94, pitch,
        loudness(bar, accent));
  }
}

void play_comp(const Bar& bar, const Pattern& pattern, int centre, int voices, double strum_beats,
               Random& random, std::vector<int>& before, Part& part) {
  const int count = static_cast<int>(std::strlen(pattern.steps));
  const int total = static_cast<int>(std::lround(bar.beats / kStep));
  const Chord* voiced = nullptr;
  bool down_stroke = true;
  for (int i = 0; i < total; ++i) {
    const char c = pattern.steps[i % count];
    if (c == '-' || c == '.') continue;
    const Chord& chord = bar.chord(i * kStep);
    if (&chord != voiced) {
      before = voice_chord(chord, centre, voices, before);
      voiced = &chord;
    }
    const double length = held(pattern.steps, count, i, total) * (c == 'X' ? 0.98 : 0.92);
    const double velocity = loudness(bar, c == 'X' ? 92 : i % 4 == 0 ? 80 : 73);
    if (c == 'b') {
      add(part, bar.beat + i * kStep, std::max(length, 0.5), near(chord.bass, centre - 14),
          velocity);
      continue;
    }
    const size_t first = c == 'c' && before.size() > 2 ? 1 : 0;
    for (size_t v = first; v < before.size(); ++v) {
      const size_t order = down_stroke ? v - first : before.size() - 1 - v;
      add(part, bar.beat + i * kStep + static_cast<double>(order) * strum_beats, length, before[v],
          velocity + random.between(-3, 3));
    }
    if (strum_beats > 0) down_stroke = !down_stroke || i % 4 == 0;
  }
}

void play_pad(const Bar& bar, int centre, int voices, std::vector<int>& before, Part& part) {
  // Common tones are tied within the bar: a chord that changes at half of it begins anew there.
  double at = 0;
  while (at < bar.beats - 1e-6) {
    const Chord& chord = bar.chord(at);
    double end = at;
    while (end < bar.beats - 1e-6 && &bar.chord(end) == &chord) end += kStep;
    before = voice_chord(chord, centre, voices, before);
    for (int pitch : before) add(part, bar.beat + at, (end - at) * 1.02, pitch, loudness(bar, 70));
    at = end;
  }
}

void play_arp(const Bar& bar, const std::string& figure, double step_beats, int centre,
              uint64_t order_seed, Random& random, Part& part) {
  Random fixed(order_seed);
  std::vector<int> order;
  for (int i = 0; i < 16; ++i) order.push_back(fixed.below(6));
  const bool gaps = figure == "random" && fixed.chance(0.6);
  std::vector<bool> silent;
  for (int i = 0; i < 16; ++i) silent.push_back(gaps && i % 4 != 0 && fixed.chance(0.35));
  const int total = static_cast<int>(std::lround(bar.beats / step_beats));
  for (int i = 0; i < total; ++i) {
    const Chord& chord = bar.chord(i * step_beats);
    const int n = static_cast<int>(chord.tones.size());
    const int root = near(chord.root, centre - 6);
    auto tone = [&](int k) {  // the k-th tone upward from the root, through the octaves
      const int octave = k >= 0 ? k / n : -((-k + n - 1) / n);
      return root + 12 * octave + chord.tones[static_cast<size_t>(k - octave * n)] % 12;
    };
    int pitch = root;
    if (figure == "up") pitch = tone(i % (n + 1));
    if (figure == "down") pitch = tone(n - i % (n + 1));
    if (figure == "updown") {
      const int period = 2 * n;
      const int k = i % period;
      pitch = tone(k <= n ? k : period - k);
    }
    if (figure == "alberti") pitch = tone(std::vector<int>{0, 2, 1, 2}[static_cast<size_t>(i % 4)]);
    if (figure == "wide") pitch = tone(i % 4) + (i % 8 > 3 ? 12 : 0);
    if (figure == "random") {
      if (silent[static_cast<size_t>(i % 16)]) continue;
      pitch = tone(order[static_cast<size_t>(i % 16)]);
    }
    if (figure == "broken")  // the bass first, then up and back
      pitch =
          i == 0
              ? near(chord.bass, centre - 14)
              : tone(std::vector<int>{1, 2, 3, 4, 3, 2, 1}[static_cast<size_t>((i - 1) % 7)] - 1);
    const double accent = i % 4 == 0 ? 78 : 68;
    add(part, bar.beat + i * step_beats, step_beats * (random.chance(0.9) ? 0.95 : 0.6), pitch,
        loudness(bar, accent) + random.between(-5, 5));
  }
}

void play_drums(const Bar& bar, const DrumPattern& pattern, bool is_first, bool is_last,
                Random& random, Part& part) {
  const int total = static_cast<int>(std::lround(bar.beats / kStep));
  const int fill_steps = is_last ? random.pick(std::vector<int>{0, 2, 4, 4, 8}) : 0;
  const bool ride_for_hat = bar.energy > 0.85 && random.chance(0.15);
  for (const auto& [key, steps] : pattern.lines) {
    const int count = static_cast<int>(std::strlen(steps));
    const bool is_hat = key == 42 || key == 44 || key == 46 || key == 51 || key == 70;
    for (int i = 0; i < total; ++i) {
      const char c = steps[i % count];
      if (c == '.' || (c == '?' && !random.chance(0.5))) continue;
      if (c == 'o' && bar.energy < 0.35) continue;
      if (i >= total - fill_steps && !is_hat) continue;
      double velocity = c == 'X' ? 106 : c == 'o' ? 48 : 90;
      if (is_hat) velocity -= 14 + (i % 4 == 0 ? 0 : 8);
      int sounding = key;
      if (key == 42 && random.chance(0.04)) sounding = 46;
      if (key == 42 && ride_for_hat) sounding = 51;
      add(part, bar.beat + i * kStep, 0.1, sounding,
          loudness(bar, velocity) + random.between(-4, 4));
    }
  }
  static const std::vector<int> kToms = {50, 48, 47, 45, 43, 41};
  const int kind = random.below(3);
  for (int i = 0; i < fill_steps; ++i) {
    const double beat = bar.beat + bar.beats - (fill_steps - i) * kStep;
    int key = 38;
    if (kind == 0) key = kToms[static_cast<size_t>(i * 6 / std::max(1, fill_steps))];
    if (kind == 1) key = i % 2 == 0 ? 38 : random.pick(kToms);
    if (!random.chance(0.12)) add(part, beat, 0.1, key, loudness(bar, 78 + 4 * i));
  }
  if (is_first && bar.energy > 0.3 && random.chance(0.8))
    add(part, bar.beat, 1.0, random.chance(0.7) ? 49 : 57, loudness(bar, 92));
}

}  // namespace heart::music
