// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The verbs of heart-models, one file each. They get the arguments from their own name on and return the
// exit status; what is wrong they throw.

#pragma once

namespace heart::tools {

int run_check(int argc, char** argv);
int run_decode(int argc, char** argv);
int run_encode(int argc, char** argv);
int run_generate(int argc, char** argv);
int run_inspect(int argc, char** argv);
int run_make_random(int argc, char** argv);
int run_quantize(int argc, char** argv);

}  // namespace heart::tools
