// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/tools/models_in.h"

#include "models/base/error.h"
#include "models/base/module_path.h"
#include "models/checkpoint/layout.h"
#include "models/checkpoint/safetensors.h"
#include "models/sidecar/sidecar.h"
#include "models/tools/output.h"

#include <cstdio>
#include <filesystem>
#include <sndfile.h>

namespace heart::tools {
namespace {

struct CloseSound {
  void operator()(SNDFILE* file) const { sf_close(file); }
};
using SoundFile = std::unique_ptr<SNDFILE, CloseSound>;

}  // namespace

std::string checkpoint_or_default(const std::string& given) {
  static const char kInside = 0;
  return given.empty() ? default_checkpoint(&kInside) : given;
}

std::unique_ptr<codec::HeartCodec> load_codec(const std::string& directory, at::Device device,
                                              bool with_encoder) {
  const CheckpointLayout layout = CheckpointLayout::find(checkpoint_or_default(directory));
  if (with_encoder && layout.encoder.empty()) {
    throw Error(Fault::kFile, checkpoint_or_default(directory) +
                                  " has no encoder (a folder HeartCodec*encoder*)");
  }
  codec::HeartCodec::LoadOptions options;
  options.device = device;
  return codec::HeartCodec::load(layout.codec, with_encoder ? layout.encoder : "", options);
}

at::Tensor read_codes(const std::string& path, const std::string& layout,
                      const codec::CodecConfig& config) {
  SidecarOptions options;
  options.codebooks = config.num_quantizers;
  options.codebook_size = config.codebook_size;
  options.layout = code_layout_named(layout);
  const Sidecar sidecar = read_sidecar(path, options);
  if (!sidecar.warning.empty()) std::fprintf(stderr, "warning: %s\n", sidecar.warning.c_str());
  return sidecar.codes;  // [K, T]
}

void write_codes(const std::string& path, const at::Tensor& codes) {
  write_safetensors(path, {{"codes", codes.to(at::kCPU, at::kInt).contiguous()}},
                    {{"frame_rate", "12.5"}, {"layout", "KT"}});
}

Wave read_wave(const std::string& path) {
  SF_INFO info{};
  const SoundFile file(sf_open(path.c_str(), SFM_READ, &info));
  if (!file) throw Error(Fault::kFile, path + ": " + sf_strerror(nullptr));
  if (info.frames < 1) throw Error(Fault::kFile, path + " holds no sound");
  const at::Tensor mixed = at::empty({info.frames, info.channels}, at::kFloat);  // [S, A]
  const sf_count_t count = sf_readf_float(file.get(), mixed.data_ptr<float>(), info.frames);
  if (count != info.frames) {
    throw Error(Fault::kFile, path + " ends after " + std::to_string(count) + " of " +
                                  std::to_string(info.frames) + " samples; is it cut off?");
  }
  return {mixed.t().contiguous(), info.samplerate};
}

void write_wave(const std::string& path, const Wave& wave) {
  const bool is_flac = std::filesystem::path(path).extension() == ".flac";
  SF_INFO info{};
  info.samplerate = static_cast<int>(wave.rate_hz);
  info.channels = static_cast<int>(wave.samples.size(0));
  info.format = (is_flac ? SF_FORMAT_FLAC : SF_FORMAT_WAV) | SF_FORMAT_PCM_24;
  Output output(path, Output::Type::kFile);
  SoundFile file(sf_open(output.path().c_str(), SFM_WRITE, &info));
  if (!file) throw Error(Fault::kFile, output.path() + ": " + sf_strerror(nullptr));
  sf_command(file.get(), SFC_SET_CLIPPING, nullptr, SF_TRUE);
  const at::Tensor mixed = wave.samples.to(at::kCPU, at::kFloat).t().contiguous();  // [S, A]
  if (sf_writef_float(file.get(), mixed.data_ptr<float>(), mixed.size(0)) != mixed.size(0)) {
    throw Error(Fault::kFile, path + ": " + sf_strerror(file.get()));
  }
  if (sf_close(file.release()) != 0) throw Error(Fault::kFile, path + " could not be finished");
  output.finish();
}

}  // namespace heart::tools
