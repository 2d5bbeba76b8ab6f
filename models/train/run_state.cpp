// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/train/run_state.h"

#include "models/base/error.h"
#include "models/checkpoint/safetensors.h"

#include <c10/core/GradMode.h>

namespace heart::train {
namespace {

at::Tensor stored(const SafetensorsFile& file, const std::string& name, const at::Tensor& like) {
  const at::Tensor tensor = file.tensor(name);
  if (tensor.sizes() != like.sizes()) {
    throw Error(Fault::kFile, file.path() + ": " + name + " is " + shape_text(tensor.sizes()) +
                                  ", this run wants " + shape_text(like.sizes()));
  }
  return tensor;
}

}  // namespace

void save_run(const std::string& path, const RunState& state, const ParameterBank& bank,
              const AdamW& optimiser) {
  std::vector<std::pair<std::string, at::Tensor>> tensors = {
      {"weights", bank.weights()},
      {"average", bank.average()},
      {"first_moment", optimiser.first_moment()},
      {"second_moment", optimiser.second_moment()}};
  for (const auto& buffer : bank.buffers())
    tensors.emplace_back("buffer." + buffer.first, buffer.second);
  for (const auto& extra : state.extra) tensors.emplace_back("extra." + extra.first, extra.second);
  write_safetensors(path, tensors,
                    {{"step", std::to_string(state.step)},
                     {"seed", std::to_string(state.seed)},
                     {"optimiser_steps", std::to_string(optimiser.steps_done())},
                     {"config", state.config}});
}

RunState load_run(const std::string& path, const std::string& config, ParameterBank& bank,
                  AdamW& optimiser) {
  c10::NoGradGuard no_grad;
  const auto file = SafetensorsFile::open(path);
  const auto text = [&](const std::string& key) {
    const auto found = file->metadata().find(key);
    if (found == file->metadata().end()) {
      throw Error(Fault::kFile,
                  path + ": no \"" + key + "\" in its metadata; is it a run of heart-train?");
    }
    return found->second;
  };
  RunState state;
  state.config = text("config");
  if (state.config != config) {
    throw Error(Fault::kFile, path + ": this run was started with " + state.config + ", now " +
                                  config + " is given; give its config or another --run");
  }
  state.step = std::stoll(text("step"));
  state.seed = std::stoull(text("seed"));
  bank.weights().copy_(stored(*file, "weights", bank.weights()));
  bank.average().copy_(stored(*file, "average", bank.average()));
  optimiser.restore(stored(*file, "first_moment", optimiser.first_moment()),
                    stored(*file, "second_moment", optimiser.second_moment()),
                    std::stoll(text("optimiser_steps")));
  for (const auto& buffer : bank.buffers()) {
    at::Tensor live = buffer.second;
    live.copy_(stored(*file, "buffer." + buffer.first, live));
  }
  const std::string prefix = "extra.";
  for (const auto& entry : file->entries()) {
    if (entry.first.compare(0, prefix.size(), prefix) != 0) continue;
    state.extra[entry.first.substr(prefix.size())] = file->tensor(entry.first).clone();
  }
  return state;
}

}  // namespace heart::train
