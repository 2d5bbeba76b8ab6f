// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Sizes of the released encoder as its config.json states them. What the released code fixes (the layers
// whose outputs are read, filter banks, strides of Whisper) stands beside the block that uses it.

#pragma once

#include "models/checkpoint/config.h"

#include <cstdint>
#include <string>
#include <vector>

namespace heart::vqv12 {

inline constexpr int64_t kRateHz = 24000;        // of the chunks and of the MuEncoder
inline constexpr int64_t kSpeechRateHz = 16000;  // of Whisper and WavLM
inline constexpr int64_t kLatentSamples = 960;   // one feature, 25 Hz, at 24 kHz
inline constexpr int64_t kTailSamples = 240;     // zeros behind each chunk, for WavLM and Whisper

struct WhisperConfig {
  int64_t dim = 768;
  int64_t layers = 12;
  int64_t heads = 12;
  int64_t ffn = 3072;
  int64_t mels = 80;
  int64_t positions = 1500;  // at 50 Hz
  std::string activation = "gelu";
};

struct WavLmConfig {
  int64_t dim = 768;
  int64_t layers = 12;
  int64_t heads = 12;
  int64_t ffn = 3072;
  std::string activation = "gelu";
  std::string conv_activation = "gelu";
  double norm_eps = 1e-5;
  std::vector<int64_t> conv_dim, conv_stride, conv_kernel;
  int64_t pos_kernel = 128;
  int64_t pos_groups = 16;
  int64_t buckets = 320;
  int64_t max_distance = 800;
};

struct ConformerConfig {
  int64_t dim = 1024;
  int64_t layers = 12;
  int64_t heads = 16;
  int64_t ffn = 4096;
  std::string activation = "swish";
  double rotary_base = 10000;
  double norm_eps = 1e-5;  // of the last LayerNorm only, the others have 1e-5 always
  int64_t depthwise_kernel = 31;
};

struct MuConfig {
  int64_t n_fft = 2048;
  int64_t hop = 240;
  int64_t mels = 128;
  int64_t conv_dim = 512;
  double mean = 6.768444971712967;
  double std = 18.417922652295623;
  ConformerConfig conformer;
};

struct QueryConfig {
  int64_t dim = 512;
  int64_t layers = 6;
  int64_t head_dim = 128;
  int64_t interval = 2;  // features per query
};

struct Vqv12Config {
  int64_t chunk_samples = 714240;  // at 24 kHz
  WhisperConfig whisper;
  WavLmConfig wavlm;
  MuConfig mu;
  QueryConfig query;

  /// Errors   Error{kFile} that names the key: missing, out of range, or a variant that this
  ///          encoder does not have (pre-norm WavLM, other position embeddings, another sample rate)
  static Vqv12Config read(const Config& config);
};

}  // namespace heart::vqv12
