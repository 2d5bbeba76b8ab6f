// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Where frames and latents lie around a gap: the arithmetic of the LM filler, apart from its networks.
// All positions are samples per channel at the codec's rate, 0 = first sample of the gap. The grid of
// frames begins at the gap (or where a codes sidecar has it) and runs through both contexts, so the
// right side lies on the same grid as the left. Free of torch.

#pragma once

#include <cstdint>

namespace heart {

/// What one latent, at sample p of the grid, has to do with sound near p. Half-open, relative to p.
struct LatentReach {
  int64_t sees_begin = 0;  // its value depends on samples [p + sees_begin, p + sees_end)
  int64_t sees_end = 0;
  int64_t own_begin = 0;     // where the sound that it stands for begins
  int64_t sounds_begin = 0;  // it changes the decoded samples [p + sounds_begin, p + sounds_end)
  int64_t sounds_end = 0;
};

struct LmPlanInput {
  int64_t left_samples = 0;  // good audio at hand before the gap
  int64_t gap_samples = 0;
  int64_t right_samples = 0;  // good audio at hand after it
  int64_t frame_samples = 3840;
  int64_t latents_per_frame = 2;
  int64_t grid_offset = 0;  // the gap begins so many samples into a frame, 0 … frame_samples − 1
  int64_t max_left_frames = 100;
  int64_t max_right_frames = 100;
  int64_t max_fade_samples = 4800;  // good audio wanted on each side for the seams
  LatentReach reach;
  /// Damaged samples that a held latent may see on the left, or sound over on the right: a cheap continuation
  /// is good for so long. On the right more is worth it: what is held there brings the seam into phase.
  int64_t trusted_samples = 480;
  int64_t trusted_right_samples = 960;
};

/// Frames count from the frame in which the gap begins, latents from that frame's first.
struct LmPlan {
  int64_t left_frames = 0;   // history, frames −left_frames … −1
  int64_t gap_frames = 0;    // to be written by the LM, frames 0 … gap_frames − 1
  int64_t right_frames = 0;  // frames gap_frames … gap_frames + right_frames − 1
  int64_t grid_begin = 0;    // sample at which frame 0 begins, ≤ 0

  int64_t first_latent = 0;     // of the left context, ≤ 0
  int64_t end_latent = 0;       // one past the right context's last
  int64_t first_generated = 0;  // latents [first_latent, first_generated) are held
  int64_t end_generated = 0;    // and [end_generated, end_latent)

  int64_t lead = 0;  // good samples of its own version that the filler gives, left and right
  int64_t tail = 0;
  int64_t first_decoded = 0;  // latents [first_decoded, end_decoded) decode to all that is wanted
  int64_t end_decoded = 0;

  int64_t total_frames() const { return left_frames + gap_frames + right_frames; }
  int64_t total_latents() const { return end_latent - first_latent; }
  int64_t position_of_latent(int64_t latent, int64_t latent_samples) const {
    return grid_begin + latent * latent_samples;
  }
};

/// Pure arithmetic, no errors: contexts too short for a frame come out as 0 frames.
LmPlan plan_lm_repair(const LmPlanInput& input);

}  // namespace heart
