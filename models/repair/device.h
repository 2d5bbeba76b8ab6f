// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Where the networks run: the device that a property names, what each device can do, and the way back to
// the CPU when a device's memory does not suffice.

#pragma once

#include "models/base/error.h"

#include <ATen/ATen.h>

#include <exception>
#include <functional>
#include <string>

namespace heart {

/// The device that a property text names; "auto" takes CUDA where there is one.
/// Errors   Error{kInput}: unknown or absent, with a list of what there is
at::Device device_named(const std::string& text);

/// Whether memory ran out, of the host or a device, in whichever type libtorch says so.
bool is_out_of_memory(const std::exception& error);

/// Told a text for the user: what went wrong and what was done instead.
using Warn = std::function<void(const std::string&)>;

namespace detail {
/// Whether `error`, thrown by work on `device`, is a reason to try the CPU; if so, `warn` is told.
bool should_move_to_cpu(const std::exception& error, at::Device device, const Warn& warn);
}  // namespace detail

/// `work(device)`, and where that device's memory runs out, after a warning, `work(kCPU)`. Everything else
/// that `work` throws passes, and so does want of memory on the CPU itself.
template <typename Work>
auto on_device_or_cpu(at::Device device, const Warn& warn, Work&& work) {
  try {
    return work(device);
  } catch (const std::exception& error) {
    if (!detail::should_move_to_cpu(error, device, warn)) throw;
  }
  // Outside the handler: what the exception holds of the device is free by now.
  return work(at::Device(at::kCPU));
}

}  // namespace heart
