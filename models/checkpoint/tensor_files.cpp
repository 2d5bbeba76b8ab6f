// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/checkpoint/tensor_files.h"

#include "models/base/error.h"
#include "models/checkpoint/config.h"

#include <algorithm>
#include <filesystem>
#include <set>

namespace heart {
namespace fs = std::filesystem;
namespace {

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

/// The files an index names, and which tensor it expects where.
std::map<std::string, std::string> read_index(const std::string& path) {
  const nlohmann::json index = read_json(path);
  const auto map = index.is_object() ? index.find("weight_map") : index.end();
  if (map == index.end() || !map->is_object()) {
    throw Error(Fault::kFile,
                path + ": has no weight_map; an index of safetensors shards was wanted");
  }
  std::map<std::string, std::string> files;
  for (const auto& [name, file] : map->items()) {
    // An index lies beside its shards; a path elsewhere is not followed.
    if (!file.is_string() || file.get<std::string>().find('/') != std::string::npos ||
        !ends_with(file.get<std::string>(), ".safetensors")) {
      throw Error(Fault::kFile, path + ": weight_map gives no file name beside it for " + name);
    }
    files[name] = file.get<std::string>();
  }
  return files;
}

}  // namespace

TensorFiles TensorFiles::open(const std::string& path, const std::string& prefix) {
  TensorFiles all;
  all.path_ = path;
  std::error_code ignored;
  std::vector<std::string> files;
  std::string index;
  if (fs::is_directory(path, ignored)) {
    std::error_code failed;
    for (fs::directory_iterator it(path, failed), end; !failed && it != end; it.increment(failed)) {
      const std::string file = it->path().string();
      if (ends_with(file, ".safetensors.index.json")) index = file;
      if (ends_with(file, ".safetensors")) files.push_back(file);
    }
    if (failed) throw Error(Fault::kFile, path + ": cannot be listed: " + failed.message());
    if (index.empty() && files.empty()) {
      throw Error(Fault::kFile, path +
                                    ": holds no .safetensors file; a folder with the weights of "
                                    "one network was wanted");
    }
  } else if (ends_with(path, ".json")) {
    index = path;
  } else {
    files.push_back(path);
  }

  std::map<std::string, std::string> expected;
  if (!index.empty()) {
    expected = read_index(index);
    std::set<std::string> shards;
    for (const auto& named : expected) shards.insert(named.second);
    files.clear();
    std::string missing;
    for (const std::string& shard : shards) {
      const fs::path file = fs::path(index).parent_path() / shard;
      if (!fs::exists(file, ignored)) missing += (missing.empty() ? "" : ", ") + shard;
      files.push_back(file.string());
    }
    if (!missing.empty()) {
      throw Error(Fault::kFile,
                  index + ": names shards that are not beside it: " + missing + "; download them");
    }
  }
  std::sort(files.begin(), files.end());

  std::string problems;
  for (const std::string& file : files) {
    all.files_.push_back(SafetensorsFile::open(file));
    for (const auto& item : all.files_.back()->entries()) {
      const auto added = all.where_.emplace(item.first, Place{all.files_.size() - 1, item.first});
      if (!added.second) {
        problems += "\n  " + item.first + " is in " +
                    fs::path(all.files_[added.first->second.file]->path()).filename().string() +
                    " and in " + fs::path(file).filename().string();
      }
    }
  }
  for (const auto& [name, shard] : expected) {
    const auto found = all.where_.find(name);
    if (found == all.where_.end() ||
        fs::path(all.files_[found->second.file]->path()).filename().string() != shard) {
      problems += "\n  " + name + " is not in " + shard + ", where the index puts it";
    }
  }
  if (!problems.empty()) {
    throw Error(Fault::kFile,
                path + ": the shards do not fit together; mixed releases?" + problems);
  }

  const bool is_prefixed = !prefix.empty() && !all.where_.empty() &&
                           std::all_of(all.where_.begin(), all.where_.end(), [&](const auto& item) {
                             return item.first.size() > prefix.size() &&
                                    item.first.compare(0, prefix.size(), prefix) == 0;
                           });
  if (is_prefixed) {
    std::map<std::string, Place> bare;
    for (auto& item : all.where_) bare.emplace(item.first.substr(prefix.size()), item.second);
    all.where_.swap(bare);
  }
  return all;
}

std::vector<std::string> TensorFiles::names() const {
  std::vector<std::string> names;
  for (const auto& item : where_) names.push_back(item.first);
  return names;
}

const TensorFiles::Place& TensorFiles::place(const std::string& name) const {
  const auto found = where_.find(name);
  if (found == where_.end()) throw Error(Fault::kFile, path_ + ": holds no tensor " + name);
  return found->second;
}

const SafetensorsFile::Entry& TensorFiles::entry(const std::string& name) const {
  const Place& at = place(name);
  return files_[at.file]->entries().at(at.name);
}

at::Tensor TensorFiles::tensor(const std::string& name) const {
  const Place& at = place(name);
  return files_[at.file]->tensor(at.name);
}

void TensorFiles::release_pages(const std::string& name) const {
  const Place& at = place(name);
  files_[at.file]->release_pages(at.name);
}

uint64_t TensorFiles::data_bytes() const {
  uint64_t bytes = 0;
  for (const auto& file : files_) bytes += file->data_bytes();
  return bytes;
}

}  // namespace heart
