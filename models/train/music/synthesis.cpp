// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/train/music/synthesis.h"

#include "models/base/error.h"
#include "models/train/music/room.h"

#include <algorithm>
#include <cmath>

namespace heart::music {
namespace {

std::vector<Voice> voices_of(const Song& song, const Part& part, int rate_hz, size_t length) {
  std::vector<Voice> voices;
  for (const Note& note : part.notes) {
    const double begin = song.seconds_at(note.beat) * rate_hz;
    const double end = song.seconds_at(note.beat + note.length) * rate_hz;
    Voice voice;
    voice.begin = static_cast<size_t>(std::llround(std::max(0.0, begin)));
    if (voice.begin >= length) continue;
    voice.gate = static_cast<size_t>(std::max(1.0, end - begin));
    voice.pitch = note.pitch;
    voice.hz = 440 * std::pow(2.0, (note.pitch - 69) / 12.0);
    voice.loudness = std::pow(note.velocity / 127.0, 1.6);
    voice.note = &note;
    voices.push_back(voice);
  }
  return voices;
}

void play(const Part& part, const std::vector<Voice>& voices, Stage& stage) {
  switch (part.engine) {
    case Engine::kAnalog:
      return play_analog(part, voices, stage);
    case Engine::kFm:
      return play_fm(part, voices, stage);
    case Engine::kPluck:
      return play_pluck(part, voices, stage);
    case Engine::kOrgan:
      return play_organ(part, voices, stage);
    case Engine::kMachine:
      return play_machine(part, voices, stage);
    case Engine::kVoice:
      return play_voice(part, voices, stage);
    case Engine::kSpeech:
      return play_speech(part, voices, stage);
    case Engine::kSampled:
      break;
  }
  throw Error(Fault::kInput,
              "part \"" + part.role + "\" is sampled; wanted an engine of the own synthesis");
}

/// Root mean square over the samples that are not silent.
double level_of(const Planes& planes) {
  double sum = 0;
  size_t n = 1;
  for (size_t t = 0; t < length_of(planes); ++t) {
    const double p = static_cast<double>(planes[0][t]) * planes[0][t] +
                     static_cast<double>(planes[1][t]) * planes[1][t];
    if (p > 1e-8) {
      sum += p / 2;
      ++n;
    }
  }
  return std::sqrt(sum / static_cast<double>(n));
}

}  // namespace

void synthesise(const Song& song, int rate_hz, bool use_espeak, Planes& out) {
  const size_t length = length_of(out);
  Random random(song.seed ^ 0x73796E7468ull);
  Room::Settings settings;
  settings.seconds = random.log_uniform(0.5, 3.5);
  settings.size = random.log_uniform(0.4, 1.6);
  settings.damping = random.uniform(0.15, 0.7);
  settings.predelay_ms = random.uniform(0, 30);
  settings.seed = random.next();
  Planes sent = make_planes(2, length);
  for (const Part& part : song.parts) {
    Stage stage;
    stage.rate_hz = rate_hz;
    stage.length = length;
    stage.use_espeak = use_espeak;
    stage.planes = make_planes(2, length);
    play(part, voices_of(song, part, rate_hz, length), stage);
    // Engines and patches differ by tens of decibels: every part is brought to one level first, then to
    // its place in the mix. 0.055 is what a sampled part at volume 100 has while it plays.
    const double level = level_of(stage.planes);
    if (level < 1e-9) continue;
    const double crest = part.is_drums                                   ? 1.2
                         : part.role == "voice" || part.role == "speech" ? 1.5
                                                                         : 1.0;
    const double gain = crest * 0.055 * std::pow(part.volume / 100.0, 2) / level;
    const double angle = part.pan / 127.0 * 1.5707963;
    const double left = std::cos(angle) * 1.41421356, right = std::sin(angle) * 1.41421356;
    const double wet = std::pow(part.reverb / 127.0, 1.3);
    for (size_t t = 0; t < length; ++t) {
      const float a = static_cast<float>(stage.planes[0][t] * gain * left);
      const float b = static_cast<float>(stage.planes[1][t] * gain * right);
      out[0][t] += a;
      out[1][t] += b;
      sent[0][t] += static_cast<float>(a * wet);
      sent[1][t] += static_cast<float>(b * wet);
    }
  }
  Room room(settings, rate_hz);
  const Planes answer = room.process(sent);
  for (size_t c = 0; c < 2; ++c)
    for (size_t t = 0; t < length; ++t) out[c][t] += answer[c][t];
}

}  // namespace heart::music
