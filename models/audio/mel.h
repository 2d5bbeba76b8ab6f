// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Short-time spectra as power in mel bands and in pitch classes: what the search for a transplant
// and the metrics compare. Definitions as in audio evaluation kits: periodic Hann window, a
// full-scale sine is 0 dB, triangles on the mel scale 2595·log10(1 + f/700). Any thread.

#pragma once

#include "models/base/planes.h"

#include <Eigen/Core>
#include <cstddef>

namespace heart {

/// Magnitudes |X| / (sum of window / 2) of one channel's frame at every bin.
/// Frame k covers samples [begin + k·hop, begin + k·hop + window); what lies outside counts as zero.
/// Shapes   -> [window/2 + 1, frames]
Eigen::ArrayXXd magnitudes(const std::vector<float>& plane, long begin, size_t frames,
                           size_t window, size_t hop);

/// Power per bin, summed over channels; arguments as above.
Eigen::ArrayXXd power_frames(const Planes& audio, long begin, size_t frames, size_t window,
                             size_t hop);

/// Triangular filters; one narrower than a bin takes the nearest bin.
/// Shapes   -> [bands, window/2 + 1]
Eigen::MatrixXd mel_bank(int rate_hz, size_t window, int bands, double low_hz, double high_hz);

/// 10·log10 of the bands' power, not below floor_db.
/// Shapes   power [bins, frames] -> [bands, frames]
Eigen::ArrayXXd log_mel(const Eigen::MatrixXd& bank, const Eigen::ArrayXXd& power,
                        double floor_db = -100);

/// Square root of the power in each of 12 pitch classes, every bin given to its nearest semitone.
/// Shapes   power [bins, frames] -> [12, frames]
Eigen::ArrayXXd chroma(const Eigen::ArrayXXd& power, int rate_hz, size_t window, double low_hz = 55,
                       double high_hz = 5000);

}  // namespace heart
