// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/train/codec_task.h"

#include "models/base/error.h"
#include "models/checkpoint/config.h"
#include "models/train/process.h"

#include <c10/core/GradMode.h>

#include <cstdio>

namespace heart::train {
namespace {

// Streams of StepRandom. Parts count up from 0.
constexpr uint64_t kStartStream = 1u << 20;
constexpr uint64_t kCodebookStream = (1u << 20) + 1;
constexpr uint64_t kLengthStream = (1u << 20) + 2;
constexpr int64_t kStartFrames = 12288;  // vectors of the k-means start, 24 per entry of 512

}  // namespace

bool is_codec_buffer(const std::string& name, CodecStage stage) {
  const auto begins = [&](const char* prefix) { return name.rfind(prefix, 0) == 0; };
  if (name.find("._codebook.") != std::string::npos || begins("transform_model.")) return true;
  const bool makes_codes =
      begins("encoder.") || begins("auxiliary.") || begins("flow_matching.vq_embed.project_in.");
  if (stage == CodecStage::kCodes) return !makes_codes;
  return stage == CodecStage::kFlow && makes_codes;
}

CodecStage codec_stage_from(const std::string& name) {
  for (const CodecStage stage : {CodecStage::kBoth, CodecStage::kCodes, CodecStage::kFlow}) {
    if (name == name_of(stage)) return stage;
  }
  throw Error(Fault::kInput, "stage is \"" + name + "\", known: both, codes, flow");
}

std::string name_of(CodecStage stage) {
  return stage == CodecStage::kCodes ? "codes" : stage == CodecStage::kFlow ? "flow" : "both";
}

CodecTask::CodecTask(const std::string& config_json, const std::string& encoder_json,
                     LatentStore data, at::Tensor mean, at::Tensor std,
                     const CodecTaskOptions& options)
    : options_(options),
      config_(codec::CodecConfig::read(Config(nlohmann::json::parse(config_json), "config.json"))),
      encoder_config_(codec::LightEncoderConfig::read(
          Config(nlohmann::json::parse(encoder_json), "encoder config.json"))),
      data_(std::move(data)) {
  nlohmann::json text = {{"codec", nlohmann::json::parse(config_json)},
                         {"encoder", nlohmann::json::parse(encoder_json)},
                         {"stage", name_of(options.stage)},
                         {"workers", options.workers},
                         {"batch", options.batch},
                         {"crops", options.crop_latents}};
  config_text_ = text.dump();
  SpecParameters specs;
  CodecModel(config_, encoder_config_, Parameters(specs));
  ParameterBank::Options bank_options;
  bank_options.seed = options.seed;
  bank_options.device = options.device;
  bank_options.workers = options.workers;
  bank_options.is_buffer = [stage = options.stage](const std::string& name) {
    return is_codec_buffer(name, stage);
  };
  bank_ = std::make_unique<ParameterBank>(specs.specs(), bank_options);
  bank_->buffer("transform_model.mean").copy_(mean);
  bank_->buffer("transform_model.std").copy_(std);
  for (int i = 0; i < options.workers; ++i) {
    const auto source = bank_->source(i);
    models_.push_back(std::make_unique<CodecModel>(config_, encoder_config_, Parameters(*source)));
  }
  codebooks_ = std::make_unique<CodebookTrainer>(models_[0]->rvq(), options.codebooks);
}

std::vector<std::string> CodecTask::metrics() const {
  return {"loss", "flow", "auxiliary", "envelope", "commitment"};
}

std::vector<std::string> CodecTask::gauges() const {
  return {"use_least", "use_mean", "moved"};
}

std::vector<double> CodecTask::read_gauges() {
  const at::Tensor use = codebooks_->use();
  const double moved = static_cast<double>(moved_);
  moved_ = 0;
  return {use.min().item<double>(), use.mean().item<double>(), moved};
}

void CodecTask::before_step(int64_t step) {
  if (codebooks_->is_started() || options_.stage == CodecStage::kFlow) return;
  c10::NoGradGuard no_grad;
  StepRandom random(options_.seed, step, kStartStream);
  std::vector<at::Tensor> vectors;
  for (int64_t frames = 0; frames < kStartFrames;) {
    const at::Tensor latents =
        data_.crops(8, options_.crop_latents.front(), 2, random).to(options_.device);
    vectors.push_back(models_[0]->projected(latents).flatten(0, 1));  // [N, C]
    frames += vectors.back().size(0);
  }
  codebooks_->start(at::cat(vectors), random);
}

CodecPart CodecTask::draw(int64_t step, int part) const {
  // All parts of a step share a length, so that no worker waits for another.
  StepRandom shared(options_.seed, step, kLengthStream);
  const size_t which =
      static_cast<size_t>(shared.between(0, static_cast<int64_t>(options_.crop_latents.size())));
  const int64_t length = options_.crop_latents[which];
  const int64_t longest = options_.crop_latents.back();
  const int64_t batch = std::max<int64_t>(1, options_.batch * longest / length);

  StepRandom random(options_.seed, step, static_cast<uint64_t>(part));
  CodecPart drawn;
  drawn.latents = data_.crops(batch, length, 2, random);  // [B, L, Z]
  drawn.mask = draw_masks(batch, length, options_.masks, random);
  drawn.noise = random.normal(drawn.latents.sizes());
  drawn.time = at::sigmoid(random.normal({batch}));
  drawn.has_mu =
      (at::rand({batch}, random.tensors(), at::kFloat) >= options_.drop_mu).to(at::kFloat);
  for (at::Tensor* tensor :
       {&drawn.latents, &drawn.mask, &drawn.noise, &drawn.time, &drawn.has_mu}) {
    *tensor = tensor->to(options_.device);
  }
  return drawn;
}

at::Tensor CodecTask::accumulate(int worker, int64_t step, int part, double share) {
  const CodecPart drawn = draw(step, part);
  CodecLoss loss;
  {
    MixedPrecision mixed(options_.device, options_.is_bf16);
    loss = models_[static_cast<size_t>(worker)]->loss(drawn, options_.weights, options_.stage);
  }
  (loss.total * share).backward();
  {
    std::lock_guard<std::mutex> held(mutex_);
    quantized_[part] = loss.quantized;
  }
  return at::stack(
      {loss.total.detach(), loss.flow, loss.auxiliary, loss.envelope, loss.commitment});
}

void CodecTask::after_step(int64_t step) {
  if (options_.stage == CodecStage::kFlow) {
    quantized_.clear();
    return;
  }
  std::vector<at::Tensor> codes, residuals;
  for (const auto& part : quantized_) {
    codes.push_back(part.second.codes);
    residuals.push_back(part.second.residuals);
  }
  quantized_.clear();
  codec::Quantized all;
  all.codes = at::cat(codes, 1);          // [K, N]
  all.residuals = at::cat(residuals, 1);  // [K, N, C]
  StepRandom random(options_.seed, step, kCodebookStream);
  moved_ += codebooks_->update(all, random);
}

}  // namespace heart::train
