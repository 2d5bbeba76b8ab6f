// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/repair/lm_filler.h"

#include "models/base/as_outcome.h"
#include "models/repair/device.h"
#include "models/repair/gap_audio.h"

#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <utility>

namespace heart {

namespace {

constexpr int64_t kLatentsPerFrame = codec::CodecConfig::kLatentsPerFrame;

// The right context's first two seconds decide between candidates: farther away every one is as likely.
constexpr int64_t kScoredFrames = 25;

// Context that a window of a long solve takes over from the one before: 4.16 s, as the released decoder.
constexpr int64_t kWindowOverlap = 104;
// Latents that the released networks were trained to see at once: 29.76 s.
constexpr int64_t kWindowLatents = 744;

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

std::vector<std::array<int, 2>> pairs_of(const Gap& gap) {
  if (!gap.pairs.empty()) return gap.pairs;
  const int channels = static_cast<int>(std::max(gap.left.size(), gap.right.size()));
  std::vector<std::array<int, 2>> pairs;
  for (int c = 0; c < channels; c += 2) pairs.push_back({c, std::min(c + 1, channels - 1)});
  return pairs;
}

LatentReach reach_of(const codec::Autoencoder& autoencoder) {
  const codec::Reach sees = autoencoder.encode_reach();
  const codec::Reach sounds = autoencoder.decode_reach();
  LatentReach reach;
  reach.sees_begin = sees.begin;
  reach.sees_end = sees.end;
  // A causal encoder shows the sound of a latent's own time first in the next latent.
  reach.own_begin = std::min<int64_t>(0, sees.end - autoencoder.samples_per_latent());
  reach.sounds_begin = sounds.begin;
  reach.sounds_end = sounds.end;
  return reach;
}

/// Part of a progress from `begin` to `end`.
Progress part_of(const Progress& progress, double begin, double end) {
  if (!progress) return {};
  return [&progress, begin, end](double share, const char* stage) {
    progress(begin + share * (end - begin), stage);
  };
}

constexpr char kOutOfMemory[] = "out of memory; a shorter context or another device needs less";

/// as_outcome for work that libtorch does: its errors have types and texts of their own.
template <typename Work>
auto torch_outcome(Work&& work) {
  return as_outcome(kOutOfMemory, [&] {
    try {
      return work();
    } catch (const c10::Error& error) {
      throw Error(is_out_of_memory(error) ? Fault::kMemory : Fault::kInternal,
                  error.what_without_backtrace());
    }
  });
}

}  // namespace

struct LmFiller::Written {
  at::Tensor codes;  // [K, T] left context, best candidate, right context
  std::vector<Candidate> candidates;
};

LmFiller::LmFiller(const ModelSettings& settings, Loader loader)
    : settings_(settings), loader_(std::move(loader)) {}

void LmFiller::load_on(at::Device device, const Cancel& cancel, const Progress& progress) {
  models_.reset();  // two sets of weights may not fit
  ModelSettings there = settings_;
  there.device = device.str();
  bool was_loaded = false;
  const auto begin = std::chrono::steady_clock::now();
  models_ = loader_(there, cancel, progress, was_loaded);
  load_seconds_ = was_loaded ? 0 : seconds_since(begin);
}

Outcome<bool> LmFiller::load(const Cancel& cancel, const Progress& progress) {
  return torch_outcome([&] {
    on_device_or_cpu(device_named(settings_.device), settings_.warn,
                     [&](at::Device device) { load_on(device, cancel, progress); });
    if (!settings_.tokens_location.empty()) {
      SidecarOptions options;
      options.codebooks = models_->codec->config().num_quantizers;
      options.codebook_size = models_->codec->config().codebook_size;
      options.layout = code_layout_named(settings_.tokens_layout);
      sidecar_ = read_sidecar(settings_.tokens_location, options);
    }
    return true;
  });
}

/// Sample of the stream, at the codec's rate, where the gap begins.
int64_t LmFiller::begin_at_codec(const Gap& gap) const {
  return static_cast<int64_t>(
      std::llround(gap.begin_seconds * models_->codec->autoencoder().sample_rate()));
}

LmPlan LmFiller::plan_for(const Gap& gap, int64_t left, int64_t gap_samples, int64_t right) const {
  const codec::Autoencoder& autoencoder = models_->codec->autoencoder();
  LmPlanInput input;
  input.left_samples = left;
  input.gap_samples = gap_samples;
  input.right_samples = right;
  input.latents_per_frame = kLatentsPerFrame;
  input.frame_samples = kLatentsPerFrame * autoencoder.samples_per_latent();
  const double frame_seconds = static_cast<double>(input.frame_samples) / autoencoder.sample_rate();
  input.max_left_frames = static_cast<int64_t>(settings_.context_before_seconds / frame_seconds);
  input.max_right_frames = static_cast<int64_t>(settings_.context_after_seconds / frame_seconds);
  // The codes of a sidecar lie on the song's grid, which begins with the song.
  if (sidecar_) input.grid_offset = begin_at_codec(gap) % input.frame_samples;
  input.max_fade_samples =
      static_cast<int64_t>(gap.crossfade_samples) * autoencoder.sample_rate() / gap.rate_hz +
      kResampleMargin;
  input.reach = reach_of(autoencoder);
  return plan_lm_repair(input);
}

double LmFiller::estimate_seconds(const Gap& gap) const {
  if (!models_) return 0;
  const int64_t rate = models_->codec->autoencoder().sample_rate();
  const auto at_codec = [&](size_t samples) {
    return static_cast<int64_t>(samples) * rate / gap.rate_hz;
  };
  const LmPlan plan = plan_for(gap, at_codec(length_of(gap.left)), at_codec(gap.length),
                               at_codec(length_of(gap.right)));
  return static_cast<double>(pairs_of(gap).size()) * models_->cost.estimate(work_of(plan));
}

RepairWork LmFiller::work_of(const LmPlan& plan) const {
  RepairWork work;
  work.prefill_positions = static_cast<double>(
      plan.left_frames + settings_.candidates * std::min(plan.right_frames, kScoredFrames));
  work.frames = static_cast<double>(plan.gap_frames);
  work.velocity_latents = static_cast<double>(plan.total_latents()) * settings_.flow_steps *
                          (settings_.guidance_scale > 1 ? 2 : 1);
  work.coded_samples =
      static_cast<double>(plan.total_latents() + plan.end_decoded - plan.first_decoded) *
      models_->codec->autoencoder().samples_per_latent();
  return work;
}

Outcome<Repair> LmFiller::fill(const Gap& gap, const Cancel& cancel, const Progress& progress) {
  if (!models_) return Failure{Fault::kInternal, "the models are not loaded"};
  return torch_outcome([&] {
    c10::InferenceMode no_gradients;
    return on_device_or_cpu(models_->device, settings_.warn, [&](at::Device device) {
      if (models_->device != device) load_on(device, cancel, progress);
      const Turnstile::Pass pass(models_->turnstile, cancel);
      use_threads(settings_.threads, gap.is_live);
      const auto begin = std::chrono::steady_clock::now();
      Repair repair = fill_pairs(gap, cancel, progress);
      repair.elapsed_seconds = seconds_since(begin);
      return repair;
    });
  });
}

Repair LmFiller::fill_pairs(const Gap& gap, const Cancel& cancel, const Progress& progress) {
  const codec::Autoencoder& autoencoder = models_->codec->autoencoder();
  const RatePair rates(gap.rate_hz, autoencoder.sample_rate());
  const auto at_codec = [&](double seconds) {
    return static_cast<int64_t>(seconds * autoencoder.sample_rate());
  };
  const LatentReach reach = reach_of(autoencoder);
  GapAudioOptions options;
  options.max_left_samples = at_codec(settings_.context_before_seconds);
  options.max_right_samples = at_codec(settings_.context_after_seconds);
  options.seen_from_right = std::max<int64_t>(2 * options.seen_from_right, -reach.sees_begin);

  Repair repair;
  repair.method = name();
  repair.model = models_->name;
  const std::vector<std::array<int, 2>> pairs = pairs_of(gap);
  if (sidecar_ && pairs.size() > 1) {
    throw Error(Fault::kInput, settings_.tokens_location + " holds the codes of one stereo pair, " +
                                   "this stream has " + std::to_string(pairs.size()) +
                                   " pairs; repair it without tokens-location");
  }
  for (size_t i = 0; i < pairs.size(); ++i) {
    const Progress share = part_of(progress, static_cast<double>(i) / pairs.size(),
                                   static_cast<double>(i + 1) / pairs.size());
    const auto begin = std::chrono::steady_clock::now();
    const GapAudio audio = prepare_gap_audio(gap, pairs[i], rates, options, cancel);
    const LmPlan plan =
        plan_for(gap, audio.left_samples(), audio.gap_samples, audio.right_samples());
    if (plan.left_frames == 0 && plan.right_frames == 0) {
      throw Error(Fault::kInput,
                  "less than 80 ms of good audio on both sides: nothing to continue");
    }
    const uint64_t seed = static_cast<uint64_t>(gap.seed) + i;
    Written written = write_codes(gap, audio, plan, seed, cancel, part_of(share, 0, 0.5));
    const at::Tensor latents = solve_latents(audio, plan, written.codes, seed, cancel,
                                             part_of(share, 0.5, 0.95));  // [1, L, Z]
    codec::DecodeOptions decode;
    decode.seed = seed;
    const at::Tensor wave = autoencoder
                                .decode_span(latents, plan.first_decoded - plan.first_latent,
                                             plan.end_decoded - plan.first_latent, decode)
                                .squeeze(0)
                                .to(at::kCPU);  // [2, S]
    cancel.check();

    if (i == 0) {
      const int64_t margin = rates.is_same() ? 0 : kResampleMargin;
      const auto in_stream = [&](int64_t samples) {
        return static_cast<size_t>(std::max<int64_t>(0, samples - margin) * rates.stream_hz /
                                   rates.codec_hz);
      };
      repair.lead = std::min(in_stream(plan.lead), gap.crossfade_samples);
      repair.tail = std::min(in_stream(plan.tail), gap.crossfade_samples);
      repair.audio = make_planes(std::max(gap.left.size(), gap.right.size()),
                                 repair.lead + gap.length + repair.tail);
      repair.candidates = std::move(written.candidates);
    }
    const int64_t before =
        -plan.position_of_latent(plan.first_decoded, autoencoder.samples_per_latent());
    return_to_stream(wave, before, rates, pairs[i], repair.lead, repair.audio);
    models_->cost.learn(work_of(plan), seconds_since(begin));
  }
  if (progress) progress(1, "done");
  return repair;
}

LmFiller::Sides LmFiller::sides_of(const Gap& gap, const GapAudio& audio, const LmPlan& plan,
                                   const Cancel& cancel) const {
  if (sidecar_) return sides_in_sidecar(gap, plan);
  const codec::HeartCodec& codec = *models_->codec;
  const int64_t frame = kLatentsPerFrame * codec.autoencoder().samples_per_latent();
  const int64_t grid = audio.gap_begin + plan.grid_begin;
  const auto codes_of = [&](int64_t first, int64_t frames) {
    if (frames == 0) return at::empty({codec.config().num_quantizers, 0}, at::kLong);
    const at::Tensor part = audio.wave.narrow(1, grid + first * frame, frames * frame);  // [2, S]
    return codec
        .encode_codes(part.unsqueeze(0).to(models_->device), codec.autoencoder().sample_rate(),
                      cancel)
        .squeeze(0)
        .narrow(1, 0, frames);  // [K, T]
  };
  // Each side by itself: an encoder that sees both directions would carry the damage into either.
  return {codes_of(-plan.left_frames, plan.left_frames),
          codes_of(plan.gap_frames, plan.right_frames)};
}

LmFiller::Sides LmFiller::sides_in_sidecar(const Gap& gap, const LmPlan& plan) const {
  const int64_t frame = kLatentsPerFrame * models_->codec->autoencoder().samples_per_latent();
  const int64_t first = begin_at_codec(gap) / frame;
  const int64_t begin = first - plan.left_frames;
  // The gap's own codes are not asked for, so one at the very end needs none behind it.
  const int64_t end = plan.right_frames > 0 ? first + plan.gap_frames + plan.right_frames : first;
  const int64_t known = sidecar_->codes.size(1);
  if (begin < 0 || end > known) {
    throw Error(Fault::kInput,
                settings_.tokens_location + " holds frames 0 to " + std::to_string(known - 1) +
                    " (" + std::to_string(known) + " of 80 ms), this repair needs " +
                    std::to_string(begin) + " to " + std::to_string(end - 1) +
                    "; is the song longer than its codes, or are they another song's?");
  }
  return {sidecar_->codes.narrow(1, begin, plan.left_frames),
          sidecar_->codes.narrow(1, end - plan.right_frames, plan.right_frames)};
}

LmFiller::Written LmFiller::write_codes(const Gap& gap, const GapAudio& audio, const LmPlan& plan,
                                        uint64_t seed, const Cancel& cancel,
                                        const Progress& progress) {
  const codec::HeartCodec& codec = *models_->codec;
  const HeartMula& lm = *models_->lm;
  const int64_t codebooks = codec.config().num_quantizers;
  const Sides sides = sides_of(gap, audio, plan, cancel);
  if (progress) progress(0.2, "prefill");

  const bool is_guided = settings_.cfg_scale > 1;
  const int64_t scored = std::min(plan.right_frames, kScoredFrames);
  const Context& prompt = models_->read_prompt(gap.tags, gap.lyrics, is_guided,
                                               plan.left_frames + plan.gap_frames + scored, cancel);
  const Context history =
      plan.left_frames > 0 ? lm.read_frames(prompt, sides.left, cancel) : prompt;
  GenerationOptions options;
  options.frames = plan.gap_frames;
  // Without a right context there is nothing to choose by.
  options.candidates = scored > 0 ? std::max(1, settings_.candidates) : 1;
  options.rule.temperature = settings_.temperature;
  options.rule.top_k = settings_.top_k;
  options.rule.limit = codec.config().codebook_size;
  options.cfg_scale = settings_.cfg_scale;
  options.seed = seed;
  const Continuation drawn =
      lm.generate(history, options, cancel, part_of(progress, 0.3, 0.9));  // codes [N, K, T]

  Written written;
  int64_t best = 0;
  if (scored > 0) {
    const at::Tensor logp = lm.score(drawn, sides.right.narrow(1, 0, scored), cancel);  // [N, R, K]
    // Codebook 0 carries pitch and rhythm; the others together count as much.
    const at::Tensor first = logp.select(2, 0).mean(1);  // [N]
    const at::Tensor rest = codebooks > 1
                                ? logp.narrow(2, 1, codebooks - 1).mean(std::vector<int64_t>{1, 2})
                                : first;  // [N]
    const at::Tensor score = (first + rest).to(at::kCPU, at::kDouble).contiguous();
    best = score.argmax().item<int64_t>();
    for (int64_t n = 0; n < score.size(0); ++n) {
      char text[96];
      std::snprintf(text, sizeof text, "right context %.2f nats a code%s",
                    score.data_ptr<double>()[n] / 2, n == best ? ", chosen" : "");
      written.candidates.push_back({"lm", score.data_ptr<double>()[n], text});
    }
  } else {
    written.candidates.push_back({"lm", 0, "no right context to choose by"});
  }
  written.codes = at::cat({sides.left, drawn.codes[best].to(at::kCPU), sides.right}, 1);  // [K, T]
  if (progress) progress(1, "scored");
  return written;
}

at::Tensor LmFiller::solve_latents(const GapAudio& audio, const LmPlan& plan,
                                   const at::Tensor& codes, uint64_t seed, const Cancel& cancel,
                                   const Progress& progress) {
  const codec::HeartCodec& codec = *models_->codec;
  const codec::Autoencoder& autoencoder = codec.autoencoder();
  const int64_t spl = autoencoder.samples_per_latent();
  const int64_t total = plan.total_latents();

  // Real latents of both sides; those over the gap come from the cheap fill and are masked out.
  const int64_t begin = audio.gap_begin + plan.position_of_latent(plan.first_latent, spl);
  const at::Tensor span =
      audio.wave.narrow(1, begin, std::min(total * spl, audio.wave.size(1) - begin));
  at::Tensor latents = autoencoder.encode(span.unsqueeze(0).to(models_->device));  // [1, L, Z]
  if (latents.size(1) < total) {
    latents = at::constant_pad_nd(latents, {0, 0, 0, total - latents.size(1)});
  }
  latents = latents.narrow(1, 0, total).clone();
  at::Tensor mask = at::full({1, total}, static_cast<int64_t>(codec::kInContext), at::kLong);
  const int64_t first = plan.first_generated - plan.first_latent;
  const int64_t end = plan.end_generated - plan.first_latent;
  mask.narrow(1, first, end - first).fill_(static_cast<int64_t>(codec::kGenerate));
  const at::Tensor mu = codec.mu_of_codes(codes.unsqueeze(0).to(models_->device));  // [1, L, D]
  const at::Tensor noise =
      codec::draw_noise(1, total, autoencoder.latent_width(), seed);  // [1, L, Z]

  codec::FlowOptions options;
  options.steps = settings_.flow_steps;
  options.guidance = settings_.guidance_scale;
  // One window where it fits; else windows that carry on from what the last one made.
  int64_t from = 0;
  int64_t done = first;
  while (done < end) {
    const int64_t to = std::min(total, from + kWindowLatents);
    codec::FlowInput input;
    input.noise = noise.narrow(1, from, to - from).to(models_->device);
    input.mu = mu.narrow(1, from, to - from);
    input.mask = mask.narrow(1, from, to - from).to(models_->device);
    input.context = latents.narrow(1, from, to - from);
    const at::Tensor solved =
        codec.solve(input, options, cancel,
                    part_of(progress, static_cast<double>(done - first) / (end - first),
                            static_cast<double>(std::min(to, end) - first) / (end - first)));
    latents.narrow(1, from, to - from).copy_(solved);
    mask.narrow(1, from, to - from).fill_(static_cast<int64_t>(codec::kInContext));
    done = to;
    from = to - kWindowOverlap;
  }
  return latents;
}

}  // namespace heart
