// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What this process holds in memory, as the kernel counts it. Linux only; elsewhere everything is unknown.

#pragma once

#include <cstdint>
#include <optional>

namespace heart::tools {

struct MemoryUse {
  uint64_t peak_bytes = 0;       // most resident since the start, or since forget_peak()
  uint64_t anonymous_bytes = 0;  // its own: copies, activations
  uint64_t file_bytes = 0;       // mapped files; the kernel may take these back at any time
};

/// Nothing where the system does not say.
std::optional<MemoryUse> memory_use();

/// Starts a new peak at what is resident now. False where the system cannot.
bool forget_peak();

}  // namespace heart::tools
