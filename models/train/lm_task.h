// SPDX-License-Identifier: LGPL-2.1-or-later
//
// `heart-train lm`: HeartMuLa on the codes that a frozen codec makes of the training music, with tags and
// lyrics in front as repairs put them. What is shown to the network: a prompt, parts of which are dropped at
// random, and a stretch of frames that begins anywhere in a piece, so every length of history occurs.
// Source   teacher forcing; the depth decoder on a random share of the frames, as in CSM

#pragma once

#include "models/heartmula/heartmula.h"
#include "models/train/latent_store.h"
#include "models/train/train_loop.h"

#include <memory>
#include <string>
#include <vector>

namespace heart::train {

/// Tokenized tags and lyrics of one piece, without BOS and EOS.
struct PieceText {
  std::vector<int64_t> tags, lyrics;
};

struct LmTaskOptions {
  uint64_t seed = 1;
  at::Device device = at::kCPU;
  int workers = 1;
  bool is_bf16 = true;
  int64_t batch = 4;        // stretches per part
  int64_t frames = 176;     // of a stretch: 14 s
  int64_t lyrics_ids = 48;  // longer lyrics are cut
  double drop_tags = 0.2;
  double drop_lyrics = 0.4;
  double unconditional = 0.05;
  double depth_share = 0.25;  // of the frames go through the depth decoder
};

class LmTask : public TrainingTask {
 public:
  /// `codes`: rows of K codes per frame; `texts`: one per piece of it.
  LmTask(const HeartMulaConfig& config, const GenerationIds& ids, LatentStore codes,
         std::vector<PieceText> texts, const LmTaskOptions& options);

  ParameterBank& bank() override { return *bank_; }
  std::string config() const override { return config_text_; }
  /// Bits per code: codebook 0, the mean of the others.
  std::vector<std::string> metrics() const override { return {"loss", "bits_first", "bits_rest"}; }
  at::Tensor accumulate(int worker, int64_t step, int part, double share) override;

 private:
  struct Drawn {
    at::Tensor tokens, mask, muq, unconditional;  // as HeartMula::embed wants them
    std::vector<int64_t> prompt_lengths;          // [B]
  };
  Drawn draw(int64_t step, int part) const;

  LmTaskOptions options_;
  HeartMulaConfig config_;
  GenerationIds ids_;
  std::string config_text_;
  LatentStore codes_;
  std::vector<PieceText> texts_;
  std::unique_ptr<ParameterBank> bank_;
  std::vector<std::unique_ptr<HeartMula>> models_;
};

/// Sums of natural-log losses of one model on a store of codes; for validation.
struct LmLosses {
  double first = 0, rest = 0;  // nats per code
  int64_t frames = 0;
};

/// Mean loss of frames [skip, skip + count) after `history` frames, over every piece long enough.
/// `shuffle` gives each piece the text of another.
LmLosses validate_lm(const HeartMula& model, const GenerationIds& ids, const LatentStore& codes,
                     const std::vector<PieceText>& texts, int64_t history, int64_t count,
                     bool shuffle);

}  // namespace heart::train
