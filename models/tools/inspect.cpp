// SPDX-License-Identifier: LGPL-2.1-or-later
//
// heart-models inspect: what a checkpoint holds, and whether it is whole. Every network is built on the
// meta device, so weights of any size are checked by their headers and never read.

#include "models/base/error.h"
#include "models/checkpoint/layout.h"
#include "models/checkpoint/sources.h"
#include "models/heartcodec/config.h"
#include "models/heartmula/lm_config.h"
#include "models/text/tokenizer.h"
#include "models/tools/command_line.h"
#include "models/tools/console.h"
#include "models/tools/network_folder.h"
#include "models/tools/verbs.h"

#include <c10/core/InferenceMode.h>

#include <cstdio>
#include <filesystem>
#include <map>

namespace heart::tools {
namespace {

namespace fs = std::filesystem;

int problems = 0;

void problem(const std::string& text) {
  ++problems;
  std::printf("  PROBLEM: %s\n", text.c_str());
}

// Runs a check; what it throws is one problem more, and the next check goes on.
template <typename Check>
void guarded(Check&& check) {
  try {
    check();
  } catch (const Error& error) {
    problem(error.what());
  }
}

std::string types_text(const TensorFiles& files) {
  std::map<std::string, int64_t> elements;
  for (const std::string& name : files.names()) {
    const auto& entry = files.entry(name);
    elements[entry.type] += c10::multiply_integers(entry.shape);
  }
  std::string text;
  for (const auto& [type, count] : elements) {
    text += (text.empty() ? "" : ", ") + count_text(count) + " " + type;
  }
  return text;
}

void describe(NetworkKind kind, const Config& config) {
  if (kind == NetworkKind::kLanguageModel) {
    const auto lm = HeartMulaConfig::from(config);
    const auto stack = [](const char* name, const StackConfig& s) {
      std::printf("  %s: %ld layers, %ld heads over %ld, width %ld, ffn %ld, %ld positions\n", name,
                  s.num_layers, s.num_heads, s.num_kv_heads, s.embed_dim, s.intermediate_dim,
                  s.max_seq_len);
    };
    stack("backbone", lm.backbone);
    stack("decoder", lm.decoder);
    std::printf("  vocabularies: %ld text, %ld audio in %ld codebooks\n", lm.text_vocab_size,
                lm.audio_vocab_size, lm.num_codebooks);
  } else if (kind == NetworkKind::kCodec) {
    const auto codec = codec::CodecConfig::read(config);
    std::printf("  velocity network: %ld blocks of %ld, %ld of %ld\n", codec.num_layers,
                codec.inner_dim(), codec.num_layers_2, 2 * codec.inner_dim());
    std::printf("  RVQ: %ld codebooks of %ld\n", codec.num_quantizers, codec.codebook_size);
    std::printf(
        "  autoencoder: %s, %ld Hz, %ld samples per latent of %ld numbers\n",
        codec.autoencoder.type == codec::AutoencoderConfig::Type::kScalar ? "scalar" : "transform",
        codec.sample_rate, codec.samples_per_latent(), codec.out_channels);
  } else {
    std::printf("  version: %s\n", config.string_or("version", "vqv12").c_str());
  }
}

void list_tensors(const TensorFiles& files) {
  for (const std::string& name : files.names()) {
    const auto& entry = files.entry(name);
    std::printf("  %s\t%s\t%s\n", name.c_str(), entry.type.c_str(),
                shape_text(entry.shape).c_str());
  }
}

void inspect_network(const std::string& folder, const std::optional<Config>& codec,
                     bool is_listing) {
  const Config config = Config::open((fs::path(folder) / "config.json").string());
  const NetworkKind kind = kind_of(config);
  std::printf("%s: %s\n", kind_name(kind), folder.c_str());
  guarded([&] { describe(kind, config); });
  TensorFiles files = TensorFiles::open(folder, prefix_of(kind));
  std::printf("  %zu tensors in %zu files, %s: %s\n", files.names().size(), files.files().size(),
              bytes_text(files.data_bytes()).c_str(), types_text(files).c_str());
  if (is_listing) list_tensors(files);
  CheckpointParameters::Options options;
  options.device = at::kMeta;
  options.ignorable = ignorable_of(kind, config);
  CheckpointParameters source(std::move(files), options);
  ask_for_all(kind, config, codec, source);
  source.finish();
}

// What only shows when the parts are looked at together.
void inspect_whole(const CheckpointLayout& layout) {
  const auto lm = HeartMulaConfig::from(Config::open(layout.lm + "/config.json"));
  const auto codec = codec::CodecConfig::read(Config::open(layout.codec + "/config.json"));
  if (lm.num_codebooks != codec.num_quantizers) {
    problem("the language model writes " + std::to_string(lm.num_codebooks) +
            " codebooks, the codec reads " + std::to_string(codec.num_quantizers));
  }
  if (lm.audio_vocab_size < codec.codebook_size) {
    problem("audio_vocab_size " + std::to_string(lm.audio_vocab_size) +
            " does not hold the codec's " + std::to_string(codec.codebook_size) + " codes");
  }
  const auto ids = layout.generation.empty() ? GenerationIds()
                                             : GenerationIds::from(Config::open(layout.generation));
  std::printf(
      "ids: text %ld … %ld, empty %ld, end of audio %ld (%s)\n", ids.text_bos, ids.text_eos,
      ids.empty, ids.audio_eos,
      layout.generation.empty() ? "the release's, no gen_config.json" : layout.generation.c_str());
  if (std::max({ids.text_bos, ids.text_eos, ids.empty}) >= lm.text_vocab_size) {
    problem("the ids do not fit text_vocab_size " + std::to_string(lm.text_vocab_size) +
            "; a gen_config.json with others is needed");
  }
  const int64_t entries = Tokenizer(layout.tokenizer).vocabulary_size();
  std::printf("tokenizer: %ld entries (%s)\n", entries, layout.tokenizer.c_str());
  if (entries > lm.text_vocab_size) {
    problem("the tokenizer has more entries than text_vocab_size " +
            std::to_string(lm.text_vocab_size));
  }
}

void inspect_directory(const std::string& directory, bool is_listing) {
  const CheckpointLayout layout = CheckpointLayout::find(directory);
  const Config codec = Config::open(layout.codec + "/config.json");
  for (const std::string& folder : {layout.lm, layout.codec, layout.encoder}) {
    if (folder.empty()) continue;
    guarded([&] { inspect_network(folder, codec, is_listing); });
  }
  if (layout.encoder.empty()) {
    std::printf("encoder: none (a folder HeartCodec*encoder*); codes must then be given\n");
  }
  guarded([&] { inspect_whole(layout); });
}

}  // namespace

int run_inspect(int argc, char** argv) {
  bool is_listing = false;
  std::string codec_config;
  CommandLine line("inspect", "DIR",
                   "Says what a checkpoint holds, and every tensor that is missing, unknown or of "
                   "another shape than the config says.",
                   "DIR is a whole checkpoint directory or the folder of one network. The exit "
                   "status is 1 if anything is amiss.");
  line.flag("tensors", is_listing, "list every tensor with type and shape");
  line.text("codec-config", codec_config, "FILE",
            "config.json of the codec, where DIR is the folder of a light encoder");
  const std::string directory = line.parse(argc, argv, 1, 1).front();

  c10::InferenceMode no_gradients;
  if (fs::exists(fs::path(directory) / "config.json")) {
    std::optional<Config> codec;
    if (!codec_config.empty()) codec = Config::open(codec_config);
    guarded([&] { inspect_network(directory, codec, is_listing); });
  } else {
    inspect_directory(directory, is_listing);
  }
  if (problems > 0) {
    std::printf("%d %s found\n", problems, problems == 1 ? "problem" : "problems");
  } else {
    std::printf("whole\n");
  }
  return problems > 0 ? 1 : 0;
}

}  // namespace heart::tools
