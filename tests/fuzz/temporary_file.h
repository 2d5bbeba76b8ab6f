// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Bytes as a file, for readers that open paths: in memory, under a name that ends as a reader wants it.

#pragma once

#include "tests/fuzz/require.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <unistd.h>

namespace heart::fuzz {

/// A folder in memory that lives as long as the program; its files are overwritten by each run.
inline const std::string& memory_folder() {
  struct Folder {
    std::string path;
    Folder() {
      std::string pattern = "/dev/shm/heart-fuzz-XXXXXX";
      if (!mkdtemp(pattern.data())) {
        pattern = "/tmp/heart-fuzz-XXXXXX";
        if (!mkdtemp(pattern.data())) abort();
      }
      path = pattern + "/";
    }
    ~Folder() {
      const std::string command = "rm -rf '" + path + "'";
      if (std::system(command.c_str()) != 0) perror("rm");
    }
  };
  static const Folder folder;
  return folder.path;
}

inline std::string write_file(const std::string& name, const uint8_t* data, size_t size) {
  const std::string path = memory_folder() + name;
  // A fresh file each time: a mapping of the last run's must keep its bytes.
  unlink(path.c_str());
  FILE* file = std::fopen(path.c_str(), "wb");
  if (!file || std::fwrite(data, 1, size, file) != size || std::fclose(file) != 0) {
    abort();
  }
  return path;
}

}  // namespace heart::fuzz
