// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/repair/loaded_models.h"

#include "models/base/module_path.h"
#include "models/checkpoint/layout.h"
#include "models/checkpoint/sources.h"
#include "models/repair/device.h"

#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <thread>

namespace heart {

namespace {

using Clock = std::chrono::steady_clock;

// How often those who wait for others look whether they have been cancelled.
constexpr std::chrono::milliseconds kCancelEvery{20};

std::string location_of(const ModelSettings& settings) {
  static const char kInside = 0;
  return settings.location.empty() ? default_checkpoint(&kInside) : settings.location;
}

double seconds_of(const std::function<void()>& work) {
  const auto begin = Clock::now();
  work();
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// Small pieces of each stage, timed: the first, which also warms up, is thrown away.
UnitCosts measure_costs(const LoadedModels& models) {
  c10::InferenceMode no_gradients;
  UnitCosts units;
  const HeartMula& lm = *models.lm;
  const codec::HeartCodec& codec = *models.codec;
  const int64_t codebooks = lm.config().num_codebooks;

  constexpr int64_t kPositions = 32;
  constexpr int64_t kFrames = 2;
  const Context empty =
      lm.read_prompt(Prompt::from({models.ids.text_bos}, {models.ids.text_bos}, models.ids), false);
  const at::Tensor frames = at::zeros({codebooks, kPositions}, at::kLong);
  GenerationOptions options;
  options.frames = kFrames;
  options.rule.limit = codec.config().codebook_size;
  constexpr int64_t kLatents = 64;
  const int64_t width = codec.autoencoder().latent_width();
  codec::FlowInput flow;
  flow.noise = codec::draw_noise(1, kLatents, width, 0).to(models.device);
  flow.mu = codec.mu_of_codes(at::zeros({1, codebooks, kLatents / 2}, at::kLong).to(models.device));
  flow.mask =
      at::full({1, kLatents}, static_cast<int64_t>(codec::kGenerate), at::kLong).to(models.device);
  flow.context = at::zeros_like(flow.noise);
  const at::Tensor latents = at::zeros_like(flow.noise);
  for (int round = 0; round < 2; ++round) {
    units.prefill_position = seconds_of([&] { lm.read_frames(empty, frames); }) / kPositions;
    units.frame = seconds_of([&] { lm.generate(empty, options); }) / kFrames;
    units.velocity_latent = seconds_of([&] {
                              codec.solve(flow, {1, 1.0});
                            }) /
                            static_cast<double>(kLatents);
    units.coded_sample =
        seconds_of([&] { codec.autoencoder().decode_span(latents, 0, 4).to(at::kCPU); }) /
        static_cast<double>(4 * codec.autoencoder().samples_per_latent());
  }
  return units;
}

std::shared_ptr<LoadedModels> load(const std::string& location, const at::Device& device,
                                   const ModelSettings& settings, const Cancel& cancel,
                                   const Progress& progress) {
  c10::InferenceMode no_gradients;
  const auto say = [&](double share, const char* stage) {
    cancel.check();
    if (progress) progress(share, stage);
  };
  say(0, "checkpoint");
  const CheckpointLayout layout = CheckpointLayout::find(location);
  if (layout.encoder.empty() && settings.tokens_location.empty()) {
    throw Error(Fault::kFile,
                location +
                    " has no encoder (a folder HeartCodec*encoder*); without one codes must be "
                    "given by tokens-location");
  }
  auto models = std::make_shared<LoadedModels>();
  models->name = layout.name;
  models->device = device;
  models->ids = layout.generation.empty() ? GenerationIds()
                                          : GenerationIds::from(Config::open(layout.generation));
  models->tokenizer = std::make_unique<Tokenizer>(layout.tokenizer);

  say(0.05, "language model");
  const HeartMulaConfig config = HeartMulaConfig::from(Config::open(layout.lm + "/config.json"));
  TensorFiles files = TensorFiles::open(layout.lm);
  CheckpointParameters::Options options;
  options.dtype = lm_dtype(settings.weights, device, files);
  options.device = device;
  options.cancel = &cancel;
  CheckpointParameters parameters(std::move(files), options);
  models->lm = std::make_unique<HeartMula>(config, Parameters(parameters));
  parameters.finish();

  say(0.6, "codec");
  codec::HeartCodec::LoadOptions codec_options;
  codec_options.device = device;
  codec_options.cancel = &cancel;
  // Given codes, the encoder would only take memory.
  models->codec = codec::HeartCodec::load(
      layout.codec, settings.tokens_location.empty() ? layout.encoder : "", codec_options);
  if (models->codec->config().num_quantizers != config.num_codebooks) {
    throw Error(Fault::kFile, location + ": the codec has " +
                                  std::to_string(models->codec->config().num_quantizers) +
                                  " codebooks, the language model " +
                                  std::to_string(config.num_codebooks) + "; mixed releases?");
  }
  say(0.95, "measuring");
  models->cost.set(measure_costs(*models));
  say(1, "ready");
  return models;
}

}  // namespace

void use_threads(unsigned wanted, bool is_live) {
  const unsigned cores = std::max(1u, std::thread::hardware_concurrency());
  if (wanted == 0) wanted = is_live ? std::max(1u, cores - 1) : cores;
  if (at::get_num_threads() != static_cast<int>(wanted)) {
    at::set_num_threads(static_cast<int>(wanted));
  }
}

Turnstile::Pass::Pass(Turnstile& turnstile, const Cancel& cancel) : turnstile_(turnstile) {
  std::unique_lock<std::mutex> held(turnstile.mutex_);
  const uint64_t ticket = turnstile.next_ticket_++;
  turnstile.waiting_.push_back(ticket);
  const auto is_served = [&] {
    return !turnstile.is_taken_ && turnstile.waiting_.front() == ticket;
  };
  // A repair before this one may take its time, and nobody signals a raised Cancel.
  while (!turnstile.moved_.wait_for(held, kCancelEvery, is_served) && !cancel.is_raised()) {
  }
  if (cancel.is_raised()) {
    turnstile.waiting_.remove(ticket);
    turnstile.moved_.notify_all();
    throw Error(Fault::kCancelled, "cancelled while waiting for the model");
  }
  turnstile.waiting_.pop_front();
  turnstile.is_taken_ = true;
}

Turnstile::Pass::~Pass() {
  std::lock_guard<std::mutex> held(turnstile_.mutex_);
  turnstile_.is_taken_ = false;
  turnstile_.moved_.notify_all();
}

const Context& LoadedModels::read_prompt(const std::string& tags, const std::string& lyrics,
                                         bool is_guided, int64_t frames, const Cancel& cancel) {
  const std::vector<int64_t> tag_ids = tokenizer->encode(tags_prompt(tags));
  std::vector<int64_t> lyrics_ids = tokenizer->encode(lyrics_prompt(lyrics));
  // Two marks on each side, the slot between them, and the frames to come.
  const int64_t room =
      lm->config().backbone.max_seq_len - frames - 5 - static_cast<int64_t>(tag_ids.size());
  if (room < 0) {
    throw Error(Fault::kInput, "the tags alone leave no room for " + std::to_string(frames) +
                                   " frames in the " +
                                   std::to_string(lm->config().backbone.max_seq_len) +
                                   " positions of " + name + "; use fewer tags or less context");
  }
  if (static_cast<int64_t>(lyrics_ids.size()) > room) lyrics_ids.resize(static_cast<size_t>(room));

  std::string key = is_guided ? "guided" : "plain";
  for (const std::vector<int64_t>* list :
       {&tag_ids, const_cast<const std::vector<int64_t>*>(&lyrics_ids)}) {
    for (const int64_t id : *list) key += ' ' + std::to_string(id);
    key += '|';
  }
  if (key != prompt_key) {
    prompt = lm->read_prompt(Prompt::from(tag_ids, lyrics_ids, ids), is_guided, cancel);
    prompt_key = key;
  }
  return prompt;
}

at::ScalarType lm_dtype(const std::string& weights, const at::Device& device,
                        const TensorFiles& files) {
  if (weights == "f32") return at::kFloat;
  if (weights == "bf16") return at::kBFloat16;
  if (weights == "auto") {
    if (device.is_cuda()) return at::kBFloat16;
    constexpr uint64_t kLarge = uint64_t{4} << 30;
    return files.data_bytes() > kLarge ? at::kBFloat16 : at::kFloat;
  }
  throw Error(Fault::kInput,
              "weights '" + weights + "' are not offered by this build; it has auto, f32 and bf16");
}

std::shared_ptr<LoadedModels> acquire_models(const ModelSettings& settings, const Cancel& cancel,
                                             const Progress& progress, bool& was_loaded) {
  // One load at a time: a second one of the same checkpoint then finds the first's result, and two
  // different ones would only compete for the disk.
  static std::timed_mutex mutex;
  static std::map<std::string, std::weak_ptr<LoadedModels>> loaded;

  use_threads(settings.threads, false);
  const at::Device device = device_named(settings.device);
  std::error_code ignored;
  const std::string location = location_of(settings);
  const std::string key = std::filesystem::weakly_canonical(location, ignored).string() + '\n' +
                          device.str() + '\n' + settings.weights + '\n' +
                          (settings.tokens_location.empty() ? "encoder" : "codes");
  std::unique_lock<std::timed_mutex> held(mutex, std::defer_lock);
  while (!held.try_lock_for(kCancelEvery)) cancel.check();
  if (std::shared_ptr<LoadedModels> models = loaded[key].lock()) {
    was_loaded = true;
    return models;
  }
  std::shared_ptr<LoadedModels> models = load(location, device, settings, cancel, progress);
  loaded[key] = models;
  was_loaded = false;
  return models;
}

}  // namespace heart
