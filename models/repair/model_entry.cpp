// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The one symbol that libheartmodels.so shows.

#include "models/repair/lm_filler.h"

#include <exception>

extern "C" __attribute__((visibility("default"))) heart::ModelFiller* heart_models_create(
    uint32_t abi, const heart::ModelSettings* settings, heart::Failure* failure) {
  using heart::Fault;
  // Nothing of the caller's may be read before both sides agree on its shape.
  if (abi != heart::kModelModuleAbi) return nullptr;
  try {
    const auto refuse = [&](const std::string& text) -> heart::ModelFiller* {
      *failure = {Fault::kInput, text};
      return nullptr;
    };
    if (settings->flow_steps < 1) return refuse("flow-steps is below 1");
    if (settings->temperature < 0) return refuse("temperature is below 0");
    return new heart::LmFiller(*settings);
  } catch (const std::exception& error) {
    *failure = {Fault::kInternal, error.what()};
  }
  return nullptr;
}
