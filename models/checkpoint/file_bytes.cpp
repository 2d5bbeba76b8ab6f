// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/checkpoint/file_bytes.h"

#include "models/base/error.h"

#include <cerrno>
#include <fstream>
#include <iterator>
#include <sys/stat.h>
#include <system_error>

namespace heart {

std::string read_file_bytes(const std::string& path, uint64_t max_bytes, const char* what) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0) {
    throw Error(Fault::kFile,
                path + ": cannot be opened: " + std::generic_category().message(errno));
  }
  // Before it is opened: opening a pipe would wait for a writer.
  if (!S_ISREG(info.st_mode)) throw Error(Fault::kFile, path + ": is not a regular file");
  if (static_cast<uint64_t>(info.st_size) > max_bytes) {
    throw Error(Fault::kFile,
                path + ": has " + std::to_string(info.st_size) + " bytes, more than " + what);
  }
  std::ifstream stream(path, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
  if (!stream && !stream.eof()) throw Error(Fault::kFile, path + ": cannot be read");
  return bytes;
}

}  // namespace heart
