// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/checkpoint/layout.h"

#include "models/base/error.h"

#include <algorithm>
#include <filesystem>
#include <vector>

namespace heart {

namespace fs = std::filesystem;

namespace {

bool starts_with(const std::string& text, const std::string& start) {
  return text.compare(0, start.size(), start) == 0;
}

}  // namespace

CheckpointLayout CheckpointLayout::find(const std::string& directory) {
  std::error_code problem;
  if (!fs::is_directory(directory, problem)) {
    throw Error(Fault::kFile, directory +
                                  ": no such checkpoint directory; give the folder that holds "
                                  "HeartMuLa-*, HeartCodec-* and tokenizer.json");
  }
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator(directory, problem)) {
    if (entry.is_directory(problem)) folders.push_back(entry.path());
  }
  if (problem) throw Error(Fault::kFile, directory + ": " + problem.message());
  std::sort(folders.begin(), folders.end());

  CheckpointLayout layout;
  for (const fs::path& folder : folders) {
    const std::string name = folder.filename().string();
    if (starts_with(name, "HeartMuLa")) {
      layout.lm = folder.string();
      layout.name = name;
    } else if (starts_with(name, "HeartCodec")) {
      const bool is_encoder = name.find("encoder") != std::string::npos;
      (is_encoder ? layout.encoder : layout.codec) = folder.string();
    }
  }
  // A LM and a codec published in one repository each carry the two small files beside or inside them.
  for (const fs::path& place : {fs::path(directory), fs::path(layout.lm)}) {
    if (layout.tokenizer.empty() && fs::exists(place / "tokenizer.json", problem)) {
      layout.tokenizer = (place / "tokenizer.json").string();
    }
    if (layout.generation.empty() && fs::exists(place / "gen_config.json", problem)) {
      layout.generation = (place / "gen_config.json").string();
    }
  }
  std::string missing;
  const auto need = [&](const std::string& found, const char* what) {
    if (found.empty()) missing += (missing.empty() ? "" : ", ") + std::string(what);
  };
  need(layout.lm, "a folder HeartMuLa*");
  need(layout.codec, "a folder HeartCodec*");
  need(layout.tokenizer, "tokenizer.json");
  if (!missing.empty()) {
    throw Error(Fault::kFile,
                directory + " lacks " + missing + "; is it a whole checkpoint directory?");
  }
  return layout;
}

}  // namespace heart
