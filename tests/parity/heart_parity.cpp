// SPDX-License-Identifier: LGPL-2.1-or-later
//
// heart-parity [--device D] CASE…: runs golden cases. A CASE is a .safetensors or .jsonl file, or a folder
// of them. One line each, "ok|FAIL file kind worst-error/tolerance"; details of failures go to stderr;
// the last line counts, and the exit status is 1 if anything failed.

#include "tests/parity/parity.h"

#include <c10/core/GradMode.h>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace {

namespace fs = std::filesystem;
using namespace heart::parity;

bool is_case(const fs::path& path) {
  return path.extension() == ".safetensors" || path.extension() == ".jsonl";
}

std::vector<std::string> expand(const std::string& argument) {
  if (!fs::is_directory(argument)) return {argument};
  std::vector<std::string> files;
  for (const auto& item : fs::directory_iterator(argument)) {
    if (is_case(item.path())) files.push_back(item.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

bool run_case(const std::string& path, at::Device device) {
  const std::string name = fs::path(path).filename().string();
  std::string kind = "?";
  Report report;
  try {
    const Case test(path, device);
    kind = test.kind();
    const auto runner = kinds().find(kind);
    if (runner == kinds().end()) throw std::runtime_error("no runner for this kind of case");
    c10::NoGradGuard no_grad;
    runner->second(test, report);
    if (report.comparisons() == 0) throw std::runtime_error("nothing was compared");
  } catch (const std::exception& e) {
    std::printf("FAIL %s %s error\n", name.c_str(), kind.c_str());
    std::fprintf(stderr, "  %s: %s\n", name.c_str(), e.what());
    return false;
  }
  std::printf("%s %s %s %.2g/%.2g\n", report.is_ok() ? "ok" : "FAIL", name.c_str(), kind.c_str(),
              report.error(), report.tolerance());
  for (const std::string& failure : report.failures()) {
    std::fprintf(stderr, "  %s: %s\n", name.c_str(), failure.c_str());
  }
  std::fflush(stdout);
  return report.is_ok();
}

}  // namespace

int main(int argc, char** argv) {
  // A tool of the build tree: it brings the tokenizer that was built with it, unless told otherwise.
  setenv("HEARTINPAINT_MODULE_PATH", HEART_BUILD_MODULES, /*overwrite=*/0);
  at::Device device = at::kCPU;
  std::vector<std::string> cases;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--device") == 0 && i + 1 < argc) {
      try {
        device = at::Device(argv[++i]);
      } catch (const std::exception&) {
        std::fprintf(stderr, "--device %s: wanted cpu, cuda, cuda:N or mps\n", argv[i]);
        return 2;
      }
    } else {
      const std::vector<std::string> files = expand(argv[i]);
      cases.insert(cases.end(), files.begin(), files.end());
    }
  }
  if (cases.empty()) {
    std::fprintf(stderr, "usage: heart-parity [--device cpu|cuda|cuda:N|mps] CASE...\n");
    return 2;
  }
  int passed = 0, failed = 0;
  for (const std::string& path : cases) ++(run_case(path, device) ? passed : failed);
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed ? 1 : 0;
}
