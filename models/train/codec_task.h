// SPDX-License-Identifier: LGPL-2.1-or-later
//
// `heart-train codec`: light encoder, RVQ and flow decoder trained together on stored latents.

#pragma once

#include "models/train/codebook_trainer.h"
#include "models/train/codec_model.h"
#include "models/train/context_masks.h"
#include "models/train/latent_store.h"
#include "models/train/train_loop.h"

#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace heart::train {

struct CodecTaskOptions {
  uint64_t seed = 1;
  at::Device device = at::kCPU;
  int workers = 1;
  bool is_bf16 = true;
  CodecStage stage = CodecStage::kBoth;
  int64_t batch = 4;                                   // crops per part
  std::vector<int64_t> crop_latents = {96, 192, 256};  // drawn per step; fewer crops of longer ones
  double drop_mu = 0.12;
  CodecWeights weights;
  MaskShares masks;
  CodebookTrainer::Options codebooks;
};

class CodecTask : public TrainingTask {
 public:
  /// `mean` and `std` [Z] are the autoencoder's statistics, by which `data` was normalised.
  CodecTask(const std::string& config_json, const std::string& encoder_json, LatentStore data,
            at::Tensor mean, at::Tensor std, const CodecTaskOptions& options);

  ParameterBank& bank() override { return *bank_; }
  std::string config() const override { return config_text_; }
  std::vector<std::string> metrics() const override;
  std::vector<std::string> gauges() const override;
  std::vector<double> read_gauges() override;
  void before_step(int64_t step) override;
  at::Tensor accumulate(int worker, int64_t step, int part, double share) override;
  void after_step(int64_t step) override;
  std::map<std::string, at::Tensor> state() const override { return codebooks_->state(); }
  void restore(const std::map<std::string, at::Tensor>& state) override {
    codebooks_->restore(state);
  }

  const CodecModel& model(int worker) const { return *models_[static_cast<size_t>(worker)]; }

 private:
  CodecPart draw(int64_t step, int part) const;

  CodecTaskOptions options_;
  std::string config_text_;
  codec::CodecConfig config_;
  codec::LightEncoderConfig encoder_config_;
  LatentStore data_;
  std::unique_ptr<ParameterBank> bank_;
  std::vector<std::unique_ptr<CodecModel>> models_;
  std::unique_ptr<CodebookTrainer> codebooks_;
  std::mutex mutex_;                           // over the step's parts below
  std::map<int, codec::Quantized> quantized_;  // by part, so that their order is fixed
  int64_t moved_ = 0;
};

/// Tensors of the codec that a stage does not train by gradient.
bool is_codec_buffer(const std::string& name, CodecStage stage);

/// "both", "codes" or "flow", and back.
/// Errors   Error{kInput}: another word
CodecStage codec_stage_from(const std::string& name);
std::string name_of(CodecStage stage);

}  // namespace heart::train
