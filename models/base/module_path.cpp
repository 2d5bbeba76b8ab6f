// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/base/module_path.h"

#include <dlfcn.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>

namespace heart {

namespace fs = std::filesystem;

std::vector<std::string> module_candidates(const std::string& file, const void* symbol_inside) {
  std::vector<std::string> found;
  if (const char* path = std::getenv("HEARTINPAINT_MODULE_PATH")) {
    std::istringstream folders(path);
    for (std::string folder; std::getline(folders, folder, ':');) {
      if (!folder.empty()) found.push_back((fs::path(folder) / file).string());
    }
  }
  Dl_info info;
  if (dladdr(symbol_inside, &info) != 0 && info.dli_fname != nullptr) {
    std::error_code ignored;
    const fs::path here = fs::absolute(info.dli_fname, ignored).parent_path();
    found.push_back((here / file).string());
    found.push_back((here.parent_path() / "gst-heartinpaint" / file).string());
  }
  found.push_back((fs::path(HEART_MODULE_DIR) / file).string());
  return found;
}

void* open_module(const std::string& file, const void* symbol_inside, int dlopen_flags,
                  std::string& problem) {
  std::string looked_at;
  for (const std::string& candidate : module_candidates(file, symbol_inside)) {
    std::error_code ignored;
    if (!fs::exists(candidate, ignored)) {
      looked_at += (looked_at.empty() ? "" : ", ") + candidate;
      continue;
    }
    // A candidate that exists and does not load is the answer: falling through to an older copy would hide it.
    if (void* handle = dlopen(candidate.c_str(), dlopen_flags)) return handle;
    const char* words = dlerror();
    problem = words != nullptr ? words : candidate + ": dlopen failed";
    return nullptr;
  }
  problem = file + " not found (looked at " + looked_at +
            "); install it or set HEARTINPAINT_MODULE_PATH to its folder";
  return nullptr;
}

}  // namespace heart
