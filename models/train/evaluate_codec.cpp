// SPDX-License-Identifier: LGPL-2.1-or-later
//
// heart-train evaluate-codec: how well an exported codec makes gaps of known pieces from true codes, from
// random ones and from none, as error of the latents over their variance (1 = the mean value, 2 = an
// unrelated sample), and how many entries of its codebooks those pieces use.

#include "models/base/error.h"
#include "models/heartcodec/heartcodec.h"
#include "models/train/audio_folder.h"
#include "models/train/commands.h"
#include "models/train/step_random.h"

#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cstdio>
#include <functional>

namespace heart::train {

int evaluate_codec(Options& options) {
  const std::string checkpoint = options.needed_text("checkpoint");
  const AudioFolder folder(options.needed_text("audio"));
  const int64_t pieces = std::min(options.integer("limit", 1000), folder.pieces());
  const int64_t gap_latents = options.integer("gap-latents", 24);
  const int64_t side_latents = options.integer("side-latents", 100);
  options.finish();
  const c10::InferenceMode no_gradients;
  const auto codec = codec::HeartCodec::load(checkpoint + "/HeartCodec-nano",
                                             checkpoint + "/HeartCodec-nano-encoder");
  const int64_t rate = codec->config().sample_rate;
  const int64_t books = codec->config().num_quantizers, size = codec->config().codebook_size;
  const int64_t length = 2 * side_latents + gap_latents;
  const int64_t samples = length * codec->autoencoder().samples_per_latent();

  struct Row {
    const char* name;
    bool has_sides;
    std::function<at::Tensor(const at::Tensor& codes, StepRandom& random)> codes;
    double error = 0, variance = 0;
  };
  const auto truth = [](const at::Tensor& codes, StepRandom&) { return codes; };
  const auto chance = [&](const at::Tensor& codes, StepRandom& random) {
    return at::randint(size, codes.sizes(), random.tensors(), at::kLong);
  };
  Row rows[] = {{"true codes, both sides", true, truth},
                {"true codes, no sides", false, truth},
                {"random codes, both sides", true, chance},
                {"no codes, both sides", true, {}}};
  at::Tensor counts = at::zeros({books, size}, at::kLong);
  int64_t judged = 0;
  for (int64_t i = 0; i < pieces; ++i) {
    StepRandom random(1, i, 0);
    const at::Tensor whole = folder.read(i, static_cast<int>(rate)).unsqueeze(0);  // [1, A, S]
    if (whole.size(2) < samples) continue;
    const int64_t begin = random.between(0, whole.size(2) - samples + 1);
    const at::Tensor audio = whole.slice(2, begin, begin + samples);
    const at::Tensor latents = codec->autoencoder().encode(audio).slice(1, 0, length);  // [1, L, Z]
    const at::Tensor codes = codec->encode_codes(audio, rate).slice(2, 0, length / 2);
    for (int64_t k = 0; k < books; ++k) {
      counts[k].add_(at::bincount(codes[0][k].contiguous(), {}, size));
    }
    at::Tensor mask = at::full({1, length}, static_cast<int64_t>(codec::kInContext), at::kLong);
    const int64_t gap_end = side_latents + gap_latents;
    mask.slice(1, side_latents, gap_end).fill_(static_cast<int64_t>(codec::kGenerate));
    for (Row& row : rows) {
      codec::FlowInput input;
      input.noise = codec::draw_noise(1, length, codec->config().out_channels, 7);
      const at::Tensor mu = codec->mu_of_codes(row.codes ? row.codes(codes, random) : codes);
      input.mu = row.codes ? mu : at::zeros_like(mu);
      input.mask =
          row.has_sides ? mask : at::full_like(mask, static_cast<int64_t>(codec::kGenerate));
      input.context = latents;
      codec::FlowOptions flow;
      flow.guidance = 1.0;
      const at::Tensor made = codec->solve(input, flow).slice(1, side_latents, gap_end);
      const at::Tensor wanted = latents.slice(1, side_latents, gap_end);
      row.error += (made - wanted).square().sum().item<double>();
      row.variance += wanted.square().sum().item<double>();
    }
    ++judged;
  }
  if (judged == 0) throw Error(Fault::kInput, "no piece is long enough for the context asked for");
  std::printf("# %lld gaps of %.2f s, %.2f s of context\n", static_cast<long long>(judged),
              gap_latents * 0.04, side_latents * 0.04);
  for (const Row& row : rows) std::printf("%s\t%.3f\n", row.name, row.error / row.variance);
  std::printf("entries used");
  for (int64_t k = 0; k < books; ++k) {
    std::printf("\t%.0f %%", 100 * (counts[k] > 0).to(at::kDouble).mean().item<double>());
  }
  std::printf("\n# of %lld frames, %lld entries\n",
              static_cast<long long>(counts[0].sum().item<int64_t>()),
              static_cast<long long>(size));
  return 0;
}

}  // namespace heart::train
