// SPDX-License-Identifier: LGPL-2.1-or-later
//
// heart-models check: whether this machine can run a checkpoint. Each network is loaded as a repair would load
// it, runs a small piece twice, and is let go before the next one, so that the numbers are its own.

#include "models/base/error.h"
#include "models/checkpoint/layout.h"
#include "models/checkpoint/sources.h"
#include "models/heartcodec/encoder_vqv12/encoder_vqv12.h"
#include "models/heartcodec/heartcodec.h"
#include "models/heartmula/heartmula.h"
#include "models/repair/device.h"
#include "models/repair/loaded_models.h"
#include "models/tools/command_line.h"
#include "models/tools/console.h"
#include "models/tools/memory_use.h"
#include "models/tools/network_folder.h"
#include "models/tools/verbs.h"

#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace heart::tools {
namespace {

namespace fs = std::filesystem;

struct Wanted {
  at::Device device = at::kCPU;
  std::string weights = "auto";
  double seconds = 2;  // of sound
};

double seconds_of(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

at::Tensor finite(const at::Tensor& values, const char* what) {
  if (at::isfinite(values).all().item<bool>()) return values;
  throw Error(Fault::kInternal, std::string(what) +
                                    " has values that are not finite; damaged weights, or a "
                                    "number format that is too narrow for them?");
}

/// Loads a network, then runs its pieces twice: the first time also brings the weights from disk.
struct Network {
  std::function<uint64_t()> load;  // bytes of the weights in use
  struct Piece {
    std::string name;
    std::function<void()> run;
  };
  std::vector<Piece> pieces;
};

void measure(const Network& network) {
  const bool has_own_peak = forget_peak();
  uint64_t weights = 0;
  std::printf("  %-34s %9.2f s\n", "load", seconds_of([&] { weights = network.load(); }));
  for (const Network::Piece& piece : network.pieces) {
    interrupted().check();
    const double first = seconds_of(piece.run), again = seconds_of(piece.run);
    std::printf("  %-34s %9.2f s, again %.2f s, finite\n", piece.name.c_str(), first, again);
  }
  std::printf("  %-34s %11s\n", "weights in use", bytes_text(weights).c_str());
  if (const auto use = memory_use()) {
    std::printf("  %-34s %11s, %.2f × the weights; now %s of its own, %s of mapped files\n",
                has_own_peak ? "most memory" : "most memory, of all networks",
                bytes_text(use->peak_bytes).c_str(),
                static_cast<double>(use->peak_bytes) / static_cast<double>(weights),
                bytes_text(use->anonymous_bytes).c_str(), bytes_text(use->file_bytes).c_str());
  }
}

CheckpointParameters source_of(NetworkKind kind, const std::string& folder, const Config& config,
                               const Wanted& wanted) {
  CheckpointParameters::Options options;
  options.device = wanted.device;
  options.ignorable = ignorable_of(kind, config);
  TensorFiles files = TensorFiles::open(folder, prefix_of(kind));
  if (kind == NetworkKind::kLanguageModel) {
    options.dtype = lm_dtype(wanted.weights, wanted.device, files);
  }
  if (kind == NetworkKind::kCodec) {
    options.elsewhere = {{"scalar_model.", codec::autoencoder_device(
                                               codec::CodecConfig::read(config), wanted.device)}};
  }
  return CheckpointParameters(std::move(files), options);
}

void check_language_model(const std::string& folder, const Config& config, const Wanted& wanted) {
  std::unique_ptr<HeartMula> lm;
  Context context;
  GenerationTrace trace;
  GenerationOptions options;
  options.frames = 1;
  options.trace = &trace;
  measure({[&] {
             auto source = source_of(NetworkKind::kLanguageModel, folder, config, wanted);
             lm = std::make_unique<HeartMula>(HeartMulaConfig::from(config), Parameters(source));
             source.finish();
             return source.bytes_in_use();
           },
           {{"prompt of 5 positions",
             [&] {
               context = lm->read_prompt(Prompt::from({0}, {0}, GenerationIds{0, 1, 0, 0}), false);
               finite(context.hidden, "the hidden state");
             }},
            {"frame of 80 ms", [&] {
               lm->generate(context, options, interrupted());
               finite(trace.logits.back(), "the language model's logits");
             }}}});
}

void check_codec(const std::string& folder, const Config& config, const Wanted& wanted) {
  std::unique_ptr<codec::HeartCodec> codec;
  at::Tensor latents;
  codec::FlowInput input;
  const auto sizes = codec::CodecConfig::read(config);
  const int64_t frames = std::max<int64_t>(1, std::llround(wanted.seconds * 12.5));
  const int64_t length = frames * codec::CodecConfig::kLatentsPerFrame;
  char velocity[64];
  std::snprintf(velocity, sizeof velocity, "velocity of %ld latents", length);
  measure(
      {[&] {
         auto source = source_of(NetworkKind::kCodec, folder, config, wanted);
         codec = std::make_unique<codec::HeartCodec>(sizes, Parameters(source));
         source.finish();
         return source.bytes_in_use();
       },
       {{velocity,
         [&] {
           input.noise = codec::draw_noise(1, length, sizes.out_channels, 0);
           input.mu = codec->mu_of_codes(at::zeros({1, sizes.num_quantizers, frames}, at::kLong));
           input.mask = at::full({1, length}, static_cast<int64_t>(codec::kGenerate), at::kLong);
           input.context = at::zeros_like(input.noise);
           latents = finite(codec->solve(input, {1, 1.0}, interrupted()), "the velocity");
         }},
        {"latents to sound", [&] { finite(codec->autoencoder().decode(latents), "the sound"); }},
        {"sound to latents", [&] {
           const auto samples = length * sizes.samples_per_latent();
           finite(codec->autoencoder().encode(at::rand({1, 2, samples}) - 0.5), "the latents");
         }}}});
}

void check_encoder(const std::string& folder, const Config& config,
                   const std::optional<std::string>& codec_folder, const Wanted& wanted) {
  std::unique_ptr<codec::HeartCodec> codec;
  std::unique_ptr<codec::CodeEncoder> encoder;
  char sound[64];
  std::snprintf(sound, sizeof sound, "features of %.1f s of sound", wanted.seconds);
  measure({[&] {
             uint64_t bytes = 0;
             auto source = source_of(NetworkKind::kEncoder, folder, config, wanted);
             if (config.string_or("version", "vqv12") == "vqv12") {
               encoder = std::make_unique<vqv12::Encoder>(vqv12::Vqv12Config::read(config),
                                                          Parameters(source));
             } else if (!codec_folder) {
               config.refuse("version",
                             "is that of an encoder that hears its codec's latents; "
                             "check the whole checkpoint directory instead");
             } else {
               const Config codec_config = Config::open(*codec_folder + "/config.json");
               const auto sizes = codec::CodecConfig::read(codec_config);
               auto codec_source =
                   source_of(NetworkKind::kCodec, *codec_folder, codec_config, wanted);
               codec = std::make_unique<codec::HeartCodec>(sizes, Parameters(codec_source));
               encoder = codec::make_code_encoder(config, sizes, codec->autoencoder(),
                                                  Parameters(source));
               bytes += codec_source.bytes_in_use();
             }
             source.finish();
             return bytes + source.bytes_in_use();
           },
           {{sound, [&] {
               const auto samples = std::llround(wanted.seconds * 48000);
               const auto noise = at::rand({1, 2, samples}) - 0.5;  // [B, A, S]
               finite(encoder->features(noise, 48000, interrupted()), "the encoder's output");
             }}}});
}

void check_folder(const std::string& folder, const std::optional<std::string>& codec_folder,
                  const Wanted& wanted) {
  const Config config = Config::open((fs::path(folder) / "config.json").string());
  const NetworkKind kind = kind_of(config);
  std::printf("%s: %s\n", kind_name(kind), folder.c_str());
  std::fflush(stdout);
  if (kind == NetworkKind::kLanguageModel) check_language_model(folder, config, wanted);
  if (kind == NetworkKind::kCodec) check_codec(folder, config, wanted);
  if (kind == NetworkKind::kEncoder) check_encoder(folder, config, codec_folder, wanted);
  std::fflush(stdout);
}

}  // namespace

int run_check(int argc, char** argv) {
  std::string device = "auto";
  int64_t threads = 0;
  Wanted wanted;
  CommandLine line(
      "check", "DIR",
      "Loads each network and runs a small piece of it: seconds, memory, and whether the "
      "results are finite numbers.",
      "DIR is a whole checkpoint directory or the folder of one network. `inspect` looks "
      "at the files alone.");
  line.text("device", device, "NAME", "auto, cpu, cuda:N or mps (auto)");
  line.text("weights", wanted.weights, "auto|f32|bf16", "format the language model runs in (auto)");
  line.number("seconds", wanted.seconds, "S", "sound that codec and encoder get (2)");
  line.integer("threads", threads, "N", "0 takes all cores (0)");
  const std::string directory = line.parse(argc, argv, 1, 1).front();
  if (!(wanted.seconds > 0) || wanted.seconds > 60) {
    throw Error(Fault::kInput, "--seconds wants more than 0, at most 60");
  }
  if (threads < 0 || threads > 1024) throw Error(Fault::kInput, "--threads wants 0 to 1024");
  if (threads > 0) at::set_num_threads(static_cast<int>(threads));
  wanted.device = device_named(device);

  c10::InferenceMode no_gradients;
  if (fs::exists(fs::path(directory) / "config.json")) {
    check_folder(directory, std::nullopt, wanted);
  } else {
    const CheckpointLayout layout = CheckpointLayout::find(directory);
    check_folder(layout.lm, std::nullopt, wanted);
    check_folder(layout.codec, std::nullopt, wanted);
    if (!layout.encoder.empty()) check_folder(layout.encoder, layout.codec, wanted);
  }
  return 0;
}

}  // namespace heart::tools
