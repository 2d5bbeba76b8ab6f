// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Audio as the classical methods and the fillers see it: one vector of float per channel, [A][S],
// full scale at ±1. Free of torch and GStreamer.

#pragma once

#include <cstddef>
#include <vector>

namespace heart {

using Planes = std::vector<std::vector<float>>;

/// Samples per channel; 0 without channels.
inline size_t length_of(const Planes& planes) { return planes.empty() ? 0 : planes.front().size(); }

/// `channels` planes of `length` zeros.
inline Planes make_planes(size_t channels, size_t length) {
  return Planes(channels, std::vector<float>(length, 0.0f));
}

}  // namespace heart
