// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/train/music/renderer.h"

#include "models/train/music/styles.h"
#include "models/train/music/synthesis.h"

#include <algorithm>
#include <cmath>

namespace heart::music {

Renderer::Renderer(bool use_soundfont, bool use_espeak) : use_espeak_(use_espeak) {
  if (use_soundfont && Soundfont::is_available())
    soundfont_ = std::make_unique<Soundfont>(find_soundfont());
}

Planes Renderer::render(const Song& song, double seconds) {
  const size_t length = static_cast<size_t>(std::llround(seconds * kRateHz));
  Planes out = make_planes(2, length);
  std::vector<size_t> sampled;
  Song synthetic = song;
  synthetic.parts.clear();
  for (size_t i = 0; i < song.parts.size(); ++i) {
    const Part& part = song.parts[i];
    if (part.notes.empty()) continue;
    if (part.engine == Engine::kSampled && soundfont_) {
      sampled.push_back(i);
      continue;
    }
    synthetic.parts.push_back(part);
    Part& own = synthetic.parts.back();
    if (own.engine == Engine::kSampled)
      own.engine = own.is_drums ? Engine::kMachine : synthetic_engine(own.program);
  }
  if (!sampled.empty()) soundfont_->play(song, sampled, out);
  if (!synthetic.parts.empty()) synthesise(synthetic, kRateHz, use_espeak_, out);

  float peak = 0;
  for (const auto& plane : out)
    for (float x : plane) peak = std::max(peak, std::fabs(x));
  const float gain = peak > 1e-6f ? 0.70794578f / peak : 0.0f;  // −3 dBFS
  for (auto& plane : out)
    for (float& x : plane) x *= gain;
  return out;
}

}  // namespace heart::music
