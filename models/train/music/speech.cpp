// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Spoken words: the program espeak-ng, run as a child, says each line; where it is missing, the formants
// of the singing voice speak with a falling melody. A child rather than the library, which keeps one
// global state per process and whose licence is the GPL.

#include "models/train/music/augment.h"
#include "models/train/music/dsp.h"
#include "models/train/music/lyrics.h"
#include "models/train/music/synthesis.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fcntl.h>
#include <spawn.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace heart::music {
namespace {

/// What the program writes to its standard output; empty where it cannot be run or fails.
std::vector<unsigned char> output_of(const std::vector<std::string>& command) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return {};
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  const int failed =
      posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  std::vector<unsigned char> bytes;
  if (failed == 0) {
    unsigned char buffer[16384];
    for (ssize_t n; (n = read(ends[0], buffer, sizeof buffer)) > 0;)
      bytes.insert(bytes.end(), buffer, buffer + n);
    int status = 0;
    waitpid(child, &status, 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) bytes.clear();
  }
  close(ends[0]);
  return bytes;
}

/// A 16-bit mono WAV stream as floats with its rate; the length fields of a stream are not to be trusted.
std::vector<float> parse_wav(const std::vector<unsigned char>& bytes, int& rate_hz) {
  if (bytes.size() < 44 || std::memcmp(bytes.data(), "RIFF", 4) != 0) return {};
  std::memcpy(&rate_hz, bytes.data() + 24, 4);
  std::vector<float> samples((bytes.size() - 44) / 2);
  for (size_t i = 0; i < samples.size(); ++i) {
    const int low = bytes[44 + 2 * i], high = bytes[45 + 2 * i];
    samples[i] = static_cast<float>(static_cast<int16_t>(low | (high << 8))) / 32768.0f;
  }
  return samples;
}

std::vector<float> speak(const std::string& text, const Part& part, int rate_hz) {
  Random random(part.patch_seed ^ 0x737065656368ull);
  static const std::vector<std::string> kHigh = {"en+f1", "en+f2",    "en+f3",
                                                 "en+f4", "en-us+f2", "en-gb+f5"};
  static const std::vector<std::string> kLow = {"en+m1", "en+m2",    "en+m3",
                                                "en+m4", "en-us+m7", "en-gb+m5"};
  const std::string voice = random.pick(part.program == 53 ? kHigh : kLow);
  const std::string speed = std::to_string(random.between(130, 210));
  const std::string pitch = std::to_string(random.between(30, 70));
  int from_hz = 0;
  const std::vector<float> said = parse_wav(
      output_of({"espeak-ng", "--stdout", "-v", voice, "-s", speed, "-p", pitch, "--", text}),
      from_hz);
  if (said.empty() || from_hz <= 0) return {};
  return resample(said, from_hz, rate_hz);
}

/// One syllable after the other, a little over four a second, falling towards the end of the line.
void speak_by_formants(const Part& part, const Voice& line, Stage& stage) {
  const std::vector<std::string> words = syllables_of(line.note->syllable);
  std::vector<Note> notes(words.size());
  std::vector<Voice> voices;
  Random random(part.patch_seed ^ line.begin);
  size_t at = line.begin;
  for (size_t i = 0; i < words.size(); ++i) {
    const double fall = 1 - 0.25 * static_cast<double>(i) / static_cast<double>(words.size());
    notes[i].syllable = words[i];
    Voice voice;
    voice.begin = at;
    voice.gate = static_cast<size_t>(random.uniform(0.14, 0.24) * stage.rate_hz);
    voice.hz = line.hz * fall * random.uniform(0.88, 1.12);
    voice.pitch = line.pitch;
    voice.loudness = line.loudness;
    voice.note = &notes[i];
    voices.push_back(voice);
    at += voice.gate + static_cast<size_t>(random.uniform(0, 0.05) * stage.rate_hz);
    if (at >= stage.length) break;
  }
  play_voice(part, voices, stage);
}

}  // namespace

void play_speech(const Part& part, const std::vector<Voice>& voices, Stage& stage) {
  for (size_t v = 0; v < voices.size(); ++v) {
    const Voice& voice = voices[v];
    if (voice.note == nullptr || voice.note->syllable.empty()) continue;
    const std::vector<float> said =
        stage.use_espeak ? speak(voice.note->syllable, part, stage.rate_hz) : std::vector<float>();
    if (said.empty()) {
      speak_by_formants(part, voice, stage);
      continue;
    }
    const size_t next = v + 1 < voices.size() ? voices[v + 1].begin : stage.length;
    const size_t end =
        std::min({stage.length, std::max(next, voice.begin), voice.begin + said.size()});
    for (size_t t = voice.begin; t < end; ++t) {
      const float y =
          said[t - voice.begin] * static_cast<float>(voice.loudness) * fade_out(t, end, 480);
      stage.planes[0][t] += y;
      stage.planes[1][t] += y;
    }
  }
}

}  // namespace heart::music
