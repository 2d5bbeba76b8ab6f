// SPDX-License-Identifier: LGPL-2.1-or-later
//
// heart-train: makes the small checkpoint. Each subcommand prints its options when given a wrong one;
// README.md says in which order they are run.

#include "models/base/error.h"
#include "models/train/commands.h"
#include "models/train/process.h"

#include <ATen/Parallel.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

int main(int argc, char** argv) {
  using namespace heart::train;
  settle_environment(argv);
  keep_memory();
  const std::map<std::string, int (*)(Options&)> commands = {
      {"latents", make_latents},     {"codec", train_codec},
      {"codes", make_codes},         {"lm", train_lm},
      {"evaluate-lm", evaluate_lm},  {"evaluate-codec", evaluate_codec},
      {"export", export_checkpoint},
  };
  const auto found = commands.find(argc > 1 ? argv[1] : "");
  if (found == commands.end()) {
    std::fprintf(stderr, "usage: heart-train COMMAND --key value …, COMMAND one of");
    for (const auto& command : commands) std::fprintf(stderr, " %s", command.first.c_str());
    std::fprintf(stderr, "\n");
    return 2;
  }
  catch_stop_signals();
  if (!std::getenv("OMP_NUM_THREADS")) at::set_num_threads(1);
  try {
    Options options(argc, argv, 2);
    return found->second(options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "heart-train %s: %s\n", argv[1], error.what());
    return 1;
  }
}
