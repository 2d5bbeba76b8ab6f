// SPDX-License-Identifier: LGPL-2.1-or-later
//
// codec-*: RVQ, conditioning, velocity network, solver, scalar autoencoder and long decoding.

#include "models/heartcodec/heartcodec.h"
#include "models/heartcodec/scalar_model.h"
#include "models/heartcodec/windows.h"
#include "tests/parity/parity.h"

#include <sstream>

namespace heart::parity {
namespace {

using namespace heart::codec;

std::unique_ptr<HeartCodec> codec_of(const Case& test) {
  HeartCodec::LoadOptions options;
  options.device = test.device();
  return HeartCodec::load(test.checkpoint(), "", options);
}

// The part of the checkpoint that has no public door in HeartCodec.
const ScalarModel& scalar_of(const HeartCodec& codec) {
  return dynamic_cast<const ScalarModel&>(codec.autoencoder());
}

void close(const Case& test, Report& report, const std::string& name, const at::Tensor& got) {
  report.close(name, got, test.out(name), test.number("tol.out." + name));
}

at::Tensor on_device(const Case& test, const at::Tensor& tensor) {
  return tensor.to(test.device());
}

void run_rvq_decode(const Case& test, Report& report) {
  const auto codec = codec_of(test);
  const auto codes = on_device(test, test.in("codes")).unsqueeze(0);  // [B, K, T]
  close(test, report, "features", codec->rvq().decode(codes)[0]);
}

void run_rvq_encode(const Case& test, Report& report) {
  const auto codec = codec_of(test);
  const auto features = on_device(test, test.in("features")).unsqueeze(0);  // [B, T, D]
  report.exact("codes", codec->rvq().encode(features)[0], test.out("codes"));
  // Distance to the second nearest entry minus that to the nearest, from the same residuals.
  const auto found = codec->rvq().quantize(codec->rvq().project_in(features[0]));
  std::vector<at::Tensor> margins;
  for (int64_t k = 0; k < codec->rvq().num_quantizers(); ++k) {
    const auto away = found.residuals[k].unsqueeze(1) - codec->rvq().codebook(k);  // [N, V, Z]
    const auto nearest = std::get<0>(away.norm(2, -1).topk(2, -1, /*largest=*/false));
    margins.push_back(nearest.select(1, 1) - nearest.select(1, 0));
  }
  // Both distances carry the rounding of an 8-layer residual in f32.
  report.close("margin", at::stack(margins), test.out("margin"), 2e-5);
}

void run_conditioning(const Case& test, Report& report) {
  const auto codec = codec_of(test);
  const auto mu = codec->mu_of_codes(test.in("codes").unsqueeze(0));  // [B, L, D]
  const auto mask = on_device(test, test.in("mask")).unsqueeze(0);    // [B, L]
  close(test, report, "mu", mu[0]);
  close(test, report, "mu_masked", codec->conditioning().masked(mu, mask)[0]);
}

void run_time_embedding(const Case& test, Report& report) {
  const auto codec = codec_of(test);
  const auto t = on_device(test, test.in("t"));
  const auto modulation = codec->velocity().modulation(t);
  close(test, report, "sinusoid", time_sinusoid(t));
  close(test, report, "embedded_1", modulation.stage_1.embedded);
  close(test, report, "modulation_1", modulation.stage_1.modulation);
  close(test, report, "embedded_2", modulation.stage_2.embedded);
  close(test, report, "modulation_2", modulation.stage_2.modulation);
}

void run_block(const Case& test, Report& report) {
  const auto codec = codec_of(test);
  const VelocityNetwork& network = codec->velocity();
  for (int stage = 1; stage <= 2; ++stage) {
    const std::string suffix = "_" + std::to_string(stage);
    const auto x = on_device(test, test.in("x" + suffix));  // [B, L, D]
    const auto rotary = make_rotary(x.size(1), network.head_width(stage), test.device());
    const auto modulation = on_device(test, test.in("modulation" + suffix));
    close(test, report, "y" + suffix, network.blocks(stage).front().forward(x, modulation, rotary));
  }
}

void run_velocity(const Case& test, Report& report) {
  const auto codec = codec_of(test);
  const VelocityNetwork& network = codec->velocity();
  const auto in = [&](const char* name) { return on_device(test, test.in(name)); };
  VelocityNetwork::Trace trace;
  const auto v = network.forward(in("x"), network.prepare(in("context"), in("mu")),
                                 network.modulation(in("t")), &trace);
  close(test, report, "v", v);
  close(test, report, "proj_in", trace.proj_in);
  close(test, report, "stage_1", trace.stage_1);
  close(test, report, "connection", trace.connection);
}

void run_solve(const Case& test, Report& report) {
  const auto codec = codec_of(test);
  FlowInput input;
  input.noise = test.in("noise");
  input.context = test.in("context");
  input.mask = test.in("mask").unsqueeze(0);
  input.mu = codec->mu_of_codes(test.in("codes").unsqueeze(0));
  FlowOptions options;
  options.steps = test.integer("num_steps");
  options.guidance = test.number("guidance_scale");
  close(test, report, "mu", input.mu);
  const auto observe = [&](int64_t step, const at::Tensor& x) {
    if (step == 0) close(test, report, "step_1", x);
    if (step + 1 == options.steps / 2) close(test, report, "step_half", x);
  };
  close(test, report, "latents",
        solve_flow(codec->velocity(), codec->conditioning(), input, options, {}, {}, observe));
}

void run_scalar_decode(const Case& test, Report& report) {
  const auto codec = codec_of(test);
  const ScalarModel& scalar = scalar_of(*codec);
  const auto latents = on_device(test, test.in("latents"));  // [L, Z] or [L, Z/2]
  if (test.integer("channels") == 1) {
    close(test, report, "wave", scalar.decode_channel(latents.unsqueeze(0)));
    return;
  }
  close(test, report, "wave", scalar.decode(latents.unsqueeze(0))[0]);
  ScalarModel::Trace trace;
  scalar.decode_channel(latents.unflatten(1, {2, -1}).transpose(0, 1), &trace);
  close(test, report, "rounded", trace.rounded.permute({2, 0, 1}).flatten(1));  // [L, Z]
  close(test, report, "layer_0", trace.layer_0);
  close(test, report, "layer_1", trace.layer_1);
}

void run_scalar_encode(const Case& test, Report& report) {
  const auto codec = codec_of(test);
  const ScalarModel& scalar = scalar_of(*codec);
  const auto wave = on_device(test, test.in("wave"));  // [A, S]
  ScalarModel::Trace trace;
  const auto each = scalar.encode_channel(wave, &trace);  // [A, L, Z/2]
  const int64_t head = test.out("layer_1_head").size(2);
  close(test, report, "layer_1_head", trace.layer_1.slice(2, 0, head));
  close(test, report, "latents", wave.size(0) == 1 ? each[0] : scalar.encode(wave.unsqueeze(0))[0]);
}

// The sound of windows whose latents are given, joined as detokenize joins them.
at::Tensor join(const HeartCodec& codec, const at::Tensor& latents, const WindowPlan& plan,
                int64_t codes) {
  const int64_t per_code = CodecConfig::kLatentsPerFrame * codec.config().samples_per_latent();
  WindowJoiner joiner(plan.overlap() * per_code);
  for (int64_t i = 0; i < plan.count; ++i)
    joiner.add(codec.autoencoder().decode(latents.slice(0, i, i + 1))[0]);
  return joiner.finish(codes * per_code);
}

void run_detokenize(const Case& test, Report& report) {
  const auto codec = codec_of(test);
  const auto codes = test.in("codes");  // [K, T]
  const auto plan = WindowPlan::make(codes.size(1), test.number("duration"));
  report.require("window and hop in codes", plan.window == test.integer("window_codes") &&
                                                plan.hop == test.integer("hop_codes") &&
                                                plan.count == test.integer("windows"));
  DetokenizeOptions options;
  options.flow.steps = test.integer("num_steps");
  options.flow.guidance = test.number("guidance_scale");
  options.window_seconds = test.number("duration");
  options.noise = test.in("noise");
  std::vector<at::Tensor> latents;
  options.observe = [&](int64_t, const at::Tensor& window) { latents.push_back(window); };
  const auto wave = codec->detokenize(codes, options);
  const auto own = at::stack(latents).to(at::kCPU);  // [windows, L, Z]
  close(test, report, "latents", own);

  // Sound is compared from the file's latents: one that lies on the edge between two ninths may fall
  // either way, and few do.
  const auto given = test.out("latents");
  const auto flips = (at::round(own * 9) - at::round(given * 9)).abs();
  report.close("flipped ninths", flips.max(), at::zeros({}), 1.0);
  report.close("share of flipped ninths", flips.mean(at::kFloat), at::zeros({}), 2e-3);
  const auto sound = join(*codec, on_device(test, given), plan, codes.size(1)).to(at::kCPU);
  report.require("own wave has the length of the codes", wave.sizes() == sound.sizes());
  if (test.has("out.wave")) {
    close(test, report, "wave", sound);
    return;
  }
  report.exact("wave_length", at::full({1}, sound.size(1), at::kLong), test.out("wave_length"));
  const int64_t length = test.integer("slice_length");
  std::vector<at::Tensor> slices;
  std::stringstream starts(test.meta("slice_starts"));
  for (std::string start; std::getline(starts, start, ',');)
    slices.push_back(sound.slice(1, std::stoll(start), std::stoll(start) + length));
  close(test, report, "wave_slices", at::stack(slices));
}

const AddKind kKinds[] = {
    {"codec-rvq-decode", run_rvq_decode},
    {"codec-rvq-encode", run_rvq_encode},
    {"codec-conditioning", run_conditioning},
    {"codec-time-embedding", run_time_embedding},
    {"codec-block", run_block},
    {"codec-velocity", run_velocity},
    {"codec-solve", run_solve},
    {"codec-scalar-decode", run_scalar_decode},
    {"codec-scalar-encode", run_scalar_encode},
    {"codec-detokenize", run_detokenize},
};

}  // namespace
}  // namespace heart::parity
