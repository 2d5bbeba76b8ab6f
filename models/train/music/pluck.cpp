// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Plucked and picked strings: a delay line with losses, plucking place, body resonances, and for driven
// guitars an amplifier behind the whole part.
// Source: Karplus and Strong 1983, Jaffe and Smith 1983.

#include "models/train/music/dsp.h"
#include "models/train/music/synthesis.h"

#include <algorithm>
#include <cmath>

namespace heart::music {

void play_pluck(const Part& part, const std::vector<Voice>& voices, Stage& stage) {
  Random random(part.patch_seed ^ 0x706C75636Bull);
  const int rate = stage.rate_hz;
  const bool driven = part.program == 29 || part.program == 30;
  const bool bass = part.role == "bass";
  const double decay_seconds = driven ? 9 : random.log_uniform(0.8, 6);  // at middle C
  const double place = random.uniform(0.06, 0.45);                       // of the string's length
  const double softness = random.uniform(0.05, 0.75);  // of the plectrum or finger
  const double damping = driven ? 0.25 : random.uniform(0.1, 0.5);
  const double drive = driven                ? random.log_uniform(4, 40)
                       : random.chance(0.15) ? random.uniform(1, 3)
                                             : 0;
  const double body_hz[3] = {random.uniform(90, 130), random.uniform(190, 260),
                             random.uniform(380, 600)};
  const double body = bass || driven ? 0.1 : random.uniform(0.1, 0.5);
  Planes dry = make_planes(2, stage.length);
  for (const Voice& voice : voices) {
    // The loop's averaging filter delays by half a sample; the fraction goes into a linear interpolation.
    const double period = rate / voice.hz - 0.5 * damping * 2;
    const size_t n = static_cast<size_t>(period) + 2;
    std::vector<float> line(n, 0.0f);
    Noise noise(random.next());
    float low = 0;
    const float soft = static_cast<float>(std::clamp(softness - 0.4 * voice.loudness, 0.0, 0.95));
    const size_t comb = std::max<size_t>(1, static_cast<size_t>(place * period));
    std::vector<float> burst(n, 0.0f);
    for (float& x : burst) {
      low += (1 - soft) * (noise.next() - low);
      x = low;
    }
    for (size_t i = 0; i < n; ++i) line[i] = burst[i] - 0.9f * burst[(i + n - comb % n) % n];
    const double seconds = decay_seconds * std::pow(261.6 / voice.hz, 0.6);
    const float loss = static_cast<float>(std::pow(10.0, -3 * period / rate / seconds));
    const float muted = static_cast<float>(std::pow(10.0, -3 * period / rate / 0.12));
    const size_t end =
        std::min(stage.length, voice.begin + voice.gate + static_cast<size_t>(0.25 * rate));
    const float fraction = static_cast<float>(period - std::floor(period));
    const size_t delay = static_cast<size_t>(period);
    size_t at = 0;
    float before = 0;
    const float angle = static_cast<float>(random.uniform(-0.15, 0.15));
    for (size_t t = voice.begin; t < end; ++t) {
      const size_t first = (at + n - delay) % n, older = (first + n - 1) % n;
      const float x = line[first] * (1 - fraction) + line[older] * fraction;
      const float filtered =
          (1 - static_cast<float>(damping)) * x + static_cast<float>(damping) * before;
      before = x;
      line[at] = filtered * (t - voice.begin < voice.gate ? loss : muted);
      at = at + 1 == n ? 0 : at + 1;
      const float y = x * static_cast<float>(voice.loudness) * fade_out(t, end, 240) *
                      std::min(1.0f, static_cast<float>(t - voice.begin + 1) / 24.0f);
      dry[0][t] += y * (1 - angle);
      dry[1][t] += y * (1 + angle);
    }
  }
  for (size_t c = 0; c < 2; ++c) {
    Filter resonances[3], cabinet, rumble;
    for (size_t i = 0; i < 3; ++i) resonances[i].set(body_hz[i], rate, 4);
    cabinet.set(driven ? 3800 : 9000, rate, 0.8);
    rumble.set(driven ? 90 : 25, rate, 0.7);
    for (size_t t = 0; t < stage.length; ++t) {
      float y = dry[c][t];
      if (body > 0)
        for (Filter& resonance : resonances) y += static_cast<float>(body) * resonance.band(y);
      if (drive > 0) y = cabinet.low(std::tanh(static_cast<float>(drive) * y) * 0.5f);
      stage.planes[c][t] += rumble.high(y);
    }
  }
}

}  // namespace heart::music
