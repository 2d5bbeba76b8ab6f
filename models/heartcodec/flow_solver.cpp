// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/heartcodec/flow_solver.h"

#include "models/base/error.h"

#include <ATen/CPUGeneratorImpl.h>

namespace heart::codec {
namespace {

constexpr double kLeastNoise = 1e-6;  // sigma_min: what is left of the noise at t = 1

}  // namespace

at::Tensor draw_noise(int64_t batch, int64_t length, int64_t width, uint64_t seed) {
  auto noise = at::empty({batch, length, width}, at::TensorOptions(at::kFloat));
  for (int64_t b = 0; b < batch; ++b) {
    const auto row_seed = seed + static_cast<uint64_t>(b) * 0x9e3779b97f4a7c15ull;
    noise[b].copy_(at::randn({length, width}, at::make_generator<at::CPUGeneratorImpl>(row_seed)));
  }
  return noise;
}

at::Tensor solve_flow(const VelocityNetwork& network, const Conditioning& conditioning,
                      const FlowInput& input, const FlowOptions& options, const Cancel& cancel,
                      const Progress& progress, const StepObserver& observe) {
  if (options.steps < 1)
    throw Error(Fault::kInput,
                "flow steps are " + std::to_string(options.steps) + ", wanted 1 or more");
  const int64_t batch = input.noise.size(0), length = input.noise.size(1);
  const bool guided = options.guidance > 1.0;
  const auto device = network.device();
  const auto f32 = at::TensorOptions(device).dtype(at::kFloat);

  const auto noise = input.noise.to(f32);                           // [B, L, Z]
  const auto mask = input.mask.to(device).expand({batch, length});  // [B, L]
  const auto given = (mask == kInContext).unsqueeze(-1);            // [B, L, 1]
  const auto context =
      at::where(given, input.context.to(f32), at::zeros({1}, f32)).expand_as(noise);  // [B, L, Z]
  const auto mu =
      conditioning.masked(input.mu.to(device).expand({batch, length, -1}), mask);  // [B, L, D]

  // The half without guidance comes first, as upstream has it: both halves see the same latents.
  const auto prepared =
      guided ? network.prepare(at::cat({context, context}), at::cat({at::zeros_like(mu), mu}))
             : network.prepare(context, mu);
  const auto times = at::arange(options.steps, f32) / static_cast<double>(options.steps);
  const auto modulations = network.modulation(times);

  auto x = noise;
  for (int64_t step = 0; step < options.steps; ++step) {
    cancel.check();
    if (progress) progress(static_cast<double>(step) / static_cast<double>(options.steps), "solve");
    const double t = static_cast<double>(step) / static_cast<double>(options.steps);
    x = at::where(given, (1 - (1 - kLeastNoise) * t) * noise + t * context, x);
    const auto modulation = modulations.row(step);
    at::Tensor v;
    if (guided) {
      const auto both = network.forward(at::cat({x, x}), prepared, modulation).chunk(2);
      v = both[0] + options.guidance * (both[1] - both[0]);
    } else {
      v = network.forward(x, prepared, modulation);
    }
    x = x + v / static_cast<double>(options.steps);  // [B, L, Z]
    if (observe) observe(step, x);
  }
  if (progress) progress(1.0, "solve");
  return at::where(given, context, x);
}

}  // namespace heart::codec
