// SPDX-License-Identifier: LGPL-2.1-or-later
//
// heart-models generate: music from tags and lyrics, or the continuation of given codes.

#include "models/base/error.h"
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
  const auto part = [&](double begin, double end) -> Progress {
    return [&bar, begin, end](double share, const char* stage) {
      bar.show(begin + share * (end - begin), stage);
    };
  };
  bool was_loaded = false;
  const auto models = acquire_models(settings, cancel, part(0, 0.1), was_loaded);
  at::Tensor history;
  if (!history_file.empty()) {
    history = read_codes(history_file, layout, models->codec->config());  // [K, T]
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
  const Continuation made = models->lm->generate(context, options, cancel, part(0.1, 0.6));
  const at::Tensor codes = made.codes[0].slice(1, 0, made.lengths[0]).to(at::kCPU);  // [K, T]
  if (codes.size(1) == 0)
    throw Error(Fault::kInput, "the model ended at once; leave out --may-end");

  if (std::filesystem::path(out).extension() == ".safetensors") {
    cancel.check();
    write_codes(out, codes);
  } else {
    codec::DetokenizeOptions decode;
    decode.seed = options.seed;
    const at::Tensor all = known > 0 ? at::cat({history, codes}, 1) : codes;
    Wave wave;
    wave.rate_hz = models->codec->config().sample_rate;
    wave.samples = models->codec->detokenize(all, decode, cancel, part(0.6, 1));  // [A, S]
    const int64_t frame = wave.samples.size(1) / all.size(1);
    wave.samples = wave.samples.slice(1, known * frame);
    cancel.check();
    write_wave(out, wave);
  }
  std::printf("%ld frames, %.2f s\n", codes.size(1), static_cast<double>(codes.size(1)) / 12.5);
  return 0;
}

}  // namespace heart::tools
