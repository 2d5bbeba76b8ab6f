// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A drum machine: kicks and toms from falling sines, snares and claps from filtered noise, hats and
// cymbals from beating squares. Every key of the General MIDI kit has its sound.

#include "models/train/music/dsp.h"
#include "models/train/music/synthesis.h"

#include <algorithm>
#include <cmath>

namespace heart::music {
namespace {

struct Kit {
  double kick_hz, kick_fall, kick_decay, kick_click, snare_hz, snare_decay, snare_tone, hat_decay,
      hat_hz, drive;
};

Kit make_kit(uint64_t seed) {
  Random random(seed ^ 0x6B6974ull);
  return {random.uniform(42, 62),        random.uniform(2, 5),
          random.log_uniform(0.12, 0.7), random.uniform(0, 0.5),
          random.uniform(150, 230),      random.log_uniform(0.08, 0.3),
          random.uniform(0.2, 0.8),      random.log_uniform(0.02, 0.08),
          random.uniform(5500, 9500),    random.chance(0.4) ? random.uniform(1, 3) : 0};
}

/// Decay to a thousandth in `seconds`.
float fall(double s, double seconds) {
  return static_cast<float>(std::exp(-6.9 * s / seconds));
}

class Hit {
 public:
  Hit(const Kit& kit, int key, uint64_t seed, int rate)
      : kit_(kit), key_(key), rate_(rate), noise_(seed) {
    filter_.set(centre(), rate, key == 39 ? 1.2 : 0.8);
    second_.set(key == 38 || key == 40 ? 1200 : 7000, rate, 0.7);
    for (size_t i = 0; i < 6; ++i) metal_[i] = static_cast<double>((seed >> (8 * i)) & 255) / 256;
  }

  double seconds() const {
    switch (key_) {
      case 35:
      case 36:
        return kit_.kick_decay * 1.3;
      case 49:
      case 52:
      case 55:
      case 57:
        return 1.8;
      case 51:
      case 53:
      case 59:
        return 0.9;
      case 46:
        return 0.45;
      case 41:
      case 43:
      case 45:
      case 47:
      case 48:
      case 50:
        return 0.55;
      case 38:
      case 40:
        return 0.35;
      default:
        return 0.25;
    }
  }

  float next(double s) {
    switch (key_) {
      case 35:
      case 36: {
        const double hz = kit_.kick_hz * (1 + kit_.kick_fall * std::exp(-s / 0.03));
        const float body = tone(hz) * fall(s, kit_.kick_decay);
        return body +
               static_cast<float>(kit_.kick_click) * second_.high(noise_.next()) * fall(s, 0.015);
      }
      case 37:
        return tone(1700) * fall(s, 0.04) + 0.5f * filter_.band(noise_.next()) * fall(s, 0.03);
      case 38:
      case 40: {
        const double hz = kit_.snare_hz * (1 + 0.5 * std::exp(-s / 0.02));
        return static_cast<float>(kit_.snare_tone) * tone(hz) * fall(s, 0.12) +
               0.8f * second_.high(noise_.next()) * fall(s, kit_.snare_decay);
      }
      case 39: {  // three quick bursts, then the tail
        const double burst = s < 0.03 ? std::fmod(s, 0.01) / 0.01 : 0;
        const float level = s < 0.03 ? static_cast<float>(1 - burst) : fall(s - 0.03, 0.18);
        return 1.4f * filter_.band(noise_.next()) * level;
      }
      case 42:
      case 44:
        return cymbal(s) * fall(s, kit_.hat_decay * (key_ == 44 ? 0.7 : 1));
      case 46:
        return cymbal(s) * fall(s, 0.35);
      case 49:
      case 52:
      case 55:
      case 57:
        return cymbal(s) * fall(s, 1.5);
      case 51:
      case 53:
      case 59:
        return 0.5f * cymbal(s) * fall(s, 0.7) +
               (key_ == 53 ? 0.6f : 0.2f) * tone(key_ == 53 ? 2300 : 3100) * fall(s, 0.4);
      case 41:
      case 43:
      case 45:
      case 47:
      case 48:
      case 50: {
        static const double kToms[] = {80, 98, 118, 140, 165, 195};
        const size_t which = key_ == 41   ? 0
                             : key_ == 43 ? 1
                             : key_ == 45 ? 2
                             : key_ == 47 ? 3
                             : key_ == 48 ? 4
                                          : 5;
        return tone(kToms[which] * (1 + 0.6 * std::exp(-s / 0.05))) * fall(s, 0.45) +
               0.1f * noise_.next() * fall(s, 0.04);
      }
      case 54:
      case 69:
      case 70:
        return 0.6f * second_.high(noise_.next()) * fall(s, 0.06) *
               static_cast<float>(std::min(1.0, s / 0.008));
      case 56:
        return 0.5f * (square(560) + square(845)) * fall(s, 0.2);
      case 60:
      case 61:
        return tone(key_ == 60 ? 520 : 390) * fall(s, 0.09);
      case 62:
      case 63:
      case 64:
        return tone(key_ == 64 ? 210 : 320) * fall(s, key_ == 62 ? 0.08 : 0.2);
      case 75:
      case 76:
        return tone(key_ == 75 ? 2500 : 1100) * fall(s, 0.04);
      default:
        return filter_.band(noise_.next()) * fall(s, 0.12);
    }
  }

 private:
  double centre() const { return key_ == 39 ? 1300 : key_ == 37 ? 2500 : kit_.hat_hz; }
  float tone(double hz) {
    phase_ += hz / rate_;
    phase_ -= std::floor(phase_);
    return sine(phase_);
  }
  float square(double hz) {
    double& phase = hz < 600 ? metal_[0] : metal_[1];
    phase += hz / rate_;
    phase -= std::floor(phase);
    return phase < 0.5 ? 1.0f : -1.0f;
  }
  float cymbal(double) {
    static const double kRatios[6] = {2.0, 3.0, 4.16, 5.43, 6.79, 8.21};
    float sum = 0;
    for (size_t i = 0; i < 6; ++i) {
      metal_[i] += kRatios[i] * 180 / rate_;
      metal_[i] -= std::floor(metal_[i]);
      sum += metal_[i] < 0.5 ? 0.16f : -0.16f;
    }
    return filter_.high(sum + 0.7f * noise_.next());
  }

  const Kit& kit_;
  const int key_, rate_;
  Noise noise_;
  Filter filter_, second_;
  double phase_ = 0;
  double metal_[6];
};

}  // namespace

void play_machine(const Part& part, const std::vector<Voice>& voices, Stage& stage) {
  const Kit kit = make_kit(part.patch_seed);
  const int rate = stage.rate_hz;
  for (size_t v = 0; v < voices.size(); ++v) {
    const Voice& voice = voices[v];
    // A machine plays the same sample each time: the noise's seed depends on the key alone.
    Hit hit(kit, voice.pitch, part.patch_seed ^ static_cast<uint64_t>(voice.pitch * 7919), rate);
    size_t end = std::min(stage.length, voice.begin + static_cast<size_t>(hit.seconds() * rate));
    if (voice.pitch == 46)  // the closed hat stops the open one
      for (size_t w = v + 1; w < voices.size() && voices[w].begin < end; ++w)
        if (voices[w].pitch == 42 || voices[w].pitch == 44)
          end = std::max(voice.begin + 1, voices[w].begin);
    const bool centred = voice.pitch <= 40;
    const float angle = centred ? 0 : 0.5f * sine(voice.pitch * 0.137);
    float loudness = static_cast<float>(voice.loudness);
    if (voice.pitch == 35 || voice.pitch == 36) loudness *= 1.6f;
    if (voice.pitch == 42 || voice.pitch == 44 || voice.pitch == 46) loudness *= 0.35f;
    if (voice.pitch >= 49 && voice.pitch <= 59) loudness *= 0.4f;
    for (size_t t = voice.begin; t < end; ++t) {
      float y = hit.next(stage.seconds(t - voice.begin));
      if (kit.drive > 0)
        y = std::tanh(y * static_cast<float>(kit.drive)) / static_cast<float>(std::sqrt(kit.drive));
      y *= loudness * fade_out(t, end, 96);
      stage.planes[0][t] += y * (1 - angle);
      stage.planes[1][t] += y * (1 + angle);
    }
  }
}

}  // namespace heart::music
