// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Subtractive synthesis: up to five detuned oscillators over the stereo field, a sub oscillator, noise,
// a filter with its envelope and slow wobble, glide for melodies.

#include "models/train/music/dsp.h"
#include "models/train/music/synthesis.h"

#include <algorithm>
#include <cmath>

namespace heart::music {
namespace {

struct Patch {
  int shape = 0, second_shape = 0, unison = 1;
  double width = 0.5, detune_cents = 8, second_semitones = 0, second = 0, sub = 0, noise = 0;
  double attack = 0.005, decay = 0.3, sustain = 0.6, release = 0.15;
  double cutoff_hz = 2000, envelope_octaves = 2, filter_decay = 0.3, filter_sustain = 0.3, q = 1,
         key_track = 0.4;
  double vibrato_hz = 5.5, vibrato_cents = 0, wobble_hz = 0, wobble_octaves = 0, glide = 0,
         spread = 0.5;
};

Patch make_patch(const Part& part) {
  Random random(part.patch_seed);
  Patch p;
  const bool bass = part.role == "bass";
  const bool slow =
      part.role == "pad" || part.role == "counter" || (part.program >= 48 && part.program <= 51);
  const bool chip = part.program == 80 && random.chance(0.6);
  p.shape = static_cast<int>(random.weighted({5, 4, 1, 0.4}));
  p.second_shape = random.below(3);
  p.width = random.uniform(0.15, 0.5);
  p.detune_cents = random.uniform(2, 22);
  p.unison = bass ? 1 : random.pick(std::vector<int>{1, 2, 3, 5});
  p.second = random.chance(0.5) ? random.uniform(0.2, 0.8) : 0;
  p.second_semitones = random.pick(std::vector<int>{0, 0, 12, 7, -12, 0});
  p.sub = bass ? random.uniform(0.2, 0.9) : random.chance(0.2) ? random.uniform(0.1, 0.5) : 0;
  p.noise = random.chance(0.2) ? random.uniform(0.005, 0.06) : 0;
  p.attack = slow ? random.log_uniform(0.05, 0.6) : random.log_uniform(0.002, 0.03);
  p.decay = random.log_uniform(0.08, 1.0);
  p.sustain = slow ? random.uniform(0.6, 1) : random.uniform(0.15, 0.9);
  p.release = slow ? random.log_uniform(0.2, 1.2) : random.log_uniform(0.04, 0.35);
  p.cutoff_hz = bass ? random.log_uniform(120, 900) : random.log_uniform(400, 6000);
  p.envelope_octaves = random.uniform(0, bass ? 4 : 3.2);
  p.filter_decay = random.log_uniform(0.06, 1.0);
  p.filter_sustain = random.uniform(0, 0.7);
  p.q = random.chance(0.3) ? random.uniform(2, 8) : random.uniform(0.6, 1.8);
  p.vibrato_hz = random.uniform(4, 6.5);
  p.vibrato_cents = part.role == "lead" && random.chance(0.6) ? random.uniform(5, 30) : 0;
  p.wobble_hz = random.log_uniform(0.1, 6);
  p.wobble_octaves = random.chance(0.3) ? random.uniform(0.2, 1.5) : 0;
  p.glide =
      part.role == "lead" || bass ? (random.chance(0.35) ? random.uniform(0.02, 0.09) : 0) : 0;
  p.spread = bass ? 0 : random.uniform(0.1, 1);
  if (chip) {  // a game console: one bare pulse, no filter to speak of
    p.shape = part.role == "bass" ? 2 : 1;
    p.width = random.pick(std::vector<double>{0.125, 0.25, 0.5});
    p.unison = 1;
    p.second = p.sub = p.noise = p.wobble_octaves = p.spread = 0;
    p.cutoff_hz = 12000;
    p.attack = 0.002;
    p.release = 0.02;
  }
  return p;
}

}  // namespace

void play_analog(const Part& part, const std::vector<Voice>& voices, Stage& stage) {
  const Patch p = make_patch(part);
  Random random(part.patch_seed ^ 0x616E616C6F67ull);
  const int rate = stage.rate_hz;
  constexpr size_t kControl = 16;  // samples between updates of filter and pitch
  double last_hz = 0;
  for (const Voice& voice : voices) {
    const size_t tail = static_cast<size_t>(p.release * 2.2 * rate);
    const size_t end = std::min(stage.length, voice.begin + voice.gate + tail);
    Envelope amplitude(p.attack, p.decay, p.sustain, p.release, rate);
    Envelope sweep(0.002, p.filter_decay, p.filter_sustain, p.release, rate);
    std::array<Oscillator, 5> oscillators;
    std::array<double, 5> ratio{};
    std::array<float, 5> left{}, right{};
    for (int u = 0; u < p.unison; ++u) {
      const double place = p.unison == 1 ? 0 : 2.0 * u / (p.unison - 1) - 1;  // −1…1
      const size_t i = static_cast<size_t>(u);
      oscillators[i] = Oscillator(random.uniform());
      ratio[i] = std::pow(2.0, p.detune_cents * place / 1200);
      left[i] = static_cast<float>(std::sqrt(0.5 * (1 - p.spread * place)));
      right[i] = static_cast<float>(std::sqrt(0.5 * (1 + p.spread * place)));
    }
    Oscillator second(random.uniform()), sub(0);
    Noise noise(random.next());
    Filter filters[2];
    const double second_ratio = std::pow(2.0, (p.second_semitones + 0.01 * p.detune_cents) / 12);
    const double key = std::pow(voice.hz / 261.6, p.key_track);
    const double from_hz = p.glide > 0 && last_hz > 0 ? last_hz : voice.hz;
    const double wobble_phase = random.uniform();
    double step = voice.hz / rate;
    float sweep_level = 0;
    for (size_t t = voice.begin; t < end; ++t) {
      const size_t age = t - voice.begin;
      const bool held = age < voice.gate;
      if (amplitude.is_over(held)) break;
      sweep_level = sweep.next(held);
      if (age % kControl == 0) {
        const double s = stage.seconds(age);
        double hz = voice.hz;
        if (from_hz != voice.hz && s < p.glide)
          hz = from_hz * std::pow(voice.hz / from_hz, s / p.glide);
        const double depth = p.vibrato_cents * std::min(1.0, s / 0.4);
        step = hz * std::pow(2.0, depth * sine(p.vibrato_hz * s) / 1200) / rate;
        const double octaves = p.envelope_octaves * sweep_level * (0.5 + 0.5 * voice.loudness) +
                               p.wobble_octaves * sine(p.wobble_hz * s + wobble_phase);
        for (Filter& filter : filters)
          filter.set(p.cutoff_hz * key * std::pow(2.0, octaves), rate, p.q);
      }
      float l = 0, r = 0;
      for (int u = 0; u < p.unison; ++u) {
        const size_t i = static_cast<size_t>(u);
        const float y = oscillators[i].next(step * ratio[i], p.shape, p.width);
        l += left[i] * y;
        r += right[i] * y;
      }
      float middle = 0;
      if (p.second > 0)
        middle += static_cast<float>(p.second) * second.next(step * second_ratio, p.second_shape);
      if (p.sub > 0) middle += static_cast<float>(p.sub) * sub.next(step * 0.5, 1);
      if (p.noise > 0) middle += static_cast<float>(p.noise) * noise.next();
      const float gain =
          amplitude.next(held) * static_cast<float>(voice.loudness) * fade_out(t, end, 96);
      stage.planes[0][t] += gain * filters[0].low(l + 0.7f * middle);
      stage.planes[1][t] += gain * filters[1].low(r + 0.7f * middle);
    }
    last_hz = voice.hz;
  }
}

}  // namespace heart::music
