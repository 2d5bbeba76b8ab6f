// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/base/module_path.h"

#include <cstdlib>
#include <dlfcn.h>
#include <filesystem>
#include <sstream>

namespace heart {

namespace fs = std::filesystem;

namespace {

/// Folder of the binary that holds `symbol_inside`; empty where the loader does not know it.
fs::path folder_of(const void* symbol_inside) {
  Dl_info info;
  if (dladdr(symbol_inside, &info) == 0 || info.dli_fname == nullptr) return {};
  std::error_code ignored;
  return fs::absolute(info.dli_fname, ignored).parent_path();
}

/// `under` in the nearest folder above `here` that has it; empty if none has.
fs::path find_above(fs::path here, const char* under) {
  std::error_code ignored;
  while (here.has_relative_path()) {
    here = here.parent_path();
    if (fs::is_directory(here / under, ignored)) return here / under;
  }
  return {};
}

}  // namespace

std::vector<std::string> module_candidates(const std::string& file, const void* symbol_inside) {
  std::vector<std::string> found;
  if (const char* path = std::getenv("HEARTINPAINT_MODULE_PATH")) {
    std::istringstream folders(path);
    for (std::string folder; std::getline(folders, folder, ':');) {
      if (!folder.empty()) found.push_back((fs::path(folder) / file).string());
    }
  }
  const fs::path here = folder_of(symbol_inside);
  if (!here.empty()) {
    found.push_back((here / file).string());
    found.push_back((here.parent_path() / "gst-heartinpaint" / file).string());
    const fs::path moved = find_above(here, HEART_MODULES_UNDER);
    if (!moved.empty()) found.push_back((moved / file).string());
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

std::string default_checkpoint(const void* symbol_inside) {
  const char* from_environment = std::getenv("HEARTINPAINT_MODEL");
  if (from_environment != nullptr && *from_environment != '\0') return from_environment;
  const fs::path moved = find_above(folder_of(symbol_inside), HEART_NANO_UNDER);
  return moved.empty() ? HEART_NANO_DIR : moved.string();
}

}  // namespace heart
