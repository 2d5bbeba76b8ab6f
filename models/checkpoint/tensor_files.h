// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The weights of one network as they lie on disk: one safetensors file, shards with an index, or shards
// without one; names with or without a common prefix. Mapped, nothing is read before it is used.

#pragma once

#include "models/checkpoint/safetensors.h"

#include <ATen/ATen.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace heart {

/// Tensors by name over all files of one network.
/// Threads  const and re-entrant once opened
class TensorFiles {
 public:
  /// `path` is a .safetensors file, an index (.json), or a folder that holds either: an index if there
  /// is one, else every .safetensors file in it. `prefix` ("decoder.", "encoder.") is taken off the
  /// names where every single one has it.
  /// Errors   Error{kFile}: nothing there, a shard missing or broken, a name in two shards, an index
  ///          that names what its shard has not
  static TensorFiles open(const std::string& path, const std::string& prefix = "");

  const std::string& path() const { return path_; }  // for error texts
  bool has(const std::string& name) const { return where_.count(name) != 0; }
  std::vector<std::string> names() const;
  const SafetensorsFile::Entry& entry(const std::string& name) const;
  at::Tensor tensor(const std::string& name) const;
  void release_pages(const std::string& name) const;
  /// Bytes of all tensors as stored.
  uint64_t data_bytes() const;
  const std::vector<std::shared_ptr<const SafetensorsFile>>& files() const { return files_; }

 private:
  struct Place {
    size_t file;
    std::string name;  // as the file has it, prefix included
  };
  const Place& place(const std::string& name) const;

  std::string path_;
  std::vector<std::shared_ptr<const SafetensorsFile>> files_;
  std::map<std::string, Place> where_;
};

}  // namespace heart
