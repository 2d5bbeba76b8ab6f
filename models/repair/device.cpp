// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/repair/device.h"

#include <ATen/Context.h>
#include <c10/util/Exception.h>

#include <cstdlib>
#include <new>

namespace heart {

at::Device device_named(const std::string& text) {
  const int cuda_devices =
      at::hasCUDA() ? static_cast<int>(at::detail::getCUDAHooks().getNumGPUs()) : 0;
  std::string offered = "auto, cpu";
  for (int i = 0; i < cuda_devices; ++i) offered += ", cuda:" + std::to_string(i);
  if (at::hasMPS()) offered += ", mps";

  if (text == "auto" || text.empty()) {
    return cuda_devices > 0 ? at::Device(at::kCUDA, 0) : at::Device(at::kCPU);
  }
  const auto refuse = [&]() -> at::Device {
    throw Error(Fault::kInput, "device '" + text + "' is not there; this machine has " + offered);
  };
  if (text == "cpu") return at::kCPU;
  if (text == "mps") return at::hasMPS() ? at::Device(at::kMPS) : refuse();
  if (text.rfind("cuda", 0) == 0) {
    int index = 0;
    if (text.size() > 4) {
      char* end = nullptr;
      if (text[4] != ':' || text.size() == 5) return refuse();
      index = static_cast<int>(std::strtol(text.c_str() + 5, &end, 10));
      if (*end != '\0') return refuse();
    }
    return index >= 0 && index < cuda_devices
               ? at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(index))
               : refuse();
  }
  return refuse();
}

bool is_out_of_memory(const std::exception& error) {
  if (const auto* own = dynamic_cast<const Error*>(&error)) return own->fault() == Fault::kMemory;
  if (dynamic_cast<const std::bad_alloc*>(&error) ||
      dynamic_cast<const c10::OutOfMemoryError*>(&error)) {
    return true;
  }
  if (!dynamic_cast<const c10::Error*>(&error)) return false;
  // The CPU's allocator, cuBLAS and cuDNN throw plain errors.
  const std::string text = error.what();
  for (const char* sign : {"out of memory", "can't allocate memory", "CUBLAS_STATUS_ALLOC_FAILED",
                           "CUDNN_STATUS_ALLOC_FAILED"}) {
    if (text.find(sign) != std::string::npos) return true;
  }
  return false;
}

bool detail::should_move_to_cpu(const std::exception& error, at::Device device, const Warn& warn) {
  if (device.is_cpu() || !is_out_of_memory(error)) return false;
  const auto* torch = dynamic_cast<const c10::Error*>(&error);
  const std::string text = torch ? torch->what_without_backtrace() : error.what();
  if (warn) warn(device.str() + " has too little memory, the CPU takes over: " + text);
  return true;
}

}  // namespace heart
