// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Frequency modulation with two pairs of operators: struck bars and bells, electric pianos, clavinets,
// basses, brass and winds, by ratios and by how the modulation index moves.
// Source: Chowning 1973.

#include "models/train/music/dsp.h"
#include "models/train/music/synthesis.h"

#include <algorithm>
#include <cmath>

namespace heart::music {
namespace {

struct Pair {
  double carrier = 1, modulator = 1, index = 1, index_sustain = 0.2, index_decay = 0.4;
  double attack = 0.003, decay = 1.5, sustain = 0, release = 0.2, level = 1;
};

struct Patch {
  Pair pairs[2];
  double breath = 0, vibrato_cents = 0, tremolo = 0, tremolo_hz = 5, feedback = 0;
  bool pans = false;  // the tremolo moves from side to side
};

Patch make_patch(const Part& part) {
  Random random(part.patch_seed ^ 0x666Dull);
  Patch p;
  Pair& a = p.pairs[0];
  Pair& b = p.pairs[1];
  const int program = part.program;
  b.level = random.uniform(0.15, 0.6);
  if (program <= 5) {  // piano and electric piano: body, and a tine far above
    a = {1,
         1,
         random.uniform(0.4, 1.8),
         0.3,
         random.log_uniform(0.3, 1.2),
         0.002,
         random.log_uniform(1, 4),
         0,
         0.15,
         1};
    b = {1,
         random.pick(std::vector<double>{14, 7, 11, 3}),
         random.uniform(0.3, 1.2),
         0.02,
         0.15,
         0.001,
         random.log_uniform(0.15, 0.8),
         0,
         0.1,
         b.level};
    p.tremolo = random.chance(0.4) ? random.uniform(0.1, 0.4) : 0;
    p.pans = random.chance(0.6);
  } else if (program <= 15 || program >= 96) {  // bells and bars: inharmonic
    const double ratio =
        random.pick(std::vector<double>{1.41, 3.5, 2.76, 3.99, 5.4, 1.73, 4.0, 10});
    a = {1,
         ratio,
         random.uniform(0.5, 3),
         0.1,
         random.log_uniform(0.1, 1.2),
         0.001,
         random.log_uniform(0.4, 4),
         0,
         random.log_uniform(0.2, 2),
         1};
    b = {random.pick(std::vector<double>{2, 2.76, 4, 3}),
         1,
         random.uniform(0, 1),
         0.1,
         0.3,
         0.001,
         random.log_uniform(0.1, 0.9),
         0,
         0.2,
         b.level};
  } else if (program >= 32 && program <= 39) {
    a = {1,
         random.pick(std::vector<double>{1, 2, 0.5, 3}),
         random.uniform(0.8, 4),
         random.uniform(0.05, 0.4),
         random.log_uniform(0.06, 0.5),
         0.002,
         random.log_uniform(0.6, 3),
         random.uniform(0, 0.5),
         0.08,
         1};
    b = {1, 2, random.uniform(0.3, 1), 0.1, 0.08, 0.001, 0.12, 0, 0.05, b.level};
  } else if (program >= 56 && program <= 67) {  // brass and reeds: the index follows the envelope
    a = {1,
         1,
         random.uniform(1.5, 5),
         random.uniform(0.5, 0.9),
         0.3,
         random.uniform(0.03, 0.08),
         0.4,
         random.uniform(0.7, 0.9),
         0.1,
         1};
    b = {1,
         program >= 64 ? 2.0 : 1.0,
         random.uniform(0.5, 2),
         0.6,
         0.3,
         random.uniform(0.04, 0.1),
         0.4,
         0.8,
         0.1,
         b.level};
    p.breath = program >= 64 ? random.uniform(0.01, 0.04) : 0.005;
    p.vibrato_cents = random.uniform(4, 18);
  } else {  // flutes and whatever else is blown
    a = {1,
         random.pick(std::vector<double>{1, 2, 3}),
         random.uniform(0.1, 1.2),
         0.8,
         0.2,
         random.uniform(0.03, 0.09),
         0.4,
         0.85,
         0.12,
         1};
    b = {2, 1, random.uniform(0, 0.6), 0.7, 0.2, 0.05, 0.3, 0.7, 0.1, 0.4 * b.level};
    p.breath = random.uniform(0.01, 0.08);
    p.vibrato_cents = random.uniform(5, 25);
  }
  p.tremolo_hz = random.uniform(3, 7);
  p.feedback = random.chance(0.3) ? random.uniform(0.05, 0.25) : 0;
  return p;
}

}  // namespace

void play_fm(const Part& part, const std::vector<Voice>& voices, Stage& stage) {
  const Patch p = make_patch(part);
  const int rate = stage.rate_hz;
  Random random(part.patch_seed ^ 0x766F696365ull);
  for (const Voice& voice : voices) {
    const double release = std::max(p.pairs[0].release, 0.03);
    const size_t end = std::min(
        stage.length, voice.begin + voice.gate + static_cast<size_t>(2.2 * release * rate));
    double phase[2] = {0, 0}, modulation[2] = {random.uniform(), random.uniform()};
    float last = 0;
    Envelope e0(p.pairs[0].attack, p.pairs[0].decay, p.pairs[0].sustain, p.pairs[0].release, rate);
    Envelope e1(p.pairs[1].attack, p.pairs[1].decay, p.pairs[1].sustain, p.pairs[1].release, rate);
    Envelope i0(p.pairs[0].attack, p.pairs[0].index_decay, p.pairs[0].index_sustain, 0.2, rate);
    Envelope i1(p.pairs[1].attack, p.pairs[1].index_decay, p.pairs[1].index_sustain, 0.2, rate);
    Noise noise(random.next());
    Filter breath;
    breath.set(std::min(6000.0, voice.hz * 3), rate, 1.5);
    const double brightness = 0.4 + 0.8 * voice.loudness;
    // High notes get less modulation: their side bands would fold back.
    const double tame = std::min(1.0, 900 / voice.hz);
    double pitch = 1;
    float pan = 0;
    for (size_t t = voice.begin; t < end; ++t) {
      const size_t age = t - voice.begin;
      const bool held = age < voice.gate;
      if (e0.is_over(held)) break;
      if (age % 16 == 0) {
        const double s = stage.seconds(age);
        pitch =
            p.vibrato_cents > 0
                ? std::pow(2.0, p.vibrato_cents * std::min(1.0, s / 0.35) * sine(5.3 * s) / 1200)
                : 1;
        pan = p.tremolo > 0 ? static_cast<float>(p.tremolo) * sine(p.tremolo_hz * stage.seconds(t))
                            : 0;
      }
      const double base = voice.hz * pitch / rate;
      float y = 0;
      Envelope* const level[2] = {&e0, &e1};
      Envelope* const index[2] = {&i0, &i1};
      for (size_t k = 0; k < 2; ++k) {
        const Pair& pair = p.pairs[k];
        const double m = pair.index * brightness * tame * index[k]->next(held) / (2 * kPi) *
                         sine(modulation[k] + (k == 0 ? p.feedback * last : 0));
        y += static_cast<float>(pair.level) * level[k]->next(held) * sine(phase[k] + m);
        phase[k] += base * pair.carrier;
        modulation[k] += base * pair.modulator;
        phase[k] -= std::floor(phase[k]);
        modulation[k] -= std::floor(modulation[k]);
      }
      if (p.breath > 0) y += static_cast<float>(p.breath * 4) * breath.band(noise.next());
      last = y;
      const float gain = static_cast<float>(voice.loudness) * fade_out(t, end, 96);
      stage.planes[0][t] += gain * y * (1 + pan);
      stage.planes[1][t] += gain * y * (p.pans ? 1 - pan : 1 + pan);
    }
  }
}

}  // namespace heart::music
