// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/train/lm_task.h"

#include "models/train/step_random.h"

#include <algorithm>
#include <cmath>

namespace heart::train {
namespace {

constexpr double kBitsPerNat = 1.4426950408889634;
// The loss weighs codebook 0 as much as two of the others: it carries pitch and rhythm.
constexpr double kFirstWeight = 2;

at::Tensor cross_entropy(const at::Tensor& logits, const at::Tensor& codes) {
  const at::Tensor flat = logits.reshape({-1, logits.size(-1)}).to(at::kFloat);
  return at::nll_loss(at::log_softmax(flat, 1), codes.reshape({-1}));
}

}  // namespace

LmTask::LmTask(const HeartMulaConfig& config, const GenerationIds& ids, LatentStore codes,
               std::vector<PieceText> texts, const LmTaskOptions& options)
    : options_(options),
      config_(config),
      ids_(ids),
      codes_(std::move(codes)),
      texts_(std::move(texts)) {
  config_text_ = nlohmann::json({{"lm", config.to_json()},
                                 {"workers", options.workers},
                                 {"batch", options.batch},
                                 {"frames", options.frames}})
                     .dump();
  SpecParameters specs;
  HeartMula(config_, Parameters(specs));
  ParameterBank::Options bank_options;
  bank_options.seed = options.seed;
  bank_options.device = options.device;
  bank_options.workers = options.workers;
  bank_options.is_buffer = [](const std::string&) { return false; };
  bank_ = std::make_unique<ParameterBank>(specs.specs(), bank_options);
  for (int i = 0; i < options.workers; ++i) {
    const auto source = bank_->source(i);
    models_.push_back(std::make_unique<HeartMula>(config_, Parameters(*source)));
  }
}

LmTask::Drawn LmTask::draw(int64_t step, int part) const {
  StepRandom random(options_.seed, step, static_cast<uint64_t>(part));
  const int64_t codebooks = config_.num_codebooks;
  Drawn drawn;
  std::vector<Prompt> prompts;
  std::vector<at::Tensor> stretches;  // [T, K] each
  int64_t longest = 0;
  for (int64_t b = 0; b < options_.batch; ++b) {
    const LatentStore::Place place = codes_.draw(options_.frames, 1, random);
    const PieceText& text = texts_[static_cast<size_t>(place.piece)];
    std::vector<int64_t> tags =
        random.chance(options_.drop_tags) ? std::vector<int64_t>() : text.tags;
    std::vector<int64_t> lyrics =
        random.chance(options_.drop_lyrics) ? std::vector<int64_t>() : text.lyrics;
    if (static_cast<int64_t>(lyrics.size()) > options_.lyrics_ids) {
      lyrics.resize(static_cast<size_t>(options_.lyrics_ids));
    }
    prompts.push_back(Prompt::from(tags, lyrics, ids_));
    stretches.push_back(
        codes_.piece(place.piece).narrow(0, place.begin, options_.frames).to(at::kLong));
    longest = std::max(longest, prompts.back().length());
    drawn.prompt_lengths.push_back(prompts.back().length());
  }
  const int64_t length = longest + options_.frames;
  drawn.tokens = at::zeros({options_.batch, length, codebooks + 1}, at::kLong);
  drawn.mask = at::zeros({options_.batch, length, codebooks + 1}, at::kBool);
  drawn.muq = at::zeros({options_.batch, length}, at::kBool);
  drawn.unconditional = at::zeros({options_.batch}, at::kBool);
  for (int64_t b = 0; b < options_.batch; ++b) {
    const Prompt& prompt = prompts[static_cast<size_t>(b)];
    const int64_t size = prompt.length();
    drawn.tokens[b]
        .select(1, codebooks)
        .narrow(0, 0, size)
        .copy_(at::tensor(prompt.ids, at::kLong));
    drawn.mask[b].select(1, codebooks).narrow(0, 0, size).fill_(true);
    if (prompt.muq_position >= 0) drawn.muq[b][prompt.muq_position].fill_(true);
    drawn.tokens[b]
        .narrow(0, size, options_.frames)
        .narrow(1, 0, codebooks)
        .copy_(stretches[static_cast<size_t>(b)]);
    drawn.mask[b].narrow(0, size, options_.frames).narrow(1, 0, codebooks).fill_(true);
    if (random.chance(options_.unconditional)) drawn.unconditional[b].fill_(true);
  }
  return drawn;
}

at::Tensor LmTask::accumulate(int worker, int64_t step, int part, double share) {
  const Drawn drawn = draw(step, part);
  const HeartMula& model = *models_[static_cast<size_t>(worker)];
  const int64_t codebooks = config_.num_codebooks;
  StepRandom random(options_.seed, step, 1000 + static_cast<uint64_t>(part));
  at::Tensor first, rest;
  {
    MixedPrecision mixed(options_.device, options_.is_bf16);
    const at::Tensor hidden = model.hidden(model.embed(
        drawn.tokens.to(options_.device), drawn.mask.to(options_.device),
        drawn.muq.to(options_.device), drawn.unconditional.to(options_.device)));  // [B, T, D]
    std::vector<at::Tensor> states, codes;
    for (int64_t b = 0; b < options_.batch; ++b) {
      const int64_t begin = drawn.prompt_lengths[static_cast<size_t>(b)];
      // The state before each frame; the first is the prompt's last.
      states.push_back(hidden[b].narrow(0, begin - 1, options_.frames));
      codes.push_back(drawn.tokens[b].narrow(0, begin, options_.frames).narrow(1, 0, codebooks));
    }
    const at::Tensor all_states = at::cat(states);                    // [M, D]
    const at::Tensor all_codes = at::cat(codes).to(options_.device);  // [M, K]
    first = cross_entropy(model.first_logits(all_states), all_codes.select(1, 0));
    const at::Tensor chosen =
        (at::rand({all_codes.size(0)}, random.tensors(), at::kFloat) < options_.depth_share)
            .nonzero()
            .squeeze(1)
            .to(options_.device);
    const at::Tensor some_codes = all_codes.index_select(0, chosen);
    rest = cross_entropy(model.depth_logits(all_states.index_select(0, chosen), some_codes),
                         some_codes.narrow(1, 1, codebooks - 1));
  }
  const double others = static_cast<double>(codebooks - 1);
  const at::Tensor loss = (kFirstWeight * first + others * rest) / (kFirstWeight + others);
  (loss * share).backward();
  return at::stack({loss.detach(), first.detach() * kBitsPerNat, rest.detach() * kBitsPerNat});
}

LmLosses validate_lm(const HeartMula& model, const GenerationIds& ids, const LatentStore& codes,
                     const std::vector<PieceText>& texts, int64_t history, int64_t count,
                     bool shuffle) {
  const at::NoGradGuard no_grad;
  LmLosses losses;
  // The same frames are judged whatever the history: they begin 8 s into the piece.
  constexpr int64_t kBegin = 100;
  for (int64_t p = 0; p < codes.pieces(); ++p) {
    if (codes.length(p) < kBegin + count || history > kBegin) continue;
    const PieceText& text =
        texts[static_cast<size_t>(shuffle ? (p + codes.pieces() / 2) % codes.pieces() : p)];
    const Context prompt = model.read_prompt(Prompt::from(text.tags, text.lyrics, ids), false);
    const at::Tensor all = codes.piece(p).to(at::kLong).t().contiguous();  // [K, T]
    const Context context = model.read_frames(prompt, all.narrow(1, kBegin - history, history));
    const at::Tensor none = at::empty({1, all.size(0), 0}, at::kLong);
    const at::Tensor logp = model.score(context, none, all.narrow(1, kBegin, count))[0];  // [R, K]
    losses.first -= logp.select(1, 0).sum().item<double>();
    losses.rest -= logp.narrow(1, 1, all.size(0) - 1).mean(1).sum().item<double>();
    losses.frames += count;
  }
  if (losses.frames > 0) {
    losses.first /= static_cast<double>(losses.frames);
    losses.rest /= static_cast<double>(losses.frames);
  }
  return losses;
}

}  // namespace heart::train
