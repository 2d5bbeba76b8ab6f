// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The subcommands of heart-train, one function each: read options, do the work, return the exit code.
// Errors   heart::Error, printed by main

#pragma once

#include "models/train/options.h"
#include "models/train/train_loop.h"

namespace heart::train {

int make_latents(Options& options);
int train_codec(Options& options);
int make_codes(Options& options);
int train_lm(Options& options);
int evaluate_lm(Options& options);
int evaluate_codec(Options& options);
int export_checkpoint(Options& options);

/// What every training command shares.
LoopOptions read_loop_options(Options& options);
at::Device read_device(Options& options);

}  // namespace heart::train
