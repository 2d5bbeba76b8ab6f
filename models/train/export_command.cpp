// SPDX-License-Identifier: LGPL-2.1-or-later
//
// heart-train export: the averaged weights of a run as f16 safetensors in the layout of a checkpoint directory.

#include "models/base/error.h"
#include "models/checkpoint/config.h"
#include "models/checkpoint/safetensors.h"
#include "models/heartmula/heartmula.h"
#include "models/train/codec_model.h"
#include "models/train/codec_task.h"
#include "models/train/commands.h"
#include "models/train/run_state.h"

#include <c10/core/GradMode.h>

#include <cstdio>
#include <filesystem>
#include <functional>

namespace heart::train {
namespace {

using Named = std::vector<std::pair<std::string, at::Tensor>>;

/// The averaged tensors of a run, and the config it was started with.
Named averages_of(const std::string& run,
                  const std::function<void(const nlohmann::json&, Parameters)>& build,
                  const std::function<bool(const nlohmann::json&, const std::string&)>& is_buffer,
                  int64_t& step) {
  const std::string path = run + "/state.safetensors";
  const auto file = SafetensorsFile::open(path);
  const auto config = file->metadata().find("config");
  if (config == file->metadata().end()) {
    throw Error(Fault::kFile,
                path + ": no \"config\" in its metadata; is it a run of heart-train?");
  }
  SpecParameters specs;
  const nlohmann::json parsed = nlohmann::json::parse(config->second);
  build(parsed, Parameters(specs));
  ParameterBank::Options options;
  options.workers = 1;
  options.is_buffer = [&](const std::string& name) { return is_buffer(parsed, name); };
  ParameterBank bank(specs.specs(), options);
  AdamW optimiser(bank.weights(), {});
  step = load_run(path, config->second, bank, optimiser).step;
  return bank.named_average();
}

/// f16, but for the few numbers that scale everything else.
void write_half(const std::string& path, const Named& tensors, const std::string& prefix) {
  Named stored;
  for (const auto& [name, tensor] : tensors) {
    const bool is_scale = name.rfind("transform_model.", 0) == 0;
    stored.emplace_back(prefix + name, tensor.to(is_scale ? at::kFloat : at::kHalf).contiguous());
  }
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  write_safetensors(path, stored);
  std::fprintf(stderr, "%s: %zu tensors\n", path.c_str(), stored.size());
}

void export_codec(const std::string& run, const std::string& out) {
  int64_t step = 0;
  const Named all = averages_of(
      run,
      [](const nlohmann::json& config, Parameters scope) {
        CodecModel(codec::CodecConfig::read(Config(config.at("codec"), "config.json")),
                   codec::LightEncoderConfig::read(Config(config.at("encoder"), "config.json")),
                   scope);
      },
      [](const nlohmann::json& config, const std::string& name) {
        return is_codec_buffer(name, codec_stage_from(config.value("stage", "both")));
      },
      step);
  Named decoder, encoder;
  for (const auto& [name, tensor] : all) {
    if (name.rfind("auxiliary.", 0) == 0) continue;  // served the training only
    (name.rfind("encoder.", 0) == 0 ? encoder : decoder).emplace_back(name, tensor);
  }
  write_half(out + "/HeartCodec-nano/model.safetensors", decoder, "");
  write_half(out + "/HeartCodec-nano-encoder/encoder.safetensors", encoder, "");
  std::fprintf(stderr, "codec after %lld steps\n", static_cast<long long>(step));
}

void export_lm(const std::string& run, const std::string& out) {
  int64_t step = 0;
  const Named all = averages_of(
      run,
      [](const nlohmann::json& config, Parameters scope) {
        HeartMula(HeartMulaConfig::from(Config(config.at("lm"), "config.json")), scope);
      },
      [](const nlohmann::json&, const std::string&) { return false; }, step);
  write_half(out + "/HeartMuLa-nano/model.safetensors", all, "");
  std::fprintf(stderr, "language model after %lld steps\n", static_cast<long long>(step));
}

}  // namespace

int export_checkpoint(Options& options) {
  const std::string codec_run = options.text("codec-run", "");
  const std::string lm_run = options.text("lm-run", "");
  const std::string out = options.needed_text("out");
  options.finish();
  if (codec_run.empty() && lm_run.empty()) {
    throw Error(Fault::kInput, "nothing to export: give --codec-run, --lm-run or both");
  }
  const c10::NoGradGuard no_grad;
  if (!codec_run.empty()) export_codec(codec_run, out);
  if (!lm_run.empty()) export_lm(lm_run, out);
  return 0;
}

}  // namespace heart::train
