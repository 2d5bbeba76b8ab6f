// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Where the modules that are opened on demand lie: one search order for all of them.

#pragma once

#include <string>
#include <vector>

namespace heart {

/// Files to try for the module `file`, best first: the folders of $HEARTINPAINT_MODULE_PATH (separated by
/// ':'), the folder of the binary that holds `symbol_inside` and its sibling `gst-heartinpaint`, the
/// installed folder.
std::vector<std::string> module_candidates(const std::string& file, const void* symbol_inside);

/// Opens the first candidate that exists with these dlopen flags.
/// Errors   null, and `problem` names every place looked at or the loader's own words
void* open_module(const std::string& file, const void* symbol_inside, int dlopen_flags,
                  std::string& problem);

}  // namespace heart
