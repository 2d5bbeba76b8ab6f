// SPDX-License-Identifier: LGPL-2.1-or-later
//
// No exception leaves a callback or a thread: every one of them is a single call of guarded().

#pragma once

#include "models/base/error.h"

#include <gst/gst.h>

#include <exception>
#include <new>

namespace heart::engine {

/// Runs `work`; an exception becomes an element error (a cancelled task: nothing) and `on_fault` is returned.
template <typename Result, typename Work>
Result guarded(GstElement* element, Result on_fault, Work&& work) noexcept {
  try {
    return work();
  } catch (const Error& error) {
    if (error.fault() != Fault::kCancelled) {
      GST_ELEMENT_ERROR(element, LIBRARY, FAILED, (nullptr), ("%s", error.what()));
    }
  } catch (const std::bad_alloc&) {
    GST_ELEMENT_ERROR(element, RESOURCE, NO_SPACE_LEFT, ("Out of memory"), (nullptr));
  } catch (const std::exception& error) {
    GST_ELEMENT_ERROR(element, LIBRARY, FAILED, (nullptr), ("%s", error.what()));
  }
  return on_fault;
}

template <typename Work>
void guarded(GstElement* element, Work&& work) noexcept {
  guarded(element, 0, [&] {
    work();
    return 0;
  });
}

}  // namespace heart::engine
