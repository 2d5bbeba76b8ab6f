// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/tools/memory_use.h"

#include <fstream>
#include <sstream>
#include <string>

namespace heart::tools {

std::optional<MemoryUse> memory_use() {
  std::ifstream status("/proc/self/status");
  MemoryUse use;
  for (std::string line; std::getline(status, line);) {
    std::istringstream words(line);  // "RssAnon:     1234 kB"
    std::string key;
    uint64_t kilobytes = 0;
    if (!(words >> key >> kilobytes)) continue;
    if (key == "VmHWM:") use.peak_bytes = kilobytes * 1024;
    if (key == "RssAnon:") use.anonymous_bytes = kilobytes * 1024;
    if (key == "RssFile:") use.file_bytes = kilobytes * 1024;
  }
  if (use.peak_bytes == 0) return std::nullopt;
  return use;
}

bool forget_peak() {
  std::ofstream clear("/proc/self/clear_refs");
  clear << "5" << std::flush;  // proc(5): resets the peak resident set size
  return static_cast<bool>(clear);
}

}  // namespace heart::tools
