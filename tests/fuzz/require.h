// SPDX-License-Identifier: LGPL-2.1-or-later
//
// How a target says what must hold.

#pragma once

#include <cstdio>
#include <cstdlib>

/// Aborts, which libFuzzer and the replay program both report, unless `condition` holds.
#define REQUIRE(condition)                                                    \
  do {                                                                        \
    if (!(condition)) {                                                       \
      fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
      abort();                                                                \
    }                                                                         \
  } while (0)
