// SPDX-License-Identifier: LGPL-2.1-or-later
//
// heart-models generate: music from tags and lyrics, or the continuation of given codes.

#include "models/base/error.h"
#include "models/repair/device.h"
#include "models/repair/loaded_models.h"
#include "models/tools/command_line.h"
#include "models/tools/console.h"
#include "models/tools/models_in.h"
#include "models/tools/verbs.h"

#include <glib.h>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>

namespace heart::tools {
namespace {

std::string read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) throw Error(Fault::kFile, path + ": cannot be read");
  return text.str();
}

void expect_utf8(const std::string& text, const char* what) {
  if (!g_utf8_validate(text.data(), static_cast<gssize>(text.size()), nullptr)) {
    throw Error(Fault::kInput, std::string(what) + " are not UTF-8");
  }
}

/// The bar's part for a stage, from and to a share of the whole.
using Part = std::function<Progress(double begin, double end)>;

struct History {
  std::string file, layout;  // of codes; none: no history
};

struct Made {
  at::Tensor codes;  // [K, T]
  Wave wave;         // only where sound was wanted
};

Made make(const ModelSettings& settings, const std::string& tags, const std::string& lyrics,
          const History& from, GenerationOptions options, bool may_end, bool is_sound,
          const Cancel& cancel, const Part& part) {
  bool was_loaded = false;
  const auto models = acquire_models(settings, cancel, part(0, 0.1), was_loaded);
  at::Tensor history;
  if (!from.file.empty()) {
    history = read_codes(from.file, from.layout, models->codec->config());  // [K, T]
  }
  const int64_t known = history.defined() ? history.size(1) : 0;
  const int64_t codes_end = models->codec->config().codebook_size;
  if (may_end) {
    options.stop_code = codes_end;  // whatever cannot be decoded ends the music
  } else {
    options.rule.limit = codes_end;
  }
  Context context =
      models->read_prompt(tags, lyrics, options.cfg_scale > 1, known + options.frames, cancel);
  if (known > 0) context = models->lm->read_frames(context, history, cancel);
  const Continuation drawn = models->lm->generate(context, options, cancel, part(0.1, 0.6));
  Made made;
  made.codes = drawn.codes[0].slice(1, 0, drawn.lengths[0]).to(at::kCPU);
  if (made.codes.size(1) == 0)
    throw Error(Fault::kInput, "the model ended at once; leave out --may-end");
  if (!is_sound) return made;

  codec::DetokenizeOptions decode;
  decode.seed = options.seed;
  const at::Tensor all = known > 0 ? at::cat({history, made.codes}, 1) : made.codes;
  made.wave.rate_hz = models->codec->config().sample_rate;
  made.wave.samples = models->codec->detokenize(all, decode, cancel, part(0.6, 1));  // [A, S]
  const int64_t frame = made.wave.samples.size(1) / all.size(1);
  made.wave.samples = made.wave.samples.slice(1, known * frame);
  return made;
}

}  // namespace

int run_generate(int argc, char** argv) {
  std::string tags, lyrics, lyrics_file, history_file, layout = "auto";
  double seconds = 10;
  int64_t seed = 0;
  bool may_end = false, is_progress = false;
  ModelSettings settings;
  GenerationOptions options;
  options.rule = {1.0, 50, 0};
  CommandLine line("generate", "OUT.wav|OUT.flac|OUT.safetensors",
                   "Writes music: sound, or its codes where the name ends in .safetensors.",
                   "With --history the result is the continuation alone; its sound is decoded "
                   "together with the history.");
  line.text("model", settings.location, "DIR", "checkpoint directory ($HEARTINPAINT_MODEL)");
  line.text("device", settings.device, "NAME", "auto, cpu, cuda:N or mps (auto)");
  line.text("weights", settings.weights, "auto|f32|bf16",
            "format the language model runs in (auto)");
  line.text("tags", tags, "TEXT", "style, comma separated");
  line.text("lyrics", lyrics, "TEXT", "words");
  line.text("lyrics-file", lyrics_file, "FILE", "words from a file");
  line.text("history", history_file, "CODES", "codes to continue: .safetensors, .npy or .pt");
  line.text("tokens-layout", layout, "auto|KT|BKT|BTK",
            "order of the history's axes where sizes leave it open (auto)");
  line.number("seconds", seconds, "S", "length (10)");
  line.integer("seed", seed, "N", "seed of codes and sound (0)");
  line.number("temperature", options.rule.temperature, "X", "0 takes the likeliest (1)");
  line.integer("top-k", options.rule.top_k, "N", "codes to choose from, 0 is all (50)");
  line.number("cfg-scale", options.cfg_scale, "X", "guidance of the language model (1: none)");
  line.flag("may-end", may_end, "end where the model says so");
  line.flag("progress", is_progress, "show a progress bar even where stderr is no terminal");
  const std::string out = line.parse(argc, argv, 1, 1).front();

  options.frames = std::llround(seconds * 12.5);
  if (!(seconds > 0) || seconds > 3600 || options.frames < 1) {
    throw Error(Fault::kInput, "--seconds wants 0.08 to 3600");
  }
  if (options.rule.temperature < 0 || options.rule.top_k < 0) {
    throw Error(Fault::kInput, "--temperature and --top-k want 0 or more");
  }
  if (!lyrics_file.empty()) lyrics = read_text(lyrics_file);
  expect_utf8(tags, "tags");
  expect_utf8(lyrics, "lyrics");
  options.seed = static_cast<uint64_t>(seed);
  settings.location = checkpoint_or_default(settings.location);

  c10::InferenceMode no_gradients;
  const Cancel& cancel = interrupted();
  Bar bar(is_progress);
  const Part part = [&](double begin, double end) -> Progress {
    return [&bar, begin, end](double share, const char* stage) {
      bar.show(begin + share * (end - begin), stage);
    };
  };
  const bool is_sound = std::filesystem::path(out).extension() != ".safetensors";
  const Made made = on_device_or_cpu(device_named(settings.device), warn, [&](at::Device device) {
    settings.device = device.str();
    return make(settings, tags, lyrics, {history_file, layout}, options, may_end, is_sound, cancel,
                part);
  });
  cancel.check();
  if (is_sound) {
    write_wave(out, made.wave);
  } else {
    write_codes(out, made.codes);
  }
  const int64_t frames = made.codes.size(1);
  std::printf("%ld frames, %.2f s\n", frames, static_cast<double>(frames) / 12.5);
  return 0;
}

}  // namespace heart::tools
