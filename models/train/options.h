// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Command-line options of heart-train: `--key value`, each asked for by name with its default, unknown
// ones refused, `--help` printing what was asked for. Free of torch.

#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace heart::train {

class Options {
 public:
  /// Errors   Error{kInput}: a word that is no option, or an option without its value
  Options(int argc, char** argv, int first);

  std::string text(const std::string& key, const std::string& fallback);
  /// Errors   Error{kInput} if it was not given
  std::string needed_text(const std::string& key);
  int64_t integer(const std::string& key, int64_t fallback);
  double number(const std::string& key, double fallback);
  std::vector<int64_t> integers(const std::string& key, std::vector<int64_t> fallback);

  /// Errors   Error{kInput}: options that nobody asked for, with those that were
  void finish() const;

 private:
  const std::string* find(const std::string& key, const std::string& fallback);

  std::map<std::string, std::string> given_;
  std::map<std::string, std::string> asked_;  // with their defaults
};

}  // namespace heart::train
