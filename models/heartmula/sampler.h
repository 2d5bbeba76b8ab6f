// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Drawing one code from logits: temperature, top-k, and the race argmax(p / e) with e ~ Exp(1), which is a
// draw from softmax(logits / temperature) among the survivors. On the CPU in f32, wherever the model runs.

#pragma once

#include <cstdint>
#include <random>

namespace heart {

struct Draw {
  int64_t index = 0;
  int64_t kept = 0;  // entries that survived top-k
};

struct SamplingRule {
  double temperature = 1.0;  // > 0; 0 means the largest logit
  int64_t top_k = 0;         // 0 keeps all, and so does one above the vocabulary
  int64_t limit = 0;  // codes from here on are never drawn (marks, undecodable ones); 0: none
};

/// With the noise e given, one number per entry.
/// Drops what is strictly below the k-th largest; ties with it stay.
Draw draw_with_noise(const float* logits, int64_t count, const SamplingRule& rule,
                     const float* noise);

/// With noise drawn for the survivors, in the order of their codes: the same seed draws the same codes on
/// any machine, as long as the same ones survive.
Draw draw(const float* logits, int64_t count, const SamplingRule& rule, std::mt19937_64& random);

}  // namespace heart
