// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A training run on disk: everything that the next step depends on, in one safetensors file that is
// replaced in one rename, so that a run can be killed at any moment and continued bit for bit.
// Random numbers need no place in it: each step draws them from (seed, step), see step_random.h.

#pragma once

#include "models/train/optimiser.h"
#include "models/train/parameter_bank.h"

#include <map>
#include <string>

namespace heart::train {

/// What a run file holds besides the tensors of bank, optimiser and codebooks.
struct RunState {
  int64_t step = 0;
  uint64_t seed = 0;
  std::string config;  // the run's config as JSON text; a resumed run must have the same
  std::map<std::string, at::Tensor> extra;  // e.g. the codebooks' running sums
};

/// Errors   Error{kFile} with the path and the system's reason
void save_run(const std::string& path, const RunState& state, const ParameterBank& bank,
              const AdamW& optimiser);

/// Restores bank and optimiser in place.
/// Errors   Error{kFile}: unreadable, or of another config than `config` (the text names both)
RunState load_run(const std::string& path, const std::string& config, ParameterBank& bank,
                  AdamW& optimiser);

}  // namespace heart::train
