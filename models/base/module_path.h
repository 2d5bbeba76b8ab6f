// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Where the modules that are opened on demand lie, and the small checkpoint: one search order for all of
// them. An installation may be moved as a whole, so what lies above the calling binary comes before the
// place that was configured.

#pragma once

#include <string>
#include <vector>

namespace heart {

/// Files to try for the module `file`, best first: the folders of $HEARTINPAINT_MODULE_PATH (separated by
/// ':'), the folder of the binary that holds `symbol_inside` and its sibling `gst-heartinpaint`, the
/// installation around that binary, the configured folder.
std::vector<std::string> module_candidates(const std::string& file, const void* symbol_inside);

/// Opens the first candidate that exists with these dlopen flags.
/// Errors   null, and `problem` names every place looked at or the loader's own words
void* open_module(const std::string& file, const void* symbol_inside, int dlopen_flags,
                  std::string& problem);

/// Folder of the checkpoint to take where none is named: $HEARTINPAINT_MODEL, else the small one of the
/// installation around the binary that holds `symbol_inside`, else that of the configured folder.
std::string default_checkpoint(const void* symbol_inside);

}  // namespace heart
