// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/train/music/performance.h"

#include "models/train/music/random.h"

#include <algorithm>
#include <cmath>

namespace heart::music {
namespace {

double swung(double beat, double swing, double pair) {
  const double base = std::floor(beat / pair + 1e-9) * pair;
  const double f = (beat - base) / pair;
  return base + pair * (f < 0.5 ? f * 2 * swing : swing + (f - 0.5) * 2 * (1 - swing));
}

bool sustains(int program) {  // has a tone that a player can shape while it sounds
  return (program >= 40 && program <= 44) || (program >= 52 && program <= 87) ||
         (program >= 21 && program <= 23) || (program >= 109 && program <= 111);
}

void add_control(Part& part, double beat, int number, int value) {
  part.controls.push_back({std::max(0.0, beat), number, value});
}

void pedal(const Song& song, Part& part, Random& random) {
  const double step =
      song.bar_beats() > 3.5 && random.chance(0.3) ? song.bar_beats() / 2 : song.bar_beats();
  const double end = song.sections.back().beat + song.sections.back().beats;
  for (double beat = 0; beat < end; beat += step) {
    add_control(part, beat, 64, 0);
    add_control(part, beat + 0.06, 64, 127);
  }
}

void swell(const Song& song, Part& part, Random& random) {
  const double end = song.sections.back().beat + song.sections.back().beats;
  const double period = song.bar_beats() * random.pick(std::vector<int>{1, 2, 4});
  const int low = random.between(60, 95);
  for (double beat = 0; beat < end; beat += 0.25) {
    const double phase = std::fmod(beat, period) / period;
    const double up = phase < 0.7 ? phase / 0.7 : (1 - phase) / 0.3;
    add_control(part, beat, 11, low + static_cast<int>((127 - low) * up));
  }
}

void shape_lead(const Song& song, Part& part, Random& random) {
  const double bend_chance = part.program >= 26 && part.program <= 31   ? 0.2
                             : part.program >= 64 && part.program <= 87 ? 0.08
                                                                        : 0.03;
  const bool vibrato = sustains(part.program) && random.chance(0.7);
  const int depth = random.between(20, 80);
  for (const Note& note : part.notes) {
    if (vibrato && note.length * 60 / song.bpm > 0.45) {
      add_control(part, note.beat, 1, 0);
      add_control(part, note.beat + note.length * 0.35, 1, depth / 2);
      add_control(part, note.beat + note.length * 0.6, 1, depth);
      add_control(part, note.beat + note.length * 0.99, 1, 0);
    }
    if (note.length > 0.4 && random.chance(bend_chance)) {
      const int from = random.chance(0.8) ? -random.between(1500, 4096) : random.between(800, 2000);
      const double span = random.uniform(0.08, 0.3);
      for (int i = 0; i <= 6; ++i)
        add_control(part, note.beat + span * i / 6.0, Control::kBend, from * (6 - i) / 6);
    }
  }
}

}  // namespace

void perform(Song& song, double human_ms, double swing, double swing_beats, uint64_t seed) {
  Random random(seed);
  if (song.sections.empty()) return;
  const double sigma_ms = human_ms * random.uniform(0.6, 1.4);
  for (Part& part : song.parts) {
    Random own = random.fork(part.patch_seed);
    const double lag_ms = human_ms > 0 && !part.is_drums ? 0.5 * human_ms * own.normal() : 0;
    const double velocity_sigma = human_ms > 0 ? 5 : 1.5;
    const double per_ms = song.bpm / 60000;
    for (Note& note : part.notes) {
      const double begin = swung(note.beat, swing, swing_beats);
      const double end = swung(note.beat + note.length, swing, swing_beats);
      note.beat = std::max(0.0, begin + (lag_ms + sigma_ms * own.normal()) * per_ms);
      note.length = std::max(0.03, end - begin);
      note.velocity = std::clamp(
          note.velocity + static_cast<int>(std::lround(velocity_sigma * own.normal())), 1, 127);
    }
    std::stable_sort(part.notes.begin(), part.notes.end(),
                     [](const Note& a, const Note& b) { return a.beat < b.beat; });
    if (part.is_drums || part.notes.empty()) continue;
    const bool piano = part.program <= 5 || part.program == 11 || part.program == 14;
    if (part.role == "arp" && part.program <= 5 && own.chance(0.8))
      pedal(song, part, own);
    else if (piano && song.bpm < 100 && own.chance(0.5))
      pedal(song, part, own);
    const bool smooth =
        part.program >= 40 && part.program <= 111 && part.program != 45 && part.program != 46;
    if ((part.role == "pad" || part.role == "counter") && smooth && own.chance(0.35))
      swell(song, part, own);
    if (part.role == "lead" || part.role == "voice") shape_lead(song, part, own);
    std::stable_sort(part.controls.begin(), part.controls.end(),
                     [](const Control& a, const Control& b) { return a.beat < b.beat; });
  }
}

}  // namespace heart::music
