// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a reader of model files may throw: heart::Error about the file or a given value, with a text that can be
// shown. Anything else ends the program, as any uncaught exception does.

#pragma once

#include "models/base/error.h"
#include "tests/fuzz/require.h"

#include <glib.h>

namespace heart::fuzz {

template <typename Work>
void read_or_refuse(Work&& work) {
  try {
    work();
  } catch (const Error& error) {
    REQUIRE(error.fault() == Fault::kFile || error.fault() == Fault::kInput);
    REQUIRE(*error.what() && g_utf8_validate(error.what(), -1, nullptr));
  }
}

}  // namespace heart::fuzz
