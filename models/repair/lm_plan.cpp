// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/repair/lm_plan.h"

#include <algorithm>

namespace heart {

namespace {

int64_t floor_div(int64_t a, int64_t b) {
  return a / b - (a % b != 0 && (a < 0) != (b < 0));
}
int64_t ceil_div(int64_t a, int64_t b) {
  return -floor_div(-a, b);
}

}  // namespace

LmPlan plan_lm_repair(const LmPlanInput& input) {
  const int64_t latent_samples = input.frame_samples / input.latents_per_frame;
  const LatentReach& reach = input.reach;
  LmPlan plan;
  plan.grid_begin = -input.grid_offset;
  plan.gap_frames = ceil_div(input.grid_offset + input.gap_samples, input.frame_samples);
  const int64_t right_begin = plan.grid_begin + plan.gap_frames * input.frame_samples;
  plan.left_frames = std::clamp<int64_t>(
      (input.left_samples - input.grid_offset) / input.frame_samples, 0, input.max_left_frames);
  plan.right_frames = std::clamp<int64_t>(
      (input.gap_samples + input.right_samples - right_begin) / input.frame_samples, 0,
      input.max_right_frames);
  plan.first_latent = -plan.left_frames * input.latents_per_frame;
  plan.end_latent = (plan.gap_frames + plan.right_frames) * input.latents_per_frame;

  // The last latent p with p + sees_end ≤ trusted_samples is still held.
  const int64_t first_blind =
      floor_div(input.trusted_samples - reach.sees_end - plan.grid_begin, latent_samples) + 1;
  plan.first_generated = plan.left_frames == 0
                             ? plan.first_latent
                             : std::clamp(first_blind, plan.first_latent, plan.end_latent);
  // The first latent whose own sound begins behind the gap, or so little before it as is trusted.
  const int64_t first_good =
      ceil_div(input.gap_samples - input.trusted_right_samples - reach.own_begin - plan.grid_begin,
               latent_samples);
  plan.end_generated = plan.right_frames == 0
                           ? plan.end_latent
                           : std::clamp(first_good, plan.first_generated, plan.end_latent);

  // Seams reach into the good audio as far as every latent that sounds there is at hand; with less context
  // than the decoder reaches, over half of what there is.
  const int64_t left_begin = plan.grid_begin + plan.first_latent * latent_samples;
  const int64_t right_end = plan.grid_begin + plan.end_latent * latent_samples;
  const int64_t whole_left = -(left_begin - latent_samples + reach.sounds_end);
  const int64_t whole_right = right_end + reach.sounds_begin - input.gap_samples;
  plan.lead = std::clamp<int64_t>(std::max(whole_left, -left_begin / 2), 0,
                                  std::min(input.max_fade_samples, input.left_samples));
  plan.tail = std::clamp<int64_t>(std::max(whole_right, (right_end - input.gap_samples) / 2), 0,
                                  std::min(input.max_fade_samples, input.right_samples));
  if (plan.left_frames == 0) plan.lead = 0;
  if (plan.right_frames == 0) plan.tail = 0;

  plan.first_decoded = std::clamp(floor_div(-plan.lead - plan.grid_begin, latent_samples),
                                  plan.first_latent, plan.end_latent);
  plan.end_decoded =
      std::clamp(ceil_div(input.gap_samples + plan.tail - plan.grid_begin, latent_samples),
                 plan.first_decoded, plan.end_latent);
  return plan;
}

}  // namespace heart
