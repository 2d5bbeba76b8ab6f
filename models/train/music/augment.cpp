// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/train/music/augment.h"

#include "models/train/music/dsp.h"
#include "models/train/music/random.h"
#include "models/train/music/room.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace heart::music {
namespace {

constexpr int kRateHz = 48000;

/// Second-order section after the Audio EQ Cookbook (Bristow-Johnson).
struct Biquad {
  double b0 = 1, b1 = 0, b2 = 0, a1 = 0, a2 = 0;

  static Biquad peak(double hz, double db, double q) {
    const double a = std::pow(10, db / 40), w = 2 * kPi * hz / kRateHz,
                 alpha = std::sin(w) / (2 * q);
    const double a0 = 1 + alpha / a;
    return {(1 + alpha * a) / a0, -2 * std::cos(w) / a0, (1 - alpha * a) / a0,
            -2 * std::cos(w) / a0, (1 - alpha / a) / a0};
  }
  static Biquad shelf(double hz, double db, bool high) {
    const double a = std::pow(10, db / 40), w = 2 * kPi * hz / kRateHz,
                 c = std::cos(w) * (high ? -1 : 1);
    const double root = std::sin(w) * std::sqrt(2.0) * std::sqrt(a), sign = high ? -1 : 1;
    const double a0 = (a + 1) + (a - 1) * c + root;
    return {a * ((a + 1) - (a - 1) * c + root) / a0, sign * 2 * a * ((a - 1) - (a + 1) * c) / a0,
            a * ((a + 1) - (a - 1) * c - root) / a0, sign * -2 * ((a - 1) + (a + 1) * c) / a0,
            ((a + 1) + (a - 1) * c - root) / a0};
  }
  void run(std::vector<float>& x) const {
    double z1 = 0, z2 = 0;
    for (float& v : x) {
      const double y = b0 * v + z1;
      z1 = b1 * v - a1 * y + z2 + 1e-20;
      z2 = b2 * v - a2 * y;
      v = static_cast<float>(y);
    }
  }
};

double mean_power(const Planes& audio) {
  double sum = 0;
  for (const auto& plane : audio)
    for (float x : plane) sum += static_cast<double>(x) * x;
  return sum / std::max<double>(1, 2.0 * static_cast<double>(length_of(audio)));
}

/// Both channels under one gain that follows the louder of them.
void compress(double ratio, Planes& audio) {
  const double threshold = std::sqrt(mean_power(audio)) * 0.8 + 1e-9;
  const double attack = std::exp(-1.0 / (0.008 * kRateHz)),
               release = std::exp(-1.0 / (0.12 * kRateHz));
  double level = 0, gain = 1;
  for (size_t t = 0; t < length_of(audio); ++t) {
    const double x = std::max(std::fabs(audio[0][t]), std::fabs(audio[1][t]));
    level = x > level ? x + (level - x) * attack : x + (level - x) * release;
    if (t % 16 == 0) gain = level > threshold ? std::pow(level / threshold, 1 / ratio - 1) : 1;
    for (auto& plane : audio) plane[t] = static_cast<float>(plane[t] * gain);
  }
}

/// A voice delayed by 8–20 ms, slowly moving, opposite on the two sides.
void add_chorus(double amount, Random& random, Planes& audio) {
  const double rate = random.uniform(0.2, 1.5), depth = random.uniform(0.5, 3),
               base = random.uniform(8, 18);
  const size_t length = length_of(audio);
  for (size_t c = 0; c < 2; ++c) {
    std::vector<float> out = audio[c];
    for (size_t t = 0; t < length; ++t) {
      const double swing = sine(rate * static_cast<double>(t) / kRateHz + (c == 0 ? 0 : 0.5));
      const double delay = (base + depth * swing) * kRateHz / 1000;
      const double at = static_cast<double>(t) - delay;
      if (at < 1) continue;
      const size_t i = static_cast<size_t>(at);
      const float f = static_cast<float>(at - static_cast<double>(i));
      out[t] += static_cast<float>(amount) * (audio[c][i] + f * (audio[c][i + 1] - audio[c][i]));
    }
    audio[c] = std::move(out);
  }
}

/// Speed that is not constant: a slow turn and a faster flutter, by cubic interpolation.
void wobble(double depth, Random& random, Planes& audio) {
  const double slow_hz = random.uniform(0.4, 1.2), fast_hz = random.uniform(5, 9);
  const double phase = random.uniform();
  const size_t length = length_of(audio);
  for (auto& plane : audio) {
    std::vector<float> out(length);
    for (size_t t = 0; t < length; ++t) {
      const double s = static_cast<double>(t) / kRateHz;
      const double shift = depth / (2 * kPi * slow_hz) * (sine(slow_hz * s + phase) - sine(phase)) +
                           0.2 * depth / (2 * kPi * fast_hz) * sine(fast_hz * s);
      const double at = std::clamp((s + shift) * kRateHz, 1.0, static_cast<double>(length) - 3.0);
      const size_t i = static_cast<size_t>(at);
      const float f = static_cast<float>(at - static_cast<double>(i));
      const float a = plane[i - 1], b = plane[i], c = plane[i + 1], d = plane[i + 2];
      out[t] = b + 0.5f * f * (c - a + f * (2 * a - 5 * b + 4 * c - d + f * (3 * (b - c) + d - a)));
    }
    plane = std::move(out);
  }
}

void add_noise(const Treatment& treatment, Random& random, Planes& audio) {
  const size_t length = length_of(audio);
  const float hiss = static_cast<float>(std::pow(10.0, treatment.hiss_db / 20)) * 1.7f;
  for (size_t c = 0; c < 2; ++c) {
    Noise noise(random.next());
    Filter shape, deep;
    shape.set(6000, kRateHz, 0.5);
    deep.set(45, kRateHz, 0.8);
    for (size_t t = 0; t < length; ++t) {
      const float white = noise.next();
      audio[c][t] += hiss * (0.4f * white + shape.low(white));
      if (treatment.rumble > 0)
        audio[c][t] += static_cast<float>(treatment.rumble) * deep.low(noise.next());
    }
  }
  if (treatment.crackle <= 0) return;
  const int clicks = static_cast<int>(treatment.crackle * static_cast<double>(length) / kRateHz);
  for (int i = 0; i < clicks; ++i) {
    const size_t at = static_cast<size_t>(random.uniform() * static_cast<double>(length));
    const double level = 0.004 * std::exp(1.1 * random.normal()),
                 hz = random.log_uniform(1500, 9000);
    const double side = random.uniform(-1, 1);
    for (size_t t = at; t < std::min(length, at + 120); ++t) {
      const double s = static_cast<double>(t - at) / kRateHz;
      const float y =
          static_cast<float>(std::min(0.3, level) * std::exp(-s / 0.0004) * sine(hz * s + 0.2));
      audio[0][t] += y * static_cast<float>(1 - side);
      audio[1][t] += y * static_cast<float>(1 + side);
    }
  }
}

}  // namespace

std::vector<float> resample(const std::vector<float>& input, int from_hz, int to_hz) {
  const int common = std::gcd(from_hz, to_hz), up = to_hz / common, down = from_hz / common;
  constexpr int kHalf = 20;  // zero crossings a side
  const double cut = std::min(1.0, static_cast<double>(to_hz) / from_hz) * 0.96;
  const int taps = 2 * kHalf;
  // One row of taps for each of the `up` positions between two input samples.
  std::vector<float> table(static_cast<size_t>(up * taps));
  for (int phase = 0; phase < up; ++phase)
    for (int k = 0; k < taps; ++k) {
      const double x = static_cast<double>(k - kHalf + 1) - static_cast<double>(phase) / up;
      const double window = std::fabs(x) >= kHalf ? 0 : 0.5 + 0.5 * std::cos(kPi * x / kHalf);
      const double sinc = std::fabs(x) < 1e-9 ? cut : std::sin(kPi * cut * x) / (kPi * x);
      table[static_cast<size_t>(phase * taps + k)] = static_cast<float>(sinc * window);
    }
  const size_t n = input.size() * static_cast<size_t>(up) / static_cast<size_t>(down);
  std::vector<float> out(n);
  const long size = static_cast<long>(input.size());
  for (size_t i = 0; i < n; ++i) {
    const size_t position = i * static_cast<size_t>(down);
    const long centre = static_cast<long>(position / static_cast<size_t>(up));
    const float* row = table.data() + (position % static_cast<size_t>(up)) * taps;
    float sum = 0;
    const long first = centre - kHalf + 1;
    if (first >= 0 && first + taps <= size) {
      for (int k = 0; k < taps; ++k) sum += row[k] * input[static_cast<size_t>(first + k)];
    } else {
      for (int k = 0; k < taps; ++k)
        if (first + k >= 0 && first + k < size)
          sum += row[k] * input[static_cast<size_t>(first + k)];
    }
    out[i] = sum;
  }
  return out;
}

std::vector<std::string> Treatment::tags() const {
  std::vector<std::string> words;
  if (crackle > 2) words.push_back("vinyl");
  if (low_pass_hz > 0 && low_pass_hz < 9000) words.push_back("lo-fi");
  if (hiss_db > -60 && crackle <= 2) words.push_back("tape");
  if (width < 0.05) words.push_back("mono");
  if (room > 0.25) words.push_back("reverb");
  return words;
}

Treatment choose_treatment(uint64_t seed) {
  Random random(seed ^ 0x747265617400ull);
  Treatment t;
  t.seed = random.next();
  if (random.chance(0.5))
    t.peak_db = random.chance(0.8) ? random.uniform(-10, -0.2) : random.uniform(-24, -10);
  if (random.chance(0.45)) return t;
  if (random.chance(0.3)) {
    t.room = random.uniform(0.05, 0.4);
    t.room_seconds = random.log_uniform(0.3, 4);
  }
  if (random.chance(0.6)) {
    t.low_db = std::clamp(3 * random.normal(), -8.0, 7.0);
    t.high_db = std::clamp(3 * random.normal(), -9.0, 7.0);
    t.mid_db = std::clamp(2.5 * random.normal(), -6.0, 6.0);
    t.mid_hz = random.log_uniform(250, 4000);
  }
  if (random.chance(0.35)) t.compress_ratio = random.uniform(1.5, 6);
  if (random.chance(0.15)) t.drive = random.uniform(0.3, 1.5);
  if (random.chance(0.1)) t.chorus = random.uniform(0.1, 0.5);
  if (random.chance(0.4)) t.width = random.chance(0.2) ? 0 : random.uniform(0.3, 1.6);
  if (random.chance(0.12)) {  // an old record
    t.crackle = random.log_uniform(3, 60);
    t.rumble = random.uniform(0.001, 0.01);
    t.hiss_db = random.uniform(-68, -50);
    t.wow = random.uniform(0.0005, 0.003);
    t.low_pass_hz = random.log_uniform(5000, 14000);
  } else if (random.chance(0.12)) {  // an old tape
    t.hiss_db = random.uniform(-70, -48);
    t.wow = random.uniform(0.0003, 0.004);
    t.drive = std::max(t.drive, random.uniform(0.2, 0.8));
    t.low_pass_hz = random.log_uniform(6000, 16000);
  } else if (random.chance(0.1)) {
    t.low_pass_hz = random.log_uniform(4000, 17000);
  }
  t.through_44100 = random.chance(0.25);
  return t;
}

void treat(const Treatment& t, Planes& audio) {
  Random random(t.seed);
  const size_t length = length_of(audio);
  if (length < 8) return;
  if (t.chorus > 0) add_chorus(t.chorus, random, audio);
  if (t.room > 0) {
    Room::Settings settings;
    settings.seconds = t.room_seconds;
    settings.size = random.log_uniform(0.4, 1.6);
    settings.damping = random.uniform(0.1, 0.7);
    settings.predelay_ms = random.uniform(0, 40);
    settings.seed = random.next();
    const Planes answer = Room(settings, kRateHz).process(audio);
    for (size_t c = 0; c < 2; ++c)
      for (size_t i = 0; i < length; ++i) audio[c][i] += static_cast<float>(t.room) * answer[c][i];
  }
  for (auto& plane : audio) {
    if (t.low_db != 0) Biquad::shelf(200, t.low_db, false).run(plane);
    if (t.mid_db != 0) Biquad::peak(t.mid_hz, t.mid_db, 0.8).run(plane);
    if (t.high_db != 0) Biquad::shelf(4500, t.high_db, true).run(plane);
  }
  if (t.compress_ratio > 1) compress(t.compress_ratio, audio);
  if (t.drive > 0) {
    const float scale = static_cast<float>(t.drive / (2 * std::sqrt(mean_power(audio)) + 1e-9));
    for (auto& plane : audio)
      for (float& x : plane) x = std::tanh(scale * x) / scale;
  }
  if (t.width != 1)
    for (size_t i = 0; i < length; ++i) {
      const float mid = 0.5f * (audio[0][i] + audio[1][i]);
      const float side = 0.5f * (audio[0][i] - audio[1][i]) * static_cast<float>(t.width);
      audio[0][i] = mid + side;
      audio[1][i] = mid - side;
    }
  if (t.wow > 0) wobble(t.wow, random, audio);
  if (t.low_pass_hz > 0)
    for (auto& plane : audio) {
      Filter filters[2];
      for (Filter& filter : filters) filter.set(t.low_pass_hz, kRateHz, 0.7);
      for (float& x : plane) x = filters[1].low(filters[0].low(x));
    }
  if (t.hiss_db > -150 || t.crackle > 0) add_noise(t, random, audio);
  if (t.through_44100)
    for (auto& plane : audio) {
      plane = resample(resample(plane, kRateHz, 44100), 44100, kRateHz);
      plane.resize(length, 0.0f);
    }
  float peak = 0;
  for (const auto& plane : audio)
    for (float x : plane) peak = std::max(peak, std::fabs(x));
  if (peak < 1e-6f) return;
  const float gain = static_cast<float>(std::pow(10, t.peak_db / 20)) / peak;
  for (auto& plane : audio)
    for (float& x : plane) x *= gain;
}

}  // namespace heart::music
