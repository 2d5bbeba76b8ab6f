// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/checkpoint/layout.h"

#include "models/base/error.h"
#include "models/checkpoint/config.h"
#include "models/checkpoint/json_text.h"

#include <algorithm>
#include <filesystem>
#include <vector>

namespace heart {

namespace fs = std::filesystem;

namespace {

bool starts_with(const std::string& text, const std::string& start) {
  return text.compare(0, start.size(), start) == 0;
}

/// A LM and a codec published in one repository each carry the two small files beside or inside them.
void find_small_files(CheckpointLayout* layout, const fs::path& directory) {
  std::error_code ignored;
  for (const fs::path& place : {directory, fs::path(layout->lm)}) {
    if (layout->tokenizer.empty() && fs::exists(place / "tokenizer.json", ignored)) {
      layout->tokenizer = (place / "tokenizer.json").string();
    }
    if (layout->generation.empty() && fs::exists(place / "gen_config.json", ignored)) {
      layout->generation = (place / "gen_config.json").string();
    }
  }
}

/// A file that names the parts one by one.
CheckpointLayout read_list(const std::string& file) {
  const Config list = Config::open(file);
  const fs::path beside = fs::path(file).parent_path();
  const auto place = [&](const char* key) {
    if (!list.has(key)) return std::string();
    const fs::path found = beside / list.string(key);  // an absolute one stays as it is
    std::error_code ignored;
    if (!fs::exists(found, ignored))
      list.refuse(key, "is " + found.string() + ", which is not there");
    return found.string();
  };
  for (const auto& item : list.json().items()) {
    const std::string& key = item.key();
    if (key != "lm" && key != "codec" && key != "encoder" && key != "tokenizer" &&
        key != "generation") {
      list.refuse(shortened(key),
                  "is not known; there are lm, codec, encoder, tokenizer, generation");
    }
  }
  CheckpointLayout layout;
  layout.lm = place("lm");
  layout.codec = place("codec");
  layout.encoder = place("encoder");
  layout.tokenizer = place("tokenizer");
  layout.generation = place("generation");
  layout.name = fs::path(layout.lm).filename().string();
  find_small_files(&layout, beside);
  return layout;
}

CheckpointLayout search(const std::string& directory) {
  std::error_code problem;
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator(directory, problem)) {
    if (entry.is_directory(problem)) folders.push_back(entry.path());
    problem.clear();  // a link that leads nowhere is no folder
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
  find_small_files(&layout, directory);
  return layout;
}

}  // namespace

CheckpointLayout CheckpointLayout::find(const std::string& place) {
  std::error_code problem;
  CheckpointLayout layout;
  if (fs::is_directory(place, problem)) {
    layout = search(place);
  } else if (fs::path(place).extension() == ".json") {
    layout = read_list(place);
  } else {
    throw Error(Fault::kFile, place +
                                  ": no such checkpoint directory; give the folder that holds "
                                  "HeartMuLa-*, HeartCodec-* and tokenizer.json");
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
                place + " lacks " + missing + "; is it a whole checkpoint directory?");
  }
  return layout;
}

}  // namespace heart
