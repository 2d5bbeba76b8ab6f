// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/train/music/room.h"

#include "models/train/music/random.h"

#include <algorithm>
#include <cmath>

namespace heart::music {

Room::Room(const Settings& settings, int rate_hz) {
  Random random(settings.seed ^ 0x526F6F6Dull);
  static const double kDelaysMs[kLines] = {29.7, 37.1, 41.1, 43.7, 53.3, 61.7, 71.9, 83.3};
  for (size_t i = 0; i < kLines; ++i) {
    const double ms = kDelaysMs[i] * settings.size * random.uniform(0.92, 1.08);
    const size_t n = std::max<size_t>(16, static_cast<size_t>(ms * rate_hz / 1000));
    lines_[i].buffer.assign(n, 0.0f);
    const double seconds = static_cast<double>(n) / rate_hz;
    lines_[i].gain =
        static_cast<float>(std::pow(10.0, -3 * seconds / std::max(0.05, settings.seconds)));
  }
  static const double kDiffuseMs[4] = {4.7, 12.3, 5.3, 11.1};
  for (size_t i = 0; i < 4; ++i)
    diffusers_[i].buffer.assign(
        std::max<size_t>(8, static_cast<size_t>(kDiffuseMs[i] * settings.size * rate_hz / 1000)),
        0.0f);
  predelay_ = static_cast<size_t>(settings.predelay_ms * rate_hz / 1000);
  damping_ = static_cast<float>(std::clamp(settings.damping, 0.0, 0.95));
}

Planes Room::process(const Planes& input) {
  const size_t length = length_of(input);
  Planes out = make_planes(2, length);
  auto diffuse = [](Line& line, float x) {
    const float delayed = line.buffer[line.at];
    const float y = delayed - 0.6f * x;
    line.buffer[line.at] = x + 0.6f * y;
    line.at = line.at + 1 == line.buffer.size() ? 0 : line.at + 1;
    return y;
  };
  for (size_t t = 0; t < length; ++t) {
    float in[2] = {0, 0};
    for (size_t c = 0; c < 2; ++c) {
      const float x = t >= predelay_ ? input[c][t - predelay_] : 0.0f;
      in[c] = diffuse(diffusers_[2 * c + 1], diffuse(diffusers_[2 * c], x));
    }
    float read[kLines];
    for (size_t i = 0; i < kLines; ++i) {
      Line& line = lines_[i];
      line.low += (1 - damping_) * (line.buffer[line.at] - line.low);
      read[i] = line.low * line.gain;
    }
    out[0][t] = 0.35f * (read[0] + read[2] - read[4] + read[6]);
    out[1][t] = 0.35f * (read[1] - read[3] + read[5] + read[7]);
    // Hadamard of order 8 as three rounds of sums and differences.
    for (size_t span = 1; span < kLines; span *= 2)
      for (size_t i = 0; i < kLines; i += 2 * span)
        for (size_t j = i; j < i + span; ++j) {
          const float a = read[j], b = read[j + span];
          read[j] = a + b;
          read[j + span] = a - b;
        }
    for (size_t i = 0; i < kLines; ++i) {
      Line& line = lines_[i];
      // 1e-18: keeps the tail out of denormal numbers
      line.buffer[line.at] = 0.35355339f * read[i] + in[i % 2] + 1e-18f;
      line.at = line.at + 1 == line.buffer.size() ? 0 : line.at + 1;
    }
  }
  return out;
}

}  // namespace heart::music
