// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/train/audio_folder.h"

#include "models/base/error.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace heart::train {
namespace {

uint32_t little(const char* bytes, int count) {
  uint32_t value = 0;
  for (int i = count - 1; i >= 0; --i) value = value << 8 | static_cast<uint8_t>(bytes[i]);
  return value;
}

}  // namespace

at::Tensor read_wav(const std::string& path, int rate_hz) {
  std::ifstream in(path, std::ios::binary);
  const auto refuse = [&](const std::string& what) {
    throw Error(Fault::kFile, path + ": " + what + "; wanted PCM WAV, 16 bit or float, " +
                                  std::to_string(rate_hz) + " Hz, mono or stereo");
  };
  char head[12];
  if (!in.read(head, 12) || std::memcmp(head, "RIFF", 4) || std::memcmp(head + 8, "WAVE", 4)) {
    refuse("no RIFF WAVE file");
  }
  uint32_t format = 0, channels = 0, rate = 0, bits = 0;
  char chunk[8];
  while (in.read(chunk, 8)) {
    uint32_t size = little(chunk + 4, 4);
    if (!std::memcmp(chunk, "fmt ", 4)) {
      std::vector<char> body(std::max<uint32_t>(size, 26));
      if (size < 16 || size > 4096 || !in.read(body.data(), size)) refuse("a broken format chunk");
      format = little(body.data(), 2);
      channels = little(body.data() + 2, 2);
      rate = little(body.data() + 4, 4);
      bits = little(body.data() + 14, 2);
      if (format == 0xFFFE && size >= 26) format = little(body.data() + 24, 2);
    } else if (!std::memcmp(chunk, "data", 4)) {
      const bool is_int = format == 1 && bits == 16, is_float = format == 3 && bits == 32;
      if ((!is_int && !is_float) || channels < 1 || channels > 2) refuse("another sample format");
      if (rate != static_cast<uint32_t>(rate_hz)) refuse(std::to_string(rate) + " Hz");
      const int64_t samples = size / (bits / 8 * channels);
      at::Tensor raw = at::empty({samples, channels}, is_int ? at::kShort : at::kFloat);
      const auto bytes = static_cast<std::streamsize>(raw.nbytes());
      if (!in.read(static_cast<char*>(raw.data_ptr()), bytes)) refuse("truncated");
      at::Tensor audio = raw.t().to(at::kFloat);  // [A, S]
      if (is_int) audio = audio / 32768.0;
      return audio.expand({2, samples}).contiguous();
    } else {
      in.seekg(size, std::ios::cur);
    }
    if (size % 2 && std::memcmp(chunk, "data", 4)) in.seekg(1, std::ios::cur);
  }
  refuse("no samples");
  return {};
}

AudioFolder::AudioFolder(const std::string& path) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(path, error)) {
    if (entry.path().extension() == ".wav") paths_.push_back(entry.path().string());
  }
  if (paths_.empty()) {
    throw Error(Fault::kFile, path + ": no .wav files there; make some with heart-music");
  }
  std::sort(paths_.begin(), paths_.end());
}

std::string AudioFolder::name(int64_t piece) const {
  return std::filesystem::path(paths_[static_cast<size_t>(piece)]).stem().string();
}

at::Tensor AudioFolder::read(int64_t piece, int rate_hz) const {
  return read_wav(paths_[static_cast<size_t>(piece)], rate_hz);
}

}  // namespace heart::train
