// SPDX-License-Identifier: LGPL-2.1-or-later
//
// heart-models decode: codes to sound at the codec's rate.

#include "models/base/error.h"
#include "models/repair/device.h"
#include "models/tools/command_line.h"
#include "models/tools/console.h"
#include "models/tools/models_in.h"
#include "models/tools/verbs.h"

#include <c10/core/InferenceMode.h>

#include <cstdio>

namespace heart::tools {

int run_decode(int argc, char** argv) {
  std::string model, device = "auto", layout = "auto";
  int64_t seed = 0;
  bool is_progress = false;
  codec::DetokenizeOptions options;
  CommandLine line(
      "decode", "CODES OUT.wav",
      "Turns codes (.safetensors, .npy or .pt) into a stereo sound file, 24 bits, WAV or "
      "FLAC by its name.");
  line.text("model", model, "DIR", "checkpoint directory ($HEARTINPAINT_MODEL)");
  line.text("device", device, "NAME", "auto, cpu, cuda:N or mps (auto)");
  line.text("tokens-layout", layout, "auto|KT|BKT|BTK",
            "order of the codes' axes where sizes leave it open (auto)");
  line.integer("seed", seed, "N", "seed of the solver's noise (0)");
  line.integer("steps", options.flow.steps, "N", "solver steps (10)");
  line.number("guidance", options.flow.guidance, "X", "guidance of the solver, 1 is none (1.25)");
  line.flag("progress", is_progress, "show a progress bar even where stderr is no terminal");
  const auto files = line.parse(argc, argv, 2, 2);
  options.seed = static_cast<uint64_t>(seed);

  c10::InferenceMode no_gradients;
  int64_t frames = 0;
  const Wave wave = on_device_or_cpu(device_named(device), warn, [&](at::Device place) {
    const auto codec = load_codec(model, place, /*with_encoder=*/false);
    const at::Tensor codes = read_codes(files[0], layout, codec->config());  // [K, T]
    frames = codes.size(1);
    Bar bar(is_progress);
    Wave made;
    made.rate_hz = codec->config().sample_rate;
    made.samples = codec->detokenize(codes, options, interrupted(), bar.progress());  // [A, S]
    interrupted().check();
    return made;
  });
  write_wave(files[1], wave);
  std::printf("%.2f s from %ld frames\n",
              static_cast<double>(wave.samples.size(1)) / static_cast<double>(wave.rate_hz),
              frames);
  return 0;
}

}  // namespace heart::tools
