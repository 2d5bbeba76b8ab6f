// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Files and folders that appear under their name only when they are whole: made beside it under a
// temporary one, renamed at the end, removed where the end is not reached.

#pragma once

#include <string>

namespace heart::tools {

/// A file or folder in the making.
/// Errors   Error{kFile}: cannot be made or renamed; kInput: the target is a folder that holds something
/// Threads  one at a time
class Output {
 public:
  enum class Type { kFile, kFolder };

  /// A folder is created at once, a file is the caller's to create at path().
  Output(const std::string& target, Type type);
  ~Output();
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  /// Where to write meanwhile.
  const std::string& path() const { return path_; }
  void finish();

 private:
  std::string target_, path_;
  bool is_done_ = false;
};

/// Errors   Error{kFile}
void copy_file(const std::string& from, const std::string& to);
void write_text(const std::string& path, const std::string& text);

}  // namespace heart::tools
