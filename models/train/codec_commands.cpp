// SPDX-License-Identifier: LGPL-2.1-or-later
//
// heart-train latents and heart-train codec.

#include "models/base/error.h"
#include "models/checkpoint/config.h"
#include "models/heartcodec/transform_autoencoder.h"
#include "models/train/audio_folder.h"
#include "models/train/codec_task.h"
#include "models/train/commands.h"
#include "models/train/latent_store.h"

#include <c10/core/GradMode.h>

#include <cstdio>
#include <filesystem>

namespace heart::train {
namespace {

// An autoencoder whose statistics are still zeros and ones, or those of a file.
struct Transform {
  Transform(const std::string& config_path, const std::string& statistics_path)
      : config(codec::CodecConfig::read(Config::open(config_path))) {
    FreshParameters::Options options;
    options.requires_grad = false;
    FreshParameters source(options);
    if (!statistics_path.empty()) source.start_from(TensorFiles::open(statistics_path));
    autoencoder = std::make_unique<codec::TransformAutoencoder>(
        config, Parameters(source)["transform_model"]);
  }
  codec::CodecConfig config;
  std::unique_ptr<codec::TransformAutoencoder> autoencoder;
};

}  // namespace

// Statistics once over the training audio, then the latents of any folder by those.
int make_latents(Options& options) {
  const std::string audio_path = options.needed_text("audio");
  const std::string config_path = options.needed_text("config");
  const std::string statistics_path = options.needed_text("statistics");
  const std::string out = options.needed_text("out");
  const int64_t limit = options.integer("limit", 0);
  options.finish();
  const c10::NoGradGuard no_grad;

  const AudioFolder folder(audio_path);
  const int64_t pieces = limit > 0 ? std::min(limit, folder.pieces()) : folder.pieces();
  if (!std::filesystem::exists(statistics_path)) {
    Transform plain(config_path, "");
    codec::TransformStatistics statistics(*plain.autoencoder);
    const int rate = static_cast<int>(plain.config.sample_rate);
    for (int64_t i = 0; i < pieces; ++i) statistics.add(folder.read(i, rate).unsqueeze(0));
    write_safetensors(statistics_path, {{"transform_model.mean", statistics.mean()},
                                        {"transform_model.std", statistics.std()}});
    std::fprintf(stderr, "statistics of %lld latents in %s\n",
                 static_cast<long long>(statistics.count()), statistics_path.c_str());
  }
  Transform normal(config_path, statistics_path);
  const int rate = static_cast<int>(normal.config.sample_rate);
  std::vector<at::Tensor> rows;
  std::vector<int64_t> begins = {0};
  std::vector<std::string> names;
  for (int64_t i = 0; i < pieces; ++i) {
    const at::Tensor latents =
        normal.autoencoder->encode(folder.read(i, rate).unsqueeze(0)).squeeze(0);  // [L, Z]
    // Whole frames only, so that pieces start on the grid of codes.
    const int64_t whole = latents.size(0) / 2 * 2;
    rows.push_back(latents.slice(0, 0, whole).to(at::kHalf));
    begins.push_back(begins.back() + whole);
    names.push_back(folder.name(i));
  }
  const LatentStore store(at::cat(rows), begins, names);
  store.save(out);
  std::fprintf(stderr, "%lld latents (%.2f h) of %lld pieces in %s\n",
               static_cast<long long>(store.total()), store.total() * 0.04 / 3600,
               static_cast<long long>(store.pieces()), out.c_str());
  return 0;
}

LoopOptions read_loop_options(Options& options) {
  LoopOptions loop;
  loop.run_dir = options.needed_text("run");
  loop.seed = static_cast<uint64_t>(options.integer("seed", 1));
  loop.steps = options.integer("steps", loop.steps);
  loop.workers = static_cast<int>(options.integer("workers", 2));
  loop.accumulate = static_cast<int>(options.integer("accumulate", 1));
  loop.is_bf16 = options.integer("bf16", 1) != 0;
  loop.schedule.peak = options.number("rate", 1e-3);
  loop.schedule.warmup_steps = options.integer("warmup", 100);
  loop.schedule.floor_share = options.number("floor", 0.05);
  loop.adamw.weight_decay = options.number("weight-decay", 0.01);
  loop.adamw.beta2 = options.number("beta2", 0.99);
  loop.average_decay = options.number("ema", 0.998);
  loop.report_every = options.integer("report-every", 50);
  loop.save_every = options.integer("save-every", 250);
  loop.max_seconds = options.number("max-seconds", 0);
  return loop;
}

at::Device read_device(Options& options) {
  return at::Device(options.text("device", "cpu"));
}

int train_codec(Options& options) {
  const std::string config = read_json(options.needed_text("config")).dump();
  const std::string encoder = read_json(options.needed_text("encoder-config")).dump();
  const std::string statistics_path = options.needed_text("statistics");
  const std::string data_path = options.needed_text("data");
  LoopOptions loop = read_loop_options(options);
  CodecTaskOptions task_options;
  task_options.seed = loop.seed;
  task_options.device = read_device(options);
  task_options.workers = loop.workers;
  task_options.is_bf16 = loop.is_bf16;
  task_options.stage = codec_stage_from(options.text("stage", "both"));
  const std::string start = options.text("start", "");
  task_options.batch = options.integer("batch", task_options.batch);
  task_options.crop_latents = options.integers("crops", task_options.crop_latents);
  task_options.drop_mu = options.number("drop-mu", task_options.drop_mu);
  task_options.codebooks.decay = options.number("codebook-decay", 0.97);
  options.finish();
  if (task_options.stage == CodecStage::kFlow && start.empty()) {
    throw Error(Fault::kInput,
                "--stage flow needs --start, a checkpoint exported from --stage codes");
  }
  const auto statistics = SafetensorsFile::open(statistics_path);
  CodecTask task(config, encoder, LatentStore::open(data_path),
                 statistics->tensor("transform_model.mean"),
                 statistics->tensor("transform_model.std"), task_options);
  std::fprintf(stderr, "%.2f M parameters\n", task.bank().size() * 1e-6);
  if (!start.empty()) {
    int taken = 0;
    for (const char* part : {"/HeartCodec-nano", "/HeartCodec-nano-encoder"}) {
      taken += task.bank().load(TensorFiles::open(start + part));
    }
    std::fprintf(stderr, "%d tensors start as in %s\n", taken, start.c_str());
  }
  run_training(task, loop);
  return 0;
}

}  // namespace heart::train
