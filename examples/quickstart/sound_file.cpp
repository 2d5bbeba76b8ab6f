// SPDX-License-Identifier: LGPL-2.1-or-later

#include "examples/quickstart/sound_file.h"

#include "models/base/error.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <sndfile.h>
#include <vector>

namespace heart {

namespace {

struct CloseFile {
  void operator()(SNDFILE* file) const { sf_close(file); }
};
using File = std::unique_ptr<SNDFILE, CloseFile>;

File open_file(const std::string& path, int mode, SF_INFO& info) {
  File file(sf_open(path.c_str(), mode, &info));
  if (!file) throw Error(Fault::kFile, path + ": " + sf_strerror(nullptr));
  return file;
}

}  // namespace

Sound read_sound(const std::string& path, double begin_s, double length_s) {
  SF_INFO info{};
  File file = open_file(path, SFM_READ, info);
  const auto frames_in = [&](double seconds) {
    return static_cast<sf_count_t>(std::llround(seconds * info.samplerate));
  };
  const sf_count_t begin = std::min(frames_in(begin_s), info.frames);
  const sf_count_t rest = info.frames - begin;
  const sf_count_t wanted = length_s > 0 ? std::min(frames_in(length_s), rest) : rest;
  std::vector<float> interleaved(wanted * info.channels);
  sf_seek(file.get(), begin, SEEK_SET);
  const size_t read = sf_readf_float(file.get(), interleaved.data(), wanted);

  Sound sound;
  sound.rate_hz = info.samplerate;
  sound.planes = make_planes(info.channels, read);
  for (size_t i = 0; i < read; ++i) {
    for (int c = 0; c < info.channels; ++c) {
      sound.planes[c][i] = interleaved[i * info.channels + c];
    }
  }
  return sound;
}

void write_wav16(const std::string& path, const Sound& sound) {
  const size_t channels = sound.planes.size();
  const size_t frames = length_of(sound.planes);
  std::vector<short> interleaved(frames * channels);
  for (size_t i = 0; i < frames; ++i) {
    for (size_t c = 0; c < channels; ++c) {
      const float scaled = std::round(sound.planes[c][i] * 32768.0f);
      interleaved[i * channels + c] = static_cast<short>(std::clamp(scaled, -32768.0f, 32767.0f));
    }
  }
  const std::string partial = path + ".part";
  SF_INFO info{};
  info.samplerate = sound.rate_hz;
  info.channels = static_cast<int>(channels);
  info.format = SF_FORMAT_WAV | SF_FORMAT_PCM_16;
  File file = open_file(partial, SFM_WRITE, info);
  const bool is_whole =
      sf_writef_short(file.get(), interleaved.data(), frames) == static_cast<sf_count_t>(frames);
  file.reset();
  std::error_code problem;
  if (is_whole) std::filesystem::rename(partial, path, problem);
  if (!is_whole || problem) {
    std::filesystem::remove(partial, problem);
    throw Error(Fault::kFile, path + ": cannot be written; is the disk full?");
  }
}

}  // namespace heart
