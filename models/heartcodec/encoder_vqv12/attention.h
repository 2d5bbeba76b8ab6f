// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Full attention over one chunk, a block of queries at a time: 1500 positions would need 110 MB of scores
// per channel at once. Source: arXiv 1706.03762.

#pragma once

#include "models/base/job.h"

#include <ATen/ATen.h>

#include <functional>

namespace heart::vqv12 {

/// Scores to be added for the queries [begin, end): [B or 1, H, end - begin, T].
using AttentionBias = std::function<at::Tensor(int64_t begin, int64_t end)>;

/// softmax(q·k / sqrt(E) + bias) · v, rows in blocks of at most `kQueryBlock` queries.
/// Shapes   q, k, v [B, H, T, E] -> [B, H, T, E]
/// Errors   Fault::kCancelled between blocks
at::Tensor attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                  const Cancel& cancel, const AttentionBias& bias = {});

inline constexpr int64_t kQueryBlock = 256;

}  // namespace heart::vqv12
