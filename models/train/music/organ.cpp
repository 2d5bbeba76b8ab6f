// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Additive organs: drawbars with percussion and a turning speaker, pipes in several ranks, and free reeds
// (accordion, harmonica) as two beating rows of partials.

#include "models/train/music/dsp.h"
#include "models/train/music/synthesis.h"

#include <algorithm>
#include <cmath>

namespace heart::music {
namespace {

struct Partial {
  double ratio, level, beat_cents;
};

std::vector<Partial> registration(int program, Random& random) {
  std::vector<Partial> partials;
  if (program >= 20) {  // reeds: a long row of harmonics, twice
    const double slope = random.uniform(0.6, 1.3), cents = random.uniform(4, 14);
    for (int h = 1; h <= 12; ++h) {
      const double level = std::pow(h, -slope) * (h % 2 == 0 ? random.uniform(0.4, 1) : 1);
      partials.push_back({static_cast<double>(h), level, cents});
    }
    return partials;
  }
  if (program == 19) {  // pipes: principals in octaves, with a mixture
    for (double rank : {0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0})
      if (rank == 1 || random.chance(0.6)) {
        const double level = random.uniform(0.3, 1) / std::sqrt(rank);
        const double cents = random.uniform(-3, 3);
        partials.push_back({rank, level, cents});
        partials.push_back({2 * rank, level * random.uniform(0.1, 0.5), cents});
        partials.push_back({3 * rank, level * random.uniform(0.05, 0.3), cents});
      }
    return partials;
  }
  static const double kDrawbars[9] = {0.5, 1.5, 1, 2, 3, 4, 5, 6, 8};
  for (int i = 0; i < 9; ++i) {
    const double pulled = i < 3                 ? random.uniform(0.4, 1)
                          : random.chance(0.55) ? random.uniform(0.1, 0.9)
                                                : 0;
    if (pulled > 0) partials.push_back({kDrawbars[i], pulled, 0});
  }
  return partials;
}

}  // namespace

void play_organ(const Part& part, const std::vector<Voice>& voices, Stage& stage) {
  Random random(part.patch_seed ^ 0x6F7267616Eull);
  const int rate = stage.rate_hz;
  const std::vector<Partial> partials = registration(part.program, random);
  const bool tonewheel = part.program >= 16 && part.program <= 18;
  const double percussion = tonewheel && random.chance(0.5) ? random.uniform(0.3, 1) : 0;
  const double attack = part.program >= 19 ? random.uniform(0.02, 0.09) : 0.005;
  const double leslie_hz = random.pick(std::vector<double>{0.8, 6.4, 6.8, 0.0});
  const double click = tonewheel ? random.uniform(0, 0.06) : 0;
  const float tremor = tonewheel && leslie_hz > 0 ? 0.25f : 0.0f;
  for (const Voice& voice : voices) {
    const size_t end =
        std::min(stage.length, voice.begin + voice.gate + static_cast<size_t>(0.12 * rate));
    Envelope envelope(attack, 0.2, 1, part.program == 19 ? 0.08 : 0.03, rate);
    Envelope strike(0.001, 0.25, 0, 0.1, rate);
    Noise noise(random.next());
    std::vector<double> phase(partials.size() * 2);
    for (double& p : phase) p = random.uniform();
    double struck = 0;
    for (size_t t = voice.begin; t < end; ++t) {
      const size_t age = t - voice.begin;
      const bool held = age < voice.gate;
      if (envelope.is_over(held)) break;
      float left = 0, right = 0;
      for (size_t i = 0; i < partials.size(); ++i) {
        const double hz = voice.hz * partials[i].ratio;
        if (hz > 0.42 * rate) continue;
        const double bend = partials[i].beat_cents * 0.000577623;  // cents to a relative frequency
        const float level = static_cast<float>(partials[i].level);
        left += level * sine(phase[2 * i]);
        phase[2 * i] += hz * (1 + bend) / rate;
        if (bend != 0) {
          right += level * sine(phase[2 * i + 1]);
          phase[2 * i + 1] += hz * (1 - bend) / rate;
        }
      }
      if (part.program < 19) right = left;
      if (percussion > 0) {
        const float tick = static_cast<float>(percussion) * strike.next(held) * sine(struck);
        struck += 3 * voice.hz / rate;
        left += tick;
        right += tick;
      }
      if (click > 0 && age < 200) left += static_cast<float>(click) * noise.next();
      const float turn = tremor > 0 ? tremor * sine(leslie_hz * stage.seconds(t)) : 0;
      const float gain = envelope.next(held) * fade_out(t, end, 64) * 0.25f *
                         static_cast<float>(0.6 + 0.4 * voice.loudness);
      stage.planes[0][t] += gain * (1 + turn) * (0.75f * left + 0.25f * right);
      stage.planes[1][t] += gain * (1 - turn) * (0.25f * left + 0.75f * right);
    }
  }
}

}  // namespace heart::music
