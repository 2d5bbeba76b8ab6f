// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Reading and writing whole sound files by libsndfile, as planes.

#pragma once

#include "models/base/planes.h"

#include <string>

namespace heart {

struct Sound {
  Planes planes;  // [A][S]
  int rate_hz = 0;
};

/// Reads `length_s` seconds (0: all) from `begin_s` on.
/// Errors   Error{kFile}: not there, or not a sound file
Sound read_sound(const std::string& path, double begin_s = 0, double length_s = 0);

/// Writes a WAV of 16-bit samples, no dither, under a temporary name that is renamed at the end.
/// Errors   Error{kFile}: cannot be written
void write_wav16(const std::string& path, const Sound& sound);

}  // namespace heart
