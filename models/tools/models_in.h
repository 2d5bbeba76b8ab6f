// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What encode, decode and generate share: finding and loading a checkpoint, and files of codes and sound.

#pragma once

#include "models/heartcodec/heartcodec.h"

#include <ATen/ATen.h>

#include <cstdint>
#include <memory>
#include <string>

namespace heart::tools {

/// The given directory, else $HEARTINPAINT_MODEL, else the installed small checkpoint.
std::string checkpoint_or_default(const std::string& given);

/// The codec of a checkpoint directory; its encoder too where it is wanted.
/// Errors   Error{kFile}
std::unique_ptr<codec::HeartCodec> load_codec(const std::string& directory, at::Device device,
                                              bool with_encoder);

/// A file of codes (models/sidecar/sidecar.h says which) that fits the codec; `layout` as tokens-layout of the
/// element. A guess about the axes is told on stderr.
/// Errors   Error{kFile}: not such a file, or another model's; {kInput}: an unknown layout
at::Tensor read_codes(const std::string& path, const std::string& layout,
                      const codec::CodecConfig& config);  // [K, T] int64
/// A safetensors file with one I32 tensor `codes` [K, T].
void write_codes(const std::string& path, const at::Tensor& codes);

struct Wave {
  at::Tensor samples;  // [A, S] f32
  int64_t rate_hz = 0;
};

/// Any file that libsndfile reads.
/// Errors   Error{kFile}: not a sound file, or one without sound
Wave read_wave(const std::string& path);
/// 24-bit WAV, or FLAC where the name ends in .flac; beyond full scale it is clipped. Appears when whole.
void write_wave(const std::string& path, const Wave& wave);

}  // namespace heart::tools
