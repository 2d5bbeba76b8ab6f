// SPDX-License-Identifier: LGPL-2.1-or-later
//
// One request, worked off: floats from the stream's format, the filler, the splice, and back. On a worker.

#pragma once

#include "plugins/heartinpaint/stream.h"

namespace heart::engine {

/// Fills and splices. Never throws: a fault is an answer without audio whose detail says why.
Answer repair(Request& request, GapFiller& filler, const Progress& progress);

/// As `repair`; if the filler fails, `fallback` is tried, then silence. The detail of the answer is the
/// filler's fault. Without a fallback the answer then holds no audio.
Answer repair_or_fall_back(Request& request, GapFiller& filler, GapFiller* fallback,
                           const Progress& progress);

}  // namespace heart::engine
