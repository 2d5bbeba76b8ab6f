// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/tools/output.h"

#include "models/base/error.h"

#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace heart::tools {

namespace fs = std::filesystem;

Output::Output(const std::string& target, Type type) : target_(target) {
  while (target_.size() > 1 && target_.back() == '/') target_.pop_back();
  std::error_code problem;
  if (fs::is_directory(target_, problem) && !fs::is_empty(target_, problem)) {
    throw Error(Fault::kInput, target_ + " exists and is not empty; name a new one");
  }
  const fs::path place(target_);
  // The end of the name stays, since libsndfile and others go by it.
  path_ = (place.parent_path() / (place.stem().string() + ".part" + std::to_string(getpid()) +
                                  place.extension().string()))
              .string();
  if (type == Type::kFolder && !fs::create_directories(path_, problem)) {
    throw Error(Fault::kFile, path_ + ": cannot be created" +
                                  (problem ? ": " + problem.message() : std::string()));
  }
}

Output::~Output() {
  std::error_code ignored;
  if (!is_done_) fs::remove_all(path_, ignored);
}

void Output::finish() {
  std::error_code problem;
  fs::rename(path_, target_, problem);
  if (problem) {
    throw Error(Fault::kFile,
                path_ + ": cannot be renamed to " + target_ + ": " + problem.message());
  }
  is_done_ = true;
}

void copy_file(const std::string& from, const std::string& to) {
  std::error_code problem;
  fs::copy_file(from, to, problem);
  if (!problem) {
    // A copy of a read-only file is the user's to change.
    fs::permissions(to, fs::perms::owner_write, fs::perm_options::add, problem);
  }
  if (problem) throw Error(Fault::kFile, from + ": cannot be copied: " + problem.message());
}

void write_text(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) throw Error(Fault::kFile, path + ": cannot be written");
}

}  // namespace heart::tools
