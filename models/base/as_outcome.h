// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Where exceptions end: every filler and every other border of models/ is one call of as_outcome().

#pragma once

#include "models/base/error.h"

#include <exception>
#include <new>

namespace heart {

/// The value of `work`, or what it threw as a Failure; `out_of_memory` is the text for std::bad_alloc.
template <typename Work>
auto as_outcome(const char* out_of_memory, Work&& work) -> Outcome<decltype(work())> {
  try {
    return work();
  } catch (const Error& error) {
    return Failure{error.fault(), error.what()};
  } catch (const std::bad_alloc&) {
    return Failure{Fault::kMemory, out_of_memory};
  } catch (const std::exception& error) {
    return Failure{Fault::kInternal, error.what()};
  }
}

}  // namespace heart
