// SPDX-License-Identifier: LGPL-2.1-or-later
//
// From noise to latents by Euler steps along the velocity network, holding the latents that are given.
// Context may lie left, right, on both sides or anywhere: the mask says where. Source: flow matching,
// arXiv 2210.02747; guidance arXiv 2207.12598; HeartCodec, arXiv 2601.10547.

#pragma once

#include "models/base/job.h"
#include "models/heartcodec/conditioning.h"
#include "models/heartcodec/velocity_network.h"

#include <ATen/ATen.h>

#include <functional>

namespace heart::codec {

struct FlowOptions {
  int64_t steps = 10;
  double guidance = 1.25;  // 1 and below: one evaluation per step instead of two
};

/// One solve. B repairs of one length may share it; a tensor of batch 1 serves all.
struct FlowInput {
  at::Tensor noise;    // [B, L, Z], N(0, 1): see draw_noise
  at::Tensor mu;       // [B or 1, L, D], of Conditioning::forward
  at::Tensor mask;     // [B or 1, L] int64, values of LatentMask
  at::Tensor context;  // [B or 1, L, Z]; read only where the mask is kInContext
};

/// Told x after each step, before the context is set again.
using StepObserver = std::function<void(int64_t step, const at::Tensor& x)>;

/// Shapes   -> latents [B, L, Z] f32; where the mask is kInContext they are the context's, bit for bit
/// Errors   Fault::kInput: steps below 1; kCancelled; kMemory: the device is full
/// Threads  const and re-entrant; `cancel` is read before every step
at::Tensor solve_flow(const VelocityNetwork& network, const Conditioning& conditioning,
                      const FlowInput& input, const FlowOptions& options, const Cancel& cancel = {},
                      const Progress& progress = {}, const StepObserver& observe = {});

/// Standard normal numbers, drawn on the CPU so that a seed means the same on every device. Every
/// row has its own stream: it is the same whatever the batch.   [B, L, Z]
at::Tensor draw_noise(int64_t batch, int64_t length, int64_t width, uint64_t seed);

}  // namespace heart::codec
