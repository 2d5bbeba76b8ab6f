// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Cases of the language model. Tolerances: about ten times the largest difference between the public
// reference, itself rerun with other threads and libraries, and an independent implementation in f64 and f32.

#include "models/checkpoint/sources.h"
#include "models/heartmula/heartmula.h"
#include "tests/parity/parity.h"

#include <map>

namespace heart::parity {
namespace {

constexpr double kEmbedding = 2e-7;
constexpr double kHidden = 1e-4;
constexpr double kFirstLogits = 4e-4;
constexpr double kLogits = 7e-4, kGuidedLogits = 1.4e-3;
constexpr double kLogp = 5e-4, kLogpSum = 6e-4;
// A thousand positions: the rounding of p·θ in f32 shows.
constexpr double kLongHidden = 1e-3, kLongLogits = 5e-3;

/// Expected values are f32 arithmetic on the stored weights, bf16 ones included.
const HeartMula& model_of(const Case& test) {
  static std::map<std::string, HeartMula> loaded;
  const std::string folder = test.checkpoint();
  const auto found = loaded.find(folder);
  if (found != loaded.end()) return found->second;
  const HeartMulaConfig config = HeartMulaConfig::from(Config::open(folder + "/config.json"));
  CheckpointParameters source(TensorFiles::open(folder), {at::kFloat, test.device(), {}});
  HeartMula model(config, Parameters(source));
  source.finish();
  return loaded.emplace(folder, std::move(model)).first->second;
}

/// The prompt rows of a case's [S, K + 1] tokens.
Prompt prompt_of(const Case& test) {
  const at::Tensor text = test.in("tokens").select(1, -1).contiguous();
  Prompt prompt;
  prompt.ids.assign(text.data_ptr<int64_t>(), text.data_ptr<int64_t>() + text.numel());
  prompt.muq_position = test.integer("muq_pos");
  return prompt;
}

/// tokens, mask and slot of a case, as a batch of one on its device; audio rows included.
HeartMula::Positions positions_of(const Case& test, const char* tokens, const char* mask) {
  HeartMula::Positions p;
  p.tokens = test.tensor(tokens).unsqueeze(0).to(test.device());
  p.mask = test.tensor(mask).unsqueeze(0).to(test.device(), at::kBool);
  p.muq = at::zeros({1, p.tokens.size(1)}, at::kBool);
  p.muq.select(1, test.integer("muq_pos")).fill_(true);
  p.muq = p.muq.to(test.device());
  return p;
}

GenerationOptions options_of(const Case& test, GenerationTrace* trace) {
  GenerationOptions options;
  options.frames = test.integer(test.has_meta("max_frames") ? "max_frames" : "frames");
  options.cfg_scale = test.number("cfg_scale");
  options.rule.temperature = test.number("temperature");
  options.rule.top_k = test.integer("topk");
  options.trace = trace;
  return options;
}

void run_prompt(const Case& test, Report& report) {
  const HeartMula& model = model_of(test);
  const auto ids_of = [&](const char* name) {
    const at::Tensor ids = test.in(name).contiguous();
    return std::vector<int64_t>(ids.data_ptr<int64_t>(), ids.data_ptr<int64_t>() + ids.numel());
  };
  GenerationIds ids;
  ids.text_bos = test.integer("text_bos_id");
  ids.text_eos = test.integer("text_eos_id");
  const Prompt prompt = Prompt::from(ids_of("tags_ids"), ids_of("lyrics_ids"), ids);
  const HeartMula::Positions p = model.prompt_positions(prompt);
  report.exact("tokens", p.tokens[0], test.out("tokens"));
  report.exact("mask", p.mask[0].to(at::kLong), test.out("mask"));
  report.exact("muq_pos", at::scalar_tensor(prompt.muq_position, at::kLong),
               at::scalar_tensor(test.integer("muq_pos"), at::kLong));
  const at::Device device = test.device();
  const auto embeds = [&](bool is_unconditional) {
    return model.embed(p.tokens.to(device), p.mask.to(device), p.muq.to(device),
                       at::full({1}, is_unconditional, at::kBool).to(device))[0];
  };
  report.close("embeds", embeds(false), test.out("embeds"), kEmbedding);
  report.close("embeds_uncond", embeds(true), test.out("embeds_uncond"), kEmbedding);
}

void run_prefill(const Case& test, Report& report) {
  const HeartMula& model = model_of(test);
  const HeartMula::Positions p = positions_of(test, "in.tokens", "in.mask");
  const at::Tensor embedded = model.embed(p.tokens, p.mask, p.muq);
  const at::Tensor hidden = model.hidden(embedded);
  report.close("embeds", embedded[0], test.out("embeds"), kEmbedding);
  report.close("hidden", hidden[0], test.out("hidden"), kHidden);
  report.close("logits0", model.first_logits(hidden)[0], test.out("logits0"), kFirstLogits);
}

/// greedy, continue and sampled: prompt, perhaps history, then frames.
void run_generate(const Case& test, Report& report) {
  const HeartMula& model = model_of(test);
  GenerationTrace trace;
  GenerationOptions options = options_of(test, &trace);
  const bool is_guided = options.cfg_scale > 1;
  if (test.has("in.noise")) options.noise = test.in("noise");
  Context context = model.read_prompt(prompt_of(test), is_guided);
  if (test.has("in.history")) {
    context = model.read_frames(context, test.in("history").transpose(0, 1));
  }
  const Continuation result = model.generate(context, options);
  report.exact("codes", result.codes[0].transpose(0, 1), test.out("codes"));
  const auto compare = [&](const char* name, const std::vector<at::Tensor>& got, double tolerance) {
    if (test.has(std::string("out.") + name)) {
      report.close(name, at::cat(got), test.out(name), tolerance);
    }
  };
  compare("logits", trace.logits, is_guided ? kGuidedLogits : kLogits);
  compare("hidden", trace.hidden, kHidden);
  compare("hidden_uncond", trace.hidden_uncond, kHidden);
  compare("logits0_cond", trace.first_cond, kFirstLogits);
  compare("logits0_uncond", trace.first_uncond, kFirstLogits);
}

void run_long(const Case& test, Report& report) {
  const HeartMula& model = model_of(test);
  GenerationTrace trace;
  const Prompt prompt = prompt_of(test);
  const at::Tensor history = test.in("history");  // [H, K]
  const Context context =
      model.read_frames(model.read_prompt(prompt, false), history.transpose(0, 1));
  const Continuation result = model.generate(context, options_of(test, &trace));
  report.exact("codes", result.codes[0].transpose(0, 1), test.out("codes"));
  report.close("logits", at::cat(trace.logits), test.out("logits"), kLongLogits);

  // The same sequence whole, without a cache.
  HeartMula::Positions p = positions_of(test, "in.tokens", "in.mask");
  const at::Tensor audio = at::cat({history, at::zeros({history.size(0), 1}, at::kLong)}, 1);
  at::Tensor audio_mask = at::ones(audio.sizes(), at::kBool);
  audio_mask.select(1, -1).fill_(false);
  p.tokens = at::cat({p.tokens, audio.unsqueeze(0).to(test.device())}, 1);
  p.mask = at::cat({p.mask, audio_mask.unsqueeze(0).to(test.device())}, 1);
  p.muq = at::cat({p.muq, at::zeros({1, history.size(0)}, at::kBool).to(test.device())}, 1);
  const at::Tensor hidden = model.hidden(model.embed(p.tokens, p.mask, p.muq))[0].index_select(
      0, test.in("positions").to(test.device()));
  report.close("hidden", hidden, test.out("hidden"), kLongHidden);
  report.close("logits0", model.first_logits(hidden), test.out("logits0"), kLongLogits);
}

void run_stop(const Case& test, Report& report) {
  const HeartMula& model = model_of(test);
  GenerationOptions options = options_of(test, nullptr);
  options.stop_code = test.integer("audio_eos_id");
  const Continuation result = model.generate(model.read_prompt(prompt_of(test), false), options);
  report.exact("codes", result.codes[0].transpose(0, 1), test.out("codes"));
  report.require("length", result.lengths[0] == result.codes.size(2));
}

void run_sample(const Case& test, Report& report) {
  const at::Tensor logits = test.in("logits").contiguous(), noise = test.in("noise").contiguous();
  SamplingRule rule;
  rule.temperature = test.number("temperature");
  rule.top_k = test.integer("topk");
  const int64_t rows = logits.size(0), count = logits.size(1);
  at::Tensor index = at::empty({rows}, at::kLong), kept = at::empty({rows}, at::kLong);
  for (int64_t i = 0; i < rows; ++i) {
    const Draw one = draw_with_noise(logits.data_ptr<float>() + i * count, count, rule,
                                     noise.data_ptr<float>() + i * count);
    index.data_ptr<int64_t>()[i] = one.index;
    kept.data_ptr<int64_t>()[i] = one.kept;
  }
  report.exact("index", index, test.out("index"));
  report.exact("kept", kept, test.out("kept"));
}

void run_rope(const Case& test, Report& report) {
  RopeScaling scaling;
  scaling.base = test.number("base");
  scaling.scale_factor = test.number("scale_factor");
  scaling.low_freq_factor = test.number("low_freq_factor");
  scaling.high_freq_factor = test.number("high_freq_factor");
  scaling.old_context_len = test.number("old_context_len");
  const at::Tensor positions = test.in("positions"), x = test.in("x");
  const at::Tensor theta = Rope::frequencies(x.size(2), scaling);
  report.close("theta", theta, test.out("theta"), test.out("theta").abs() * 2e-5);  // relative
  const at::Tensor table = Rope::table(positions, theta);
  const at::Tensor grows = (1 + positions.to(at::kDouble)).unsqueeze(1);  // rounding of p·θ
  report.close("cos", table.select(-1, 0), test.out("cos"), 7e-7 * grows);
  report.close("sin", table.select(-1, 1), test.out("sin"), 7e-7 * grows);
  report.close("y", Rope::rotate(x.unsqueeze(0).to(test.device()), table.to(test.device()))[0],
               test.out("y"), 2e-6 * grows.unsqueeze(2));
}

void run_score(const Case& test, Report& report) {
  const HeartMula& model = model_of(test);
  const Context context = model.read_frames(model.read_prompt(prompt_of(test), false),
                                            test.in("history").transpose(0, 1));
  const at::Tensor logp =
      model.score(context, test.in("gap").transpose(0, 1).unsqueeze(0).expand({2, -1, -1}),
                  test.in("right").transpose(0, 1))[1];  // the second of two equal candidates
  report.close("logp", logp, test.out("logp"), kLogp);
  report.close("logp0", logp.select(1, 0), test.out("logp0"), kLogp);
  report.close("logp_sum", logp.sum(1), test.out("logp_sum"), kLogpSum);
}

const AddKind kinds_lm[] = {
    {"prompt", run_prompt}, {"prefill", run_prefill},   {"greedy", run_generate},
    {"long", run_long},     {"continue", run_generate}, {"sampled", run_generate},
    {"stop", run_stop},     {"sample", run_sample},     {"rope", run_rope},
    {"score", run_score},
};

}  // namespace
}  // namespace heart::parity
