// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Missing samples from an autoregressive model of what surrounds them. Source: Janssen, Veldhuis,
// Vries, "Adaptive interpolation of discrete-time signals that can be modeled as autoregressive
// processes", 1986; Kauppinen and Roth, "Audio signal extrapolation", 2002. Any thread.

#pragma once

#include "models/audio/linear_prediction.h"
#include "models/base/job.h"

#include <cstddef>
#include <vector>

namespace heart {

struct ArOptions {
  int order = 2048;
  double context_ms = 250;  // of each side, for the fit
  int passes = 2;           // fits; all but the first also see the previous estimate of the gap
};

/// The `count` samples between left and right that minimise the prediction error of everything they
/// take part in. Both sides must hold at least order() samples.
/// Units    cost O(count²): Levinson's recursion on the exactly Toeplitz normal equations
std::vector<double> interpolate_least_squares(const Predictor& predictor, const Stretch& left,
                                              size_t count, const Stretch& right);

/// Both sides extrapolated over the gap and faded into each other with weights cos² and sin²,
/// for gaps too long for the equations above. Either side may be empty.
std::vector<double> interpolate_faded(const Predictor& from_left, const Stretch& left, size_t count,
                                      const Predictor& from_right, const Stretch& right);

/// Fits and interpolates one channel; picks the method by length and by what the sides hold.
/// Errors   Error{kInput}: fewer than 64 samples of context on both sides; kCancelled
std::vector<double> interpolate(const Stretch& left, size_t count, const Stretch& right,
                                int rate_hz, const ArOptions& options, const Cancel& cancel);

}  // namespace heart
