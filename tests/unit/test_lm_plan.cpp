// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The grid of frames and latents around a gap, worked by hand.

#include "models/repair/lm_plan.h"

#include <glib.h>

#include <initializer_list>

namespace {

// A lapped transform with a hop of 480: a latent sees and changes its own 1920 samples and 240 on each side.
const heart::LatentReach kTransform{-240, 2160, 0, -240, 2160};
// The released convolutional autoencoder: two samples ahead, 49 latents back; its sound comes one latent early.
const heart::LatentReach kScalar{-49 * 1920, 2, -1920, -2 * 1920, 44 * 1920 + 192};

heart::LmPlanInput input_with(int64_t left, int64_t gap, int64_t right,
                              const heart::LatentReach& reach) {
  heart::LmPlanInput input;
  input.left_samples = left;
  input.gap_samples = gap;
  input.right_samples = right;
  input.reach = reach;
  return input;
}

void frames_cover_the_gap() {
  struct Row {
    int64_t gap, frames;
  };
  for (const Row& row :
       {Row{1, 1}, Row{3839, 1}, Row{3840, 1}, Row{3841, 2}, Row{48000, 13}, Row{7680, 2}}) {
    const auto plan = heart::plan_lm_repair(input_with(384000, row.gap, 384000, kTransform));
    g_assert_cmpint(plan.gap_frames, ==, row.frames);
    g_assert_cmpint(plan.left_frames, ==, 100);
    g_assert_cmpint(plan.grid_begin, ==, 0);
    // The right grid begins up to a frame after the gap, so one frame may be lost there.
    const int64_t between = row.frames * 3840 - row.gap;
    g_assert_cmpint(plan.right_frames, ==, (384000 - between) / 3840);
  }
}

void context_shorter_than_a_frame_is_none() {
  const auto plan = heart::plan_lm_repair(input_with(3839, 4000, 100, kTransform));
  g_assert_cmpint(plan.left_frames, ==, 0);
  g_assert_cmpint(plan.right_frames, ==, 0);
  g_assert_cmpint(plan.first_generated, ==, 0);
  g_assert_cmpint(plan.end_generated, ==, plan.end_latent);
  g_assert_cmpint(plan.lead, ==, 0);
  g_assert_cmpint(plan.tail, ==, 0);
}

void transform_holds_all_but_the_damaged_latents() {
  const auto plan = heart::plan_lm_repair(input_with(384000, 48000, 384000, kTransform));
  g_assert_cmpint(plan.first_latent, ==, -200);
  g_assert_cmpint(plan.first_generated, ==, 0);  // latent -1 sees 240 damaged samples: trusted
  g_assert_cmpint(plan.end_generated, ==, 25);   // 25 * 1920 = 48000: its own sound is good
  g_assert_cmpint(plan.lead, ==, 4800);
  g_assert_cmpint(plan.tail, ==, 4800);
  g_assert_cmpint(plan.first_decoded, ==,
                  -3);                        // -3 * 1920 + 2400 = -3360 > -4800; -4: -5280 < -4800
  g_assert_cmpint(plan.end_decoded, ==, 28);  // 27 * 1920 = 51840 < 52800; 28: 53760
}

void latent_that_sees_more_than_trusted_is_generated() {
  heart::LmPlanInput input = input_with(384000, 48000, 384000, kTransform);
  input.trusted_samples = 239;
  g_assert_cmpint(heart::plan_lm_repair(input).first_generated, ==, -1);
}

void right_side_is_held_from_where_the_continuation_is_trusted() {
  struct Row {
    int64_t gap, end_generated;
  };
  // 24 * 1920 = 46080, 25 * 1920 = 48000.
  for (const Row& row :
       {Row{46080, 24}, Row{46081, 24}, Row{47040, 24}, Row{47041, 25}, Row{48960, 25}}) {
    const auto plan = heart::plan_lm_repair(input_with(384000, row.gap, 384000, kTransform));
    g_assert_cmpint(plan.end_generated, ==, row.end_generated);
  }
}

void scalar_holds_the_latent_that_sees_two_damaged_samples() {
  const auto plan = heart::plan_lm_repair(input_with(384000, 48000, 384000, kScalar));
  g_assert_cmpint(plan.first_generated, ==, 1);
  g_assert_cmpint(plan.end_generated, ==,
                  26);  // own sound of latent 26 begins at 25 * 1920 = 48000
  g_assert_cmpint(plan.lead, ==, 4800);
}

void sidecar_grid_moves_frames_but_not_the_gap() {
  heart::LmPlanInput input = input_with(384000, 48000, 384000, kTransform);
  input.grid_offset = 3000;
  const auto plan = heart::plan_lm_repair(input);
  g_assert_cmpint(plan.grid_begin, ==, -3000);
  g_assert_cmpint(plan.gap_frames, ==, 14);  // 51000 samples
  g_assert_cmpint(plan.left_frames, ==, 99);
  g_assert_cmpint(plan.first_generated, ==, 1);  // latent 0 at -3000 sees up to -840
  g_assert_cmpint(plan.position_of_latent(plan.end_generated, 1920), >=, 48000 - 960);
  g_assert_cmpint(plan.position_of_latent(plan.end_generated - 1, 1920), <, 48000 - 960);
}

void short_context_still_gives_a_seam() {
  // Ten frames are fewer than the decoder's 44 latents of reach: half of them serve.
  const auto plan = heart::plan_lm_repair(input_with(10 * 3840, 48000, 10 * 3840, kScalar));
  g_assert_cmpint(plan.lead, ==, 4800);
  g_assert_cmpint(plan.first_decoded, ==, -3);
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/lm-plan/frames-cover-the-gap", frames_cover_the_gap);
  g_test_add_func("/lm-plan/context-shorter-than-a-frame-is-none",
                  context_shorter_than_a_frame_is_none);
  g_test_add_func("/lm-plan/transform-holds-all-but-the-damaged-latents",
                  transform_holds_all_but_the_damaged_latents);
  g_test_add_func("/lm-plan/latent-that-sees-more-than-trusted-is-generated",
                  latent_that_sees_more_than_trusted_is_generated);
  g_test_add_func("/lm-plan/right-side-is-held-from-where-the-continuation-is-trusted",
                  right_side_is_held_from_where_the_continuation_is_trusted);
  g_test_add_func("/lm-plan/scalar-holds-the-latent-that-sees-two-damaged-samples",
                  scalar_holds_the_latent_that_sees_two_damaged_samples);
  g_test_add_func("/lm-plan/sidecar-grid-moves-frames-but-not-the-gap",
                  sidecar_grid_moves_frames_but_not_the_gap);
  g_test_add_func("/lm-plan/short-context-still-gives-a-seam", short_context_still_gives_a_seam);
  return g_test_run();
}
