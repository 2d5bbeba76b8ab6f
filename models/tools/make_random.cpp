// SPDX-License-Identifier: LGPL-2.1-or-later
//
// heart-models make-random: checkpoints of any size with random weights, for tests and for trying a machine
// before a download. A tensor at a time, so that the released sizes need no more memory than their largest
// one; a tensor's values depend on the seed and its name alone.

#include "models/base/error.h"
#include "models/checkpoint/safetensors.h"
#include "models/checkpoint/sources.h"
#include "models/heartmula/lm_config.h"
#include "models/tools/command_line.h"
#include "models/tools/console.h"
#include "models/tools/network_folder.h"
#include "models/tools/output.h"
#include "models/tools/verbs.h"

#include <c10/core/InferenceMode.h>

#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

namespace heart::tools {
namespace {

namespace fs = std::filesystem;
using Spec = SpecParameters::Spec;

struct Network {
  NetworkKind kind;
  Config config;
  std::vector<Spec> specs;
  uint64_t elements = 0;
};

struct Work {
  uint64_t seed = 0;
  at::ScalarType dtype = at::kFloat;
  int64_t shards = 1;
  uint64_t done = 0, total = 0;  // elements
  Bar* bar = nullptr;
};

std::vector<Network> read_networks(const std::vector<std::string>& paths) {
  std::vector<Network> networks;
  std::optional<Config> codec;
  for (const std::string& path : paths) {
    const Config config = Config::open(path);
    const NetworkKind kind = kind_of(config);
    for (const Network& other : networks) {
      if (other.kind == kind) {
        throw Error(Fault::kInput, path + " and " + other.config.path() + " are both a " +
                                       kind_name(kind) + "; give one of each");
      }
    }
    if (kind == NetworkKind::kCodec) codec = config;
    networks.push_back({kind, config, {}});
  }
  for (Network& network : networks) {
    SpecParameters source;
    ask_for_all(network.kind, network.config, codec, source);
    std::set<std::string> known;  // two networks may share a tensor
    for (const Spec& spec : source.specs()) {
      if (!known.insert(spec.name).second) continue;
      network.specs.push_back(spec);
      network.elements += static_cast<uint64_t>(spec.numel());
    }
  }
  return networks;
}

// "model.safetensors", or "model-00002-of-00004.safetensors" of several.
std::string file_name(const std::string& stem, int64_t index, int64_t count) {
  if (count == 1) return stem + ".safetensors";
  char part[32];
  std::snprintf(part, sizeof part, "-%05d-of-%05d", static_cast<int>(index + 1),
                static_cast<int>(count));
  return stem + part + ".safetensors";
}

// Cuts the tensors, in order, into shards of about the same size.
std::vector<std::vector<Spec>> shards_of(const Network& network, int64_t count) {
  count = std::min<int64_t>(count, static_cast<int64_t>(network.specs.size()));
  std::vector<std::vector<Spec>> shards(1);
  uint64_t before = 0;
  for (const Spec& spec : network.specs) {
    const uint64_t next = network.elements * shards.size() / static_cast<uint64_t>(count);
    if (before >= next && static_cast<int64_t>(shards.size()) < count) shards.emplace_back();
    shards.back().push_back(spec);
    before += static_cast<uint64_t>(spec.numel());
  }
  return shards;
}

void write_network(const Network& network, const std::string& folder, Work& work) {
  const std::string prefix = network.kind == NetworkKind::kEncoder ? prefix_of(network.kind) : "";
  const std::string stem = weights_stem(network.kind);
  const auto shards = shards_of(network, work.shards);
  nlohmann::json weight_map = nlohmann::json::object();
  for (size_t i = 0; i < shards.size(); ++i) {
    const std::string name =
        file_name(stem, static_cast<int64_t>(i), static_cast<int64_t>(shards.size()));
    std::vector<SafetensorsWriter::Item> items;
    for (const Spec& spec : shards[i]) {
      items.push_back({prefix + spec.name, work.dtype, spec.shape});
      weight_map[prefix + spec.name] = name;
    }
    SafetensorsWriter writer((fs::path(folder) / name).string(), items, {{"format", "pt"}});
    for (const Spec& spec : shards[i]) {
      interrupted().check();
      work.bar->show(static_cast<double>(work.done) / static_cast<double>(work.total),
                     kind_name(network.kind));
      writer.write(draw_initial(spec.name, spec.shape, spec.init, work.seed));
      work.done += static_cast<uint64_t>(spec.numel());
    }
    writer.finish();
  }
  if (shards.size() > 1) {
    const nlohmann::json index = {
        {"metadata", {{"total_size", network.elements * c10::elementSize(work.dtype)}}},
        {"weight_map", weight_map}};
    write_text((fs::path(folder) / (stem + ".safetensors.index.json")).string(),
               index.dump(2) + "\n");
  }
  copy_file(network.config.path(), (fs::path(folder) / "config.json").string());
}

// tokenizer.json and gen_config.json of a whole checkpoint directory.
void copy_text_files(const std::string& tokenizer, std::string ids, const std::string& folder) {
  copy_file(tokenizer, (fs::path(folder) / "tokenizer.json").string());
  if (ids.empty()) {
    ids = (fs::path(tokenizer).parent_path() / "gen_config.json").string();
    if (!fs::exists(ids)) {
      throw Error(Fault::kInput, ids + " is not there; name the tokenizer's with --gen-config");
    }
  }
  copy_file(ids, (fs::path(folder) / "gen_config.json").string());
}

void report(const Network& network, const std::string& folder) {
  std::printf("%s\t%s parameters in %zu tensors\t%s\n", kind_name(network.kind),
              count_text(static_cast<int64_t>(network.elements)).c_str(), network.specs.size(),
              folder.c_str());
}

}  // namespace

int run_make_random(int argc, char** argv) {
  std::vector<std::string> configs;
  std::string dtype = "f32", name = "random", tokenizer, gen_config;
  int64_t seed = 0, shards = 1;
  bool is_checkpoint = false, is_dry = false, is_progress = false;
  CommandLine line(
      "make-random", "OUT_DIR", "Makes networks of any size with random weights.",
      "With one --config, OUT_DIR becomes that network's folder: config.json and weights. With\n"
      "--checkpoint it becomes a whole checkpoint directory, with a config for each network:\n"
      "HeartMuLa-NAME, HeartCodec-NAME, HeartCodec-NAME-encoder, tokenizer.json, gen_config.json.");
  line.texts("config", configs, "FILE",
             "config.json of a language model, codec or encoder; may be given once for each");
  line.integer("seed", seed, "N", "seed of the weights (0)");
  line.text("dtype", dtype, "f32|f16|bf16", "number format of the weights (f32)");
  line.integer("shards", shards, "N", "files that the weights are split into (1)");
  line.flag("checkpoint", is_checkpoint, "make a whole checkpoint directory");
  line.text("name", name, "NAME", "ends the names of its folders (random)");
  line.text("tokenizer", tokenizer, "FILE", "tokenizer.json to put there");
  line.text("gen-config", gen_config, "FILE", "gen_config.json (the one beside the tokenizer)");
  line.flag("dry-run", is_dry, "only say what would be made");
  line.flag("progress", is_progress, "show a progress bar even where stderr is no terminal");
  const std::string out = line.parse(argc, argv, 1, 1).front();

  if (configs.empty()) throw Error(Fault::kInput, "no --config was given");
  if (shards < 1 || shards > 999) throw Error(Fault::kInput, "--shards wants 1 to 999");
  if (is_checkpoint == tokenizer.empty()) {
    throw Error(Fault::kInput, is_checkpoint
                                   ? "a whole checkpoint directory needs a --tokenizer"
                                   : "--tokenizer belongs to a whole directory: add --checkpoint");
  }
  if (configs.size() > 1 && !is_checkpoint) {
    throw Error(Fault::kInput, "several --config make a whole directory: add --checkpoint");
  }

  c10::InferenceMode no_gradients;
  Bar bar(is_progress);
  Work work;
  work.seed = static_cast<uint64_t>(seed);
  work.dtype = number_format(dtype);
  work.shards = shards;
  work.bar = &bar;
  const std::vector<Network> networks = read_networks(configs);
  for (const Network& network : networks) work.total += network.elements;
  const auto place = [&](const Network& network, const std::string& root) {
    return is_checkpoint ? (fs::path(root) / folder_name(network.kind, name)).string() : root;
  };
  if (!is_dry) {
    Output folder(out, Output::Type::kFolder);
    for (const Network& network : networks) {
      fs::create_directories(place(network, folder.path()));
      write_network(network, place(network, folder.path()), work);
    }
    if (is_checkpoint) copy_text_files(tokenizer, gen_config, folder.path());
    folder.finish();
  }
  for (const Network& network : networks) report(network, place(network, out));
  return 0;
}

}  // namespace heart::tools
