// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/heartmula/heartmula.h"

#include "models/base/error.h"
#include "models/checkpoint/safetensors.h"

#include <algorithm>
#include <random>

namespace heart {
namespace {

// Positions read at once: bounds the attention scores (heads · block · length numbers) of a long history,
// and the time until a cancel is noticed.
constexpr int64_t kReadBlock = 512;
// Frames scored at once by the depth decoder: bounds their logits (K · V numbers each).
constexpr int64_t kScoreBlock = 64;

/// Random streams of different candidates must not be shifts of each other.
std::mt19937_64 stream_of(uint64_t seed, int64_t candidate) {
  std::seed_seq mixed{static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32),
                      static_cast<uint32_t>(candidate)};
  return std::mt19937_64(mixed);
}

}  // namespace

HeartMula::HeartMula(const HeartMulaConfig& config, const Parameters& params)
    : config_(config),
      embeddings_(config, params),
      backbone_(config.backbone, config.backbone.max_seq_len, params["backbone"]),
      codebook0_head_(params.get("codebook0_head.weight",
                                 {config.audio_vocab_size, config.backbone.embed_dim},
                                 Init::normal(0.02))),
      depth_(config, params) {}

void HeartMula::check_codes(const at::Tensor& codes, const char* what) const {
  if (codes.numel() == 0) return;
  const at::Tensor low = codes.min(), high = codes.max();
  if (low.item<int64_t>() < 0 || high.item<int64_t>() >= config_.audio_vocab_size) {
    throw Error(Fault::kInput,
                std::string(what) + " codes from " + std::to_string(low.item<int64_t>()) + " to " +
                    std::to_string(high.item<int64_t>()) + ", the model knows 0 to " +
                    std::to_string(config_.audio_vocab_size - 1) + "; codes of another codec?");
  }
}

HeartMula::Positions HeartMula::prompt_positions(const Prompt& prompt) const {
  const int64_t count = prompt.length();
  Positions p;
  p.tokens = at::zeros({1, count, codebooks() + 1}, at::kLong);
  p.mask = at::zeros({1, count, codebooks() + 1}, at::kBool);
  p.muq = at::zeros({1, count}, at::kBool);
  for (int64_t i = 0; i < count; ++i) {
    if (prompt.ids[i] < 0 || prompt.ids[i] >= config_.text_vocab_size) {
      throw Error(Fault::kInput, "text id " + std::to_string(prompt.ids[i]) +
                                     " is outside the model's vocabulary of " +
                                     std::to_string(config_.text_vocab_size) +
                                     "; is tokenizer.json of another model?");
    }
  }
  p.tokens.select(2, codebooks())
      .copy_(at::tensor(at::ArrayRef<int64_t>(prompt.ids), at::kLong).unsqueeze(0));
  p.mask.select(2, codebooks()).fill_(true);
  if (prompt.muq_position >= 0) p.muq.select(1, prompt.muq_position).fill_(true);
  return p;
}

Context HeartMula::read(const Context* before, const at::Tensor& embedded, bool is_guided,
                        int64_t spare_positions, const Cancel& cancel) const {
  const int64_t count = embedded.size(1);
  const int64_t batch = embedded.size(0);
  auto cache = std::make_shared<KvCache>(
      before ? before->cache->copy(before->length() + count + spare_positions)
             : backbone_.make_cache(batch, count + spare_positions));
  Context after;
  after.is_guided = is_guided;
  if (before) after.hidden = before->hidden;
  for (int64_t begin = 0; begin < count; begin += kReadBlock) {
    cancel.check();
    const at::Tensor block = embedded.narrow(1, begin, std::min(kReadBlock, count - begin));
    after.hidden = backbone_.forward(block, cache.get()).select(1, -1);  // [B, D]
  }
  after.cache = cache;
  return after;
}

Context HeartMula::read_prompt(const Prompt& prompt, bool is_guided, const Cancel& cancel) const {
  if (prompt.ids.empty()) throw Error(Fault::kInternal, "an empty prompt");
  Positions p = prompt_positions(prompt);
  const at::Device device = codebook0_head_.device();
  at::Tensor unconditional;
  if (is_guided) {
    p.tokens = p.tokens.expand({2, -1, -1});
    p.mask = p.mask.expand({2, -1, -1});
    p.muq = p.muq.expand({2, -1});
    unconditional = at::arange(2, at::kLong).to(at::kBool).to(device);  // row 1
  }
  const at::Tensor embedded = embeddings_.positions(p.tokens.to(device), p.mask.to(device),
                                                    p.muq.to(device), unconditional);  // [B, S, D]
  return read(nullptr, embedded, is_guided, 0, cancel);
}

Context HeartMula::read_frames(const Context& context, const at::Tensor& codes,
                               const Cancel& cancel) const {
  if (codes.dim() != 2 || codes.size(0) != codebooks()) {
    throw Error(Fault::kInput, "history codes are " + shape_text(codes.sizes()) + ", wanted [" +
                                   std::to_string(codebooks()) + ", T]");
  }
  if (codes.size(1) == 0) return context;
  check_codes(codes, "history has");
  const at::Tensor embedded =
      embeddings_.frames(codes.to(codebook0_head_.device(), at::kLong).unsqueeze(0))
          .expand({context.cache->batch(), -1, -1});  // [B, T, D]
  return read(&context, embedded, context.is_guided, 0, cancel);
}

Continuation HeartMula::generate(const Context& context, const GenerationOptions& options,
                                 const Cancel& cancel, const Progress& progress) const {
  const bool is_guided = options.cfg_scale > 1;
  if (is_guided && !context.is_guided) {
    throw Error(Fault::kInput, "cfg_scale above 1 needs a prompt that was read with guidance");
  }
  if (options.noise.defined() && options.candidates * context.rows() != 1) {
    throw Error(Fault::kInput, "given noise fits one candidate only");
  }
  const int64_t halves = is_guided ? 2 : 1;
  const int64_t count = context.rows() * options.candidates;  // N
  const int64_t books = codebooks(), vocabulary = config_.audio_vocab_size;
  const at::Device device = codebook0_head_.device();

  // A guided context serves an unguided run by its conditional half.
  KvCache source = *context.cache;
  at::Tensor hidden = context.hidden;
  if (context.is_guided && !is_guided) {
    source = source.first_rows(context.rows());
    hidden = hidden.narrow(0, 0, context.rows());
  }
  auto cache = std::make_shared<KvCache>(
      source.copy(context.length() + std::max<int64_t>(options.frames - 1, 0), options.candidates));
  hidden = hidden.repeat_interleave(options.candidates, 0);  // [halves · N, D]

  std::vector<std::mt19937_64> streams;
  for (int64_t i = 0; i < count; ++i) streams.push_back(stream_of(options.seed, i));
  const at::Tensor noise =
      options.noise.defined() ? options.noise.to(at::kCPU, at::kFloat).contiguous() : at::Tensor();

  Continuation result;
  result.lengths.assign(count, options.frames);
  result.codes = at::zeros({count, books, options.frames}, at::kLong);
  auto codes = result.codes.accessor<int64_t, 3>();
  std::vector<bool> has_ended(count, false);
  int64_t running = count;
  DepthDecoder::Steps depth(depth_, embeddings_, halves * count);

  for (int64_t frame = 0; frame < options.frames; ++frame) {
    cancel.check();
    if (progress) progress(static_cast<double>(frame) / options.frames, "frames");
    std::vector<at::Tensor> traced;
    at::Tensor drawn = at::empty({count, books}, at::kLong);  // this frame's codes
    auto frame_codes = drawn.accessor<int64_t, 2>();
    at::Tensor step_codes;  // [halves · N] the codes drawn last, on the device
    for (int64_t k = 0; k < books; ++k) {
      at::Tensor logits = k == 0   ? first_logits(hidden)
                          : k == 1 ? depth.begin(hidden, step_codes)
                                   : depth.next(k - 1, step_codes);  // [halves · N, V]
      logits = logits.to(at::kFloat);
      if (is_guided) {
        const at::Tensor cond = logits.narrow(0, 0, count);
        const at::Tensor uncond = logits.narrow(0, count, count);
        if (options.trace && k == 0) {
          options.trace->first_cond.push_back(cond.to(at::kCPU));
          options.trace->first_uncond.push_back(uncond.to(at::kCPU));
        }
        logits = uncond + options.cfg_scale * (cond - uncond);  // [N, V]
      }
      logits = logits.to(at::kCPU).contiguous();
      if (options.trace) traced.push_back(logits);
      const float* rows = logits.data_ptr<float>();
      for (int64_t n = 0; n < count; ++n) {
        const float* row = rows + n * vocabulary;
        const Draw one =
            noise.defined()
                ? draw_with_noise(row, vocabulary, options.rule,
                                  noise.data_ptr<float>() + (frame * books + k) * vocabulary)
                : draw(row, vocabulary, options.rule, streams[n]);
        frame_codes[n][k] = one.index;
      }
      if (k + 1 < books) {
        step_codes = drawn.select(1, k).repeat({halves}).to(device);
      }
    }
    if (options.trace) {
      options.trace->hidden.push_back(hidden.narrow(0, 0, count).to(at::kCPU));
      if (is_guided) {
        options.trace->hidden_uncond.push_back(hidden.narrow(0, count, count).to(at::kCPU));
      }
      options.trace->logits.push_back(at::stack(traced, 1));
    }
    for (int64_t n = 0; n < count; ++n) {
      if (has_ended[n]) continue;
      bool is_end = false;
      for (int64_t k = 0; k < books; ++k) {
        is_end = is_end || (options.stop_code > 0 && frame_codes[n][k] >= options.stop_code);
      }
      if (is_end) {
        has_ended[n] = true;
        result.lengths[n] = frame;
        --running;
        continue;
      }
      for (int64_t k = 0; k < books; ++k) codes[n][k][frame] = frame_codes[n][k];
    }
    if (running == 0) break;
    if (frame + 1 == options.frames) break;
    const at::Tensor embedded =
        embeddings_.frames(drawn.unsqueeze(2).to(device)).repeat({halves, 1, 1});
    hidden = backbone_.forward(embedded, cache.get()).select(1, 0);  // [halves · N, D]
  }
  const int64_t longest =
      result.lengths.empty() ? 0 : *std::max_element(result.lengths.begin(), result.lengths.end());
  result.codes = result.codes.narrow(2, 0, longest);
  result.unread = longest - (cache->length() - context.length());
  result.context = Context{cache, hidden, is_guided};
  if (progress) progress(1.0, "frames");
  return result;
}

at::Tensor HeartMula::score_read(KvCache cache, const at::Tensor& hidden, const at::Tensor& unread,
                                 const at::Tensor& right, const Cancel& cancel) const {
  // hidden [N, D] predicts the first frame of unread ‖ right; unread is [N, K, T].
  const int64_t count = hidden.size(0), books = codebooks();
  const int64_t skipped = unread.size(2), scored = right.size(1);
  const at::Device device = codebook0_head_.device();
  const at::Tensor known =
      at::cat({unread.to(device, at::kLong),
               right.to(device, at::kLong).unsqueeze(0).expand({count, -1, -1})},
              2);  // [N, K, T + R]
  // The last right frame is only predicted, never read.
  const at::Tensor embedded =
      embeddings_.frames(known.narrow(2, 0, skipped + scored - 1));  // [N, T + R − 1, D]
  std::vector<at::Tensor> states = {hidden.unsqueeze(1)};
  for (int64_t begin = 0; begin < embedded.size(1); begin += kReadBlock) {
    cancel.check();
    const int64_t size = std::min(kReadBlock, embedded.size(1) - begin);
    states.push_back(backbone_.forward(embedded.narrow(1, begin, size), &cache));
  }
  const at::Tensor before = at::cat(states, 1)
                                .narrow(1, skipped, scored)
                                .reshape({count * scored, hidden.size(1)});  // [N·R, D]
  const at::Tensor codes = known.narrow(2, skipped, scored)
                               .transpose(1, 2)
                               .reshape({count * scored, books});  // [N·R, K]
  std::vector<at::Tensor> parts;
  for (int64_t begin = 0; begin < count * scored; begin += kScoreBlock) {
    cancel.check();
    const int64_t size = std::min(kScoreBlock, count * scored - begin);
    const at::Tensor state = before.narrow(0, begin, size);
    const at::Tensor code = codes.narrow(0, begin, size);
    at::Tensor logits = first_logits(state).unsqueeze(1);                     // [M, 1, V]
    if (books > 1) logits = at::cat({logits, depth_logits(state, code)}, 1);  // [M, K, V]
    const at::Tensor logp = at::log_softmax(logits, -1, at::kFloat);
    parts.push_back(logp.gather(-1, code.unsqueeze(-1)).squeeze(-1).to(at::kCPU));  // [M, K]
  }
  return at::cat(parts).view({count, scored, books});
}

at::Tensor HeartMula::score(const Context& context, const at::Tensor& gap, const at::Tensor& right,
                            const Cancel& cancel) const {
  if (gap.dim() != 3 || right.dim() != 2 || gap.size(1) != codebooks() ||
      right.size(0) != codebooks() || context.rows() != 1) {
    throw Error(Fault::kInput, "score: gap " + shape_text(gap.sizes()) + " and right " +
                                   shape_text(right.sizes()) +
                                   " codes, wanted [N, K, T] and [K, R]");
  }
  check_codes(gap, "gap has");
  check_codes(right, "right context has");
  if (right.size(1) == 0) return at::zeros({gap.size(0), 0, codebooks()}, at::kFloat);
  const KvCache conditional = context.cache->first_rows(1);
  return score_read(
      conditional.copy(context.length() + gap.size(2) + right.size(1) - 1, gap.size(0)),
      context.hidden.narrow(0, 0, 1).expand({gap.size(0), -1}), gap, right, cancel);
}

at::Tensor HeartMula::score(const Continuation& continuation, const at::Tensor& right,
                            const Cancel& cancel) const {
  const Context& context = continuation.context;
  const int64_t count = context.rows(), frames = continuation.codes.size(2);
  for (int64_t length : continuation.lengths) {
    if (length != frames)
      throw Error(Fault::kInternal, "score: a candidate ended before the others");
  }
  if (right.dim() != 2 || right.size(0) != codebooks()) {
    throw Error(Fault::kInput, "score: right codes are " + shape_text(right.sizes()) +
                                   ", wanted [" + std::to_string(codebooks()) + ", R]");
  }
  check_codes(right, "right context has");
  if (right.size(1) == 0) return at::zeros({count, 0, codebooks()}, at::kFloat);
  // `hidden` is the state that the first unread frame was drawn from.
  const int64_t unread = continuation.unread;
  return score_read(
      context.cache->first_rows(count).copy(context.length() + unread + right.size(1) - 1),
      context.hidden.narrow(0, 0, count), continuation.codes.narrow(2, frames - unread, unread),
      right, cancel);
}

HeartMula::TrainingLogits HeartMula::training_logits(const at::Tensor& tokens,
                                                     const at::Tensor& mask, const at::Tensor& muq,
                                                     const at::Tensor& unconditional,
                                                     const at::Tensor& where) const {
  const at::Tensor states = hidden(embed(tokens, mask, muq, unconditional));  // [B, T, D]
  const at::Tensor chosen = states.flatten(0, 1).index_select(0, where);      // [M, D]
  const at::Tensor codes =
      tokens.flatten(0, 1).index_select(0, where + 1).narrow(1, 0, codebooks());  // [M, K]
  return {first_logits(chosen), depth_logits(chosen, codes)};
}

}  // namespace heart
