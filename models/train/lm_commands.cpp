// SPDX-License-Identifier: LGPL-2.1-or-later
//
// heart-train codes, lm and evaluate-lm: the language model's half of the training.

#include "models/base/error.h"
#include "models/checkpoint/config.h"
#include "models/checkpoint/layout.h"
#include "models/heartcodec/heartcodec.h"
#include "models/text/tokenizer.h"
#include "models/train/audio_folder.h"
#include "models/train/commands.h"
#include "models/train/latent_store.h"
#include "models/train/lm_task.h"

#include <cmath>
#include <cstdio>

namespace heart::train {
namespace {

std::vector<PieceText> read_texts(const std::string& audio_path, const LatentStore& codes,
                                  const Tokenizer& tokenizer) {
  std::vector<PieceText> texts;
  for (int64_t p = 0; p < codes.pieces(); ++p) {
    const Config piece = Config::open(audio_path + "/" + codes.name(p) + ".json");
    texts.push_back({tokenizer.encode(tags_prompt(piece.string_or("tags", ""))),
                     tokenizer.encode(lyrics_prompt(piece.string_or("lyrics", "")))});
  }
  return texts;
}

GenerationIds read_ids(const std::string& checkpoint) {
  return GenerationIds::from(Config::open(checkpoint + "/gen_config.json"));
}

/// Entropy of the codes by themselves, bits per code: codebook 0, mean of the others.
std::pair<double, double> unigram_bits(const LatentStore& codes, int64_t codebook_size) {
  std::vector<double> bits;
  at::Tensor all = at::empty({0, codes.width()}, at::kLong);
  for (int64_t p = 0; p < codes.pieces(); ++p) all = at::cat({all, codes.piece(p).to(at::kLong)});
  for (int64_t k = 0; k < codes.width(); ++k) {
    const at::Tensor counts = at::bincount(all.select(1, k).contiguous(), {}, codebook_size);
    const at::Tensor share = counts.to(at::kDouble) / counts.sum().to(at::kDouble);
    bits.push_back(-(share * at::log2(share.clamp_min(1e-300))).sum().item<double>());
  }
  double rest = 0;
  for (size_t k = 1; k < bits.size(); ++k) rest += bits[k] / static_cast<double>(bits.size() - 1);
  return {bits[0], rest};
}

}  // namespace

int make_codes(Options& options) {
  const std::string audio_path = options.needed_text("audio");
  const std::string checkpoint = options.needed_text("checkpoint");
  const std::string out = options.needed_text("out");
  const int64_t limit = options.integer("limit", 0);
  options.finish();
  const at::NoGradGuard no_grad;
  // The language model may not exist yet, so the folders are named here and not looked for.
  const auto codec = codec::HeartCodec::load(checkpoint + "/HeartCodec-nano",
                                             checkpoint + "/HeartCodec-nano-encoder");
  const AudioFolder folder(audio_path);
  const int64_t pieces = limit > 0 ? std::min(limit, folder.pieces()) : folder.pieces();
  const auto rate = codec->config().sample_rate;
  std::vector<at::Tensor> rows;
  std::vector<int64_t> begins = {0};
  std::vector<std::string> names;
  for (int64_t i = 0; i < pieces; ++i) {
    const at::Tensor audio = folder.read(i, static_cast<int>(rate)).unsqueeze(0);
    rows.push_back(codec->encode_codes(audio, rate)[0].t().to(at::kShort));  // [T, K]
    begins.push_back(begins.back() + rows.back().size(0));
    names.push_back(folder.name(i));
  }
  const LatentStore store(at::cat(rows).contiguous(), begins, names);
  store.save(out);
  std::fprintf(stderr, "%lld frames of %lld pieces in %s\n", static_cast<long long>(store.total()),
               static_cast<long long>(store.pieces()), out.c_str());
  return 0;
}

int train_lm(Options& options) {
  const std::string checkpoint = options.needed_text("checkpoint");
  const std::string config_path = options.needed_text("config");
  const std::string audio_path = options.needed_text("audio");
  LatentStore codes = LatentStore::open(options.needed_text("data"));
  LoopOptions loop = read_loop_options(options);
  LmTaskOptions task_options;
  task_options.seed = loop.seed;
  task_options.device = read_device(options);
  task_options.workers = loop.workers;
  task_options.is_bf16 = loop.is_bf16;
  task_options.batch = options.integer("batch", task_options.batch);
  task_options.frames = options.integer("frames", task_options.frames);
  const std::string start = options.text("start", "");
  options.finish();
  const Tokenizer tokenizer(checkpoint + "/tokenizer.json");
  std::vector<PieceText> texts = read_texts(audio_path, codes, tokenizer);
  LmTask task(HeartMulaConfig::from(Config::open(config_path)), read_ids(checkpoint),
              std::move(codes), std::move(texts), task_options);
  std::fprintf(stderr, "%.2f M parameters\n", task.bank().size() * 1e-6);
  if (!start.empty()) {
    const int taken = task.bank().load(TensorFiles::open(start + "/HeartMuLa-nano"));
    std::fprintf(stderr, "%d tensors start as in %s\n", taken, start.c_str());
  }
  run_training(task, loop);
  return 0;
}

int evaluate_lm(Options& options) {
  const std::string checkpoint = options.needed_text("checkpoint");
  const std::string audio_path = options.needed_text("audio");
  const LatentStore codes = LatentStore::open(options.needed_text("data"));
  options.finish();
  const Tokenizer tokenizer(checkpoint + "/tokenizer.json");
  const std::vector<PieceText> texts = read_texts(audio_path, codes, tokenizer);
  const std::string folder = CheckpointLayout::find(checkpoint).lm;
  CheckpointParameters parameters(TensorFiles::open(folder), {});
  const HeartMula model(HeartMulaConfig::from(Config::open(folder + "/config.json")),
                        Parameters(parameters));
  parameters.finish();
  const GenerationIds ids = read_ids(checkpoint);
  const auto [first, rest] = unigram_bits(codes, model.config().audio_vocab_size);
  std::printf("bits per code\tcodebook 0\tothers\n");
  std::printf("unigram\t%.3f\t%.3f\n", first, rest);
  constexpr int64_t kJudged = 25;
  const struct {
    const char* name;
    int64_t history;
    bool shuffle;
  } rows[] = {{"8 s of history", 100, false},
              {"1 s of history", 12, false},
              {"8 s, text of another piece", 100, true},
              {"1 s, text of another piece", 12, true}};
  for (const auto& row : rows) {
    const LmLosses losses =
        validate_lm(model, ids, codes, texts, row.history, kJudged, row.shuffle);
    std::printf("%s\t%.3f\t%.3f\t(%lld frames)\n", row.name, losses.first / std::log(2.0),
                losses.rest / std::log(2.0), static_cast<long long>(losses.frames));
  }
  return 0;
}

}  // namespace heart::train
