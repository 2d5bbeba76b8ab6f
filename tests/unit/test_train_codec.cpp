// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Which parts of the codec each stage of its training moves, and that its losses fall.

#include "models/base/error.h"
#include "models/heartcodec/transform_autoencoder.h"
#include "models/train/codec_task.h"
#include "models/train/optimiser.h"
#include "models/train/step_random.h"

#include <glib.h>

#include <c10/core/GradMode.h>

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

namespace {

using namespace heart::train;
namespace codec = heart::codec;

// 2 × (2 + 3) numbers a latent, so that steps take milliseconds.
const char kCodec[] = R"({"dim": 8, "codebook_size": 8, "codebook_dim": 4, "num_quantizers": 2,
    "attention_head_dim": 4, "num_attention_heads": 2, "num_layers": 1, "num_layers_2": 1,
    "in_channels": 28, "out_channels": 10, "sample_rate": 48000,
    "autoencoder": {"type": "transform", "hop": 1920, "sub_frames": 1, "low_bins": 2, "bands": 3,
                    "envelopes": 0}})";
const char kEncoder[] = R"({"version": "light1", "dim": 8, "num_layers": 1, "num_heads": 2})";

// One slow wave in all numbers: its value is all there is to tell.
LatentStore waves() {
  const at::Tensor t = at::arange(400, at::kFloat).unsqueeze(1);
  return LatentStore(at::sin(t * 0.1 + at::arange(10, at::kFloat) * 0.3) * 1.4, {0, 400}, {"wave"});
}

std::unique_ptr<CodecTask> task_of(CodecStage stage) {
  CodecTaskOptions options;
  options.stage = stage;
  options.is_bf16 = false;
  options.batch = 2;
  options.crop_latents = {32};
  return std::make_unique<CodecTask>(kCodec, kEncoder, waves(), at::zeros({10}), at::ones({10}),
                                     options);
}

/// Runs `steps` steps and returns the mean total loss of the first and of the last ten: single steps differ
/// by the times that the flow's loss drew.
std::pair<double, double> train(CodecTask& task, int64_t steps) {
  AdamW::Options options;
  options.weight_decay = 0.1;  // would show in weights that are meant to stay
  AdamW optimiser(task.bank().weights(), options);
  double first = 0, last = 0;
  for (int64_t step = 0; step < steps; ++step) {
    task.bank().clear_gradients();
    task.before_step(step);
    const double loss = task.accumulate(0, step, 0, 1.0)[0].item<double>();
    if (step < 10) first += loss / 10;
    if (step >= steps - 10) last += loss / 10;
    optimiser.step(task.bank().weights(), task.bank().gradient(0), task.bank().decay_mask(), 1e-2);
    task.after_step(step);
  }
  task.bank().update_average(0.0);
  return {first, last};
}

std::map<std::string, at::Tensor> values_of(CodecTask& task) {
  task.bank().update_average(0.0);
  std::map<std::string, at::Tensor> values;
  for (const auto& [name, tensor] : task.bank().named_average()) values[name] = tensor.clone();
  return values;
}

void a_stage_moves_its_own_part_alone() {
  const struct {
    CodecStage stage;
    bool moves_encoder, moves_codebooks, moves_velocity;
  } rows[] = {{CodecStage::kBoth, true, true, true},
              {CodecStage::kCodes, true, true, false},
              {CodecStage::kFlow, false, false, true}};
  for (const auto& row : rows) {
    const auto task = task_of(row.stage);
    const auto before = values_of(*task);
    train(*task, 3);
    const auto after = values_of(*task);
    const auto moved = [&](const char* name) {
      return (after.at(name) - before.at(name)).abs().max().item<double>() > 0;
    };
    g_assert_true(moved("encoder.proj_in.weight") == row.moves_encoder);
    g_assert_true(moved("flow_matching.vq_embed.project_in.weight") == row.moves_encoder);
    g_assert_true(moved("flow_matching.vq_embed.layers.0._codebook.embed") == row.moves_codebooks);
    g_assert_true(moved("flow_matching.vq_embed.project_out.weight") == row.moves_velocity);
    g_assert_true(moved("flow_matching.estimator.proj_out.ffn_2.weight") == row.moves_velocity);
    g_assert_false(moved("transform_model.mean"));
  }
}

void every_stage_learns() {
  for (const CodecStage stage : {CodecStage::kBoth, CodecStage::kCodes, CodecStage::kFlow}) {
    const auto task = task_of(stage);
    const auto [first, last] = train(*task, 160);
    g_test_message("%s: %.3f to %.3f", name_of(stage).c_str(), first, last);
    g_assert_cmpfloat(last, <, 0.9 * first);
  }
}

void stages_are_known_by_name() {
  for (const CodecStage stage : {CodecStage::kBoth, CodecStage::kCodes, CodecStage::kFlow}) {
    g_assert_true(codec_stage_from(name_of(stage)) == stage);
    g_assert_true(task_of(stage)->config().find("\"stage\":\"" + name_of(stage) + "\"") !=
                  std::string::npos);
  }
  try {
    codec_stage_from("flows");
    g_assert_not_reached();
  } catch (const heart::Error& error) {
    g_assert_nonnull(strstr(error.what(), "flows"));
  }
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/train_codec/a_stage_moves_its_own_part_alone",
                  a_stage_moves_its_own_part_alone);
  g_test_add_func("/train_codec/every_stage_learns", every_stage_learns);
  g_test_add_func("/train_codec/stages_are_known_by_name", stages_are_known_by_name);
  return g_test_run();
}
