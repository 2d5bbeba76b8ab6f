// SPDX-License-Identifier: LGPL-2.1-or-later
//
// heart-models encode: sound to codes, 12.5 frames per second.

#include "models/base/error.h"
#include "models/repair/device.h"
#include "models/tools/command_line.h"
#include "models/tools/console.h"
#include "models/tools/models_in.h"
#include "models/tools/verbs.h"

#include <c10/core/InferenceMode.h>

#include <cstdio>

namespace heart::tools {

int run_encode(int argc, char** argv) {
  std::string model, device = "auto";
  bool is_progress = false;
  CommandLine line("encode", "IN.wav OUT.safetensors",
                   "Turns a mono or stereo sound file into codes, a tensor [codebooks, frames].");
  line.text("model", model, "DIR", "checkpoint directory ($HEARTINPAINT_MODEL)");
  line.text("device", device, "NAME", "auto, cpu, cuda:N or mps (auto)");
  line.flag("progress", is_progress, "show a progress bar even where stderr is no terminal");
  const auto files = line.parse(argc, argv, 2, 2);

  c10::InferenceMode no_gradients;
  const Wave wave = read_wave(files[0]);
  if (wave.samples.size(0) > 2) {
    throw Error(Fault::kInput, files[0] + " has " + std::to_string(wave.samples.size(0)) +
                                   " channels, wanted 1 or 2; encode them in pairs");
  }
  const at::Tensor stereo = wave.samples.expand({2, -1}).unsqueeze(0);  // [1, A, S]
  const at::Tensor codes = on_device_or_cpu(device_named(device), warn, [&](at::Device place) {
    const auto codec = load_codec(model, place, /*with_encoder=*/true);
    Bar bar(is_progress);
    const at::Tensor made =
        codec->encode_codes(stereo.to(place), wave.rate_hz, interrupted(), bar.progress());
    interrupted().check();
    return made[0].to(at::kCPU);  // [K, T]
  });
  write_codes(files[1], codes);
  std::printf("%ld frames of %ld codes from %.2f s\n", codes.size(1), codes.size(0),
              static_cast<double>(wave.samples.size(1)) / static_cast<double>(wave.rate_hz));
  return 0;
}

}  // namespace heart::tools
