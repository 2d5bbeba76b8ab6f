// SPDX-License-Identifier: LGPL-2.1-or-later
//
// HeartMuLa, the music language model: prompt and frames of codes in, codes that continue them out, or the
// probability of codes that are known. Start reading here.
// Source   arXiv 2601.10547

#pragma once

#include "models/base/job.h"
#include "models/checkpoint/parameters.h"
#include "models/heartmula/depth_decoder.h"
#include "models/heartmula/embeddings.h"
#include "models/heartmula/prompt.h"
#include "models/heartmula/sampler.h"
#include "models/heartmula/transformer.h"

#include <memory>
#include <string>
#include <vector>

namespace heart {

/// A sequence that the backbone has read: its keys and values and the last position's hidden state.
/// Reading on never changes it, so one prompt serves many repairs and one history many candidates.
/// Guided (cfg_scale > 1) contexts hold two rows per sequence, first the conditional, then the unconditional.
struct Context {
  std::shared_ptr<const KvCache> cache;
  at::Tensor hidden;  // [B, D], normed
  bool is_guided = false;

  int64_t length() const { return cache->length(); }
  int64_t rows() const { return cache->batch() / (is_guided ? 2 : 1); }
};

/// What generate() did on the way; for tests and for looking closely. One entry per frame.
struct GenerationTrace {
  std::vector<at::Tensor> hidden;         // [N, D] the state the frame was drawn from
  std::vector<at::Tensor> hidden_uncond;  // [N, D] guided only
  std::vector<at::Tensor> first_cond;     // [N, V] codebook 0 before guidance, guided only
  std::vector<at::Tensor> first_uncond;
  std::vector<at::Tensor> logits;  // [N, K, V] after guidance, before temperature
};

struct GenerationOptions {
  int64_t frames = 0;      // at most so many
  int64_t candidates = 1;  // continuations of each sequence, drawn independently
  SamplingRule rule;
  double cfg_scale = 1.0;  // must fit the context: > 1 needs a guided one
  uint64_t seed = 0;       // candidate i draws from its own stream, whatever their number
  int64_t stop_code = 0;  // a frame with any code from here on ends its candidate, unkept; 0: never
  at::Tensor noise;       // [frames, K, V] f32 instead of the seed; one candidate only
  GenerationTrace* trace = nullptr;
};

struct Continuation {
  at::Tensor codes;              // [N, K, T] int64; behind a candidate's end, 0
  std::vector<int64_t> lengths;  // [N] frames before its end
  Context context;               // after the frames that were read: all, but perhaps the last
  int64_t unread = 0;            // frames at the end of `codes` that were drawn, not read
};

/// Shapes   B sequences, N = B · candidates continuations in that order (a a b b)
/// Errors   kInput: codes outside the vocabulary, more positions than the model counts, guidance without a
///          guided context; kCancelled between frames and blocks of the prefill; kMemory
/// Threads  const and re-entrant. Callers that do not train hold a c10::InferenceMode.
class HeartMula {
 public:
  HeartMula(const HeartMulaConfig& config, const Parameters& params);

  const HeartMulaConfig& config() const { return config_; }

  // ---- Generation and scoring ---------------------------------------------------------------------

  /// Reads a prompt. `is_guided`: a second, unconditional row is read with it.
  Context read_prompt(const Prompt& prompt, bool is_guided, const Cancel& cancel = {}) const;
  /// The context after known frames, read in one batched pass: no depth decoding, no sampling.
  /// Shapes   codes [K, T], the same for every row; T may be 0
  Context read_frames(const Context& context, const at::Tensor& codes,
                      const Cancel& cancel = {}) const;
  /// Draws frames; the first one from the context's own last hidden state, and it is kept.
  Continuation generate(const Context& context, const GenerationOptions& options,
                        const Cancel& cancel = {}, const Progress& progress = {}) const;
  /// Natural-log probabilities of known right frames after each of N gaps: full vocabulary,
  /// temperature 1, no guidance (the conditional row of a guided context is used).
  /// Shapes   gap [N, K, T], T may be 0, right [K, R] -> [N, R, K] f32 on the CPU
  at::Tensor score(const Context& context, const at::Tensor& gap, const at::Tensor& right,
                   const Cancel& cancel = {}) const;
  /// The same for what generate() returned, without reading its frames again. Every candidate must have
  /// the same length.
  at::Tensor score(const Continuation& continuation, const at::Tensor& right,
                   const Cancel& cancel = {}) const;

  // ---- Whole sequences: training and tests --------------------------------------------------------

  /// See Embeddings::positions. [B, T, K + 1] -> [B, T, D]
  at::Tensor embed(const at::Tensor& tokens, const at::Tensor& mask, const at::Tensor& muq,
                   const at::Tensor& unconditional = {}) const {
    return embeddings_.positions(tokens, mask, muq, unconditional);
  }
  /// The normed backbone output of whole sequences. [B, T, D] -> [B, T, D]
  at::Tensor hidden(const at::Tensor& embedded) const { return backbone_.forward(embedded); }
  /// Logits of codebook 0 of the frame after each position. [..., D] -> [..., V]
  at::Tensor first_logits(const at::Tensor& hidden) const {
    return at::linear(hidden, codebook0_head_);
  }
  /// Logits of codebooks 1…K−1 of frames with known codes, `hidden` being the state before each.
  /// Shapes   hidden [M, D], codes [M, K] -> [M, K − 1, V]
  at::Tensor depth_logits(const at::Tensor& hidden, const at::Tensor& codes) const {
    return depth_.logits(embeddings_, hidden, codes);
  }

  struct TrainingLogits {
    at::Tensor first;  // [M, V] codebook 0
    at::Tensor rest;   // [M, K − 1, V]
  };
  /// Teacher-forced logits of chosen frames. Position p of a row predicts the codes at position p + 1.
  /// Shapes   tokens, mask [B, T, K + 1], muq [B, T], unconditional [B] or undefined;
  ///          where [M] int64: flat index b · T + p of the positions before the chosen frames, whose codes
  ///          are tokens[b, p + 1, 0…K−1]
  TrainingLogits training_logits(const at::Tensor& tokens, const at::Tensor& mask,
                                 const at::Tensor& muq, const at::Tensor& unconditional,
                                 const at::Tensor& where) const;

  /// tokens and mask [1, S, K + 1] (int64, bool) and muq [1, S] of a prompt.
  struct Positions {
    at::Tensor tokens, mask, muq;
  };
  Positions prompt_positions(const Prompt& prompt) const;

 private:
  Context read(const Context* before, const at::Tensor& embedded, bool is_guided,
               int64_t spare_positions, const Cancel& cancel) const;
  void check_codes(const at::Tensor& codes, const char* what) const;
  at::Tensor score_read(KvCache cache, const at::Tensor& hidden, const at::Tensor& unread,
                        const at::Tensor& right, const Cancel& cancel) const;
  int64_t codebooks() const { return config_.num_codebooks; }

  HeartMulaConfig config_;
  Embeddings embeddings_;
  Transformer backbone_;
  at::Tensor codebook0_head_;  // [V, D]
  DepthDecoder depth_;
};

}  // namespace heart
