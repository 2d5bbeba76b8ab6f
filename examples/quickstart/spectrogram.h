// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A picture of several recordings below each other, to look at what a repair did.

#pragma once

#include "examples/quickstart/sound_file.h"

#include <string>
#include <utility>
#include <vector>

namespace heart {

/// Writes a PNG: one log-frequency spectrogram (40 Hz … 16 kHz, −90 … 0 dBFS) a sound, in the given order,
/// over a common time axis; `spans` (seconds) are marked by a bar above each.
/// Errors   Error{kFile}: cannot be written
void write_spectrograms(const std::string& path, const std::vector<Sound>& sounds,
                        const std::vector<std::pair<double, double>>& spans);

}  // namespace heart
