// SPDX-License-Identifier: LGPL-2.1-or-later
//
// HeartCodec: music to codes (12.5 frames per second) and codes back to 48 kHz stereo. Start reading
// here. The way down: codes → rvq → conditioning → flow_solver over velocity_network → autoencoder;
// the way up: code_encoder → rvq. Source: HeartMuLa, arXiv 2601.10547.

#pragma once

#include "models/base/job.h"
#include "models/heartcodec/autoencoder.h"
#include "models/heartcodec/code_encoder.h"
#include "models/heartcodec/conditioning.h"
#include "models/heartcodec/config.h"
#include "models/heartcodec/flow_solver.h"
#include "models/heartcodec/rvq.h"
#include "models/heartcodec/velocity_network.h"

#include <ATen/ATen.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace heart::codec {

struct DetokenizeOptions {
  FlowOptions flow;
  double window_seconds = 29.76;
  uint64_t seed = 0;  // of the solver's noise, and of the autoencoder's where it has any
  at::Tensor noise;   // [windows, L, Z] instead of the seed's
  /// Told the latents [L, Z] of each window as they are made.
  std::function<void(int64_t window, const at::Tensor& latents)> observe;
};

/// Shapes   B sounds or repairs of one length
/// Threads  const and re-entrant. Callers that do not train hold a c10::InferenceMode.
class HeartCodec {
 public:
  struct LoadOptions {
    at::Device device = at::kCPU;
    /// Of the velocity network alone; codebooks, autoencoder and encoder stay f32. bf16 is fast on
    /// CPUs that have it and audibly worse, f16 wants a GPU and is not (30 dB against f32).
    at::ScalarType velocity_dtype = at::kFloat;
    const Cancel* cancel = nullptr;  // read between tensors, if there is one
  };

  /// From checkpoint folders. An empty `encoder_path` loads none; encode_codes then is an error.
  /// Errors   Fault::kFile: anything missing or not fitting, all at once
  static std::unique_ptr<HeartCodec> load(const std::string& decoder_path,
                                          const std::string& encoder_path,
                                          const LoadOptions& options);
  static std::unique_ptr<HeartCodec> load(const std::string& decoder_path,
                                          const std::string& encoder_path = "") {
    return load(decoder_path, encoder_path, LoadOptions());
  }
  /// Patterns of tensors in a decoder checkpoint that are stored but not used (training state).
  static std::vector<std::string> ignorable();

  /// Without an encoder. `root` is the decoder checkpoint without its `decoder.` prefix.
  HeartCodec(const CodecConfig& config, const Parameters& root);
  void set_encoder(std::unique_ptr<CodeEncoder> encoder) { encoder_ = std::move(encoder); }

  // ---- Sound to codes -----------------------------------------------------------------------------

  bool has_encoder() const { return encoder_ != nullptr; }
  /// Shapes   audio [B, A, S] f32, A = 2 -> codes [B, K, T] int64
  /// Units    frame t describes 80 ms from 80·t ms on
  /// Errors   Fault::kInput: no encoder was loaded; kCancelled; kMemory
  at::Tensor encode_codes(const at::Tensor& audio, int64_t rate, const Cancel& cancel = {},
                          const Progress& progress = {}) const;

  // ---- Codes to latents ---------------------------------------------------------------------------

  /// What the solver is told about codes.   codes [B, K, T] -> mu [B, L, D], L = 2 T
  /// Errors   Fault::kInput: a code outside its codebook
  at::Tensor mu_of_codes(const at::Tensor& codes) const;
  /// Latents for mu, given or to be made as the mask says: see flow_solver.h.   -> [B, L, Z]
  at::Tensor solve(const FlowInput& input, const FlowOptions& options, const Cancel& cancel = {},
                   const Progress& progress = {}) const {
    return solve_flow(velocity_, conditioning_, input, options, cancel, progress);
  }

  // ---- Codes to sound, any length -----------------------------------------------------------------

  /// Decodes in overlapping windows, each one given the end of the one before as context.
  /// Shapes   codes [K, T] int64 -> audio [A, samples_per_frame · T] f32
  /// Errors   Fault::kInput: no codes, or one outside its codebook; kCancelled; kMemory
  at::Tensor detokenize(const at::Tensor& codes, const DetokenizeOptions& options,
                        const Cancel& cancel = {}, const Progress& progress = {}) const;

  // ---- Parts --------------------------------------------------------------------------------------

  const CodecConfig& config() const { return config_; }
  const Rvq& rvq() const { return rvq_; }
  const Conditioning& conditioning() const { return conditioning_; }
  const VelocityNetwork& velocity() const { return velocity_; }
  const Autoencoder& autoencoder() const { return *autoencoder_; }

 private:
  CodecConfig config_;
  Rvq rvq_;
  Conditioning conditioning_;
  VelocityNetwork velocity_;
  std::unique_ptr<Autoencoder> autoencoder_;
  std::unique_ptr<CodeEncoder> encoder_;
};

}  // namespace heart::codec
