// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Reading the JSON files of a checkpoint: every question names its key, every error the file and the key.

#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace heart {

/// The whole file as JSON.
/// Errors   Error{kFile}: cannot be read, larger than any config; those of parse_json
nlohmann::json read_json(const std::string& path);

/// One object of a config file, asked key by key.
/// Errors   Error{kFile} "config.json: backbone.num_layers is "six", wanted an integer from 1 to 1024"
/// Threads  const and re-entrant
class Config {
 public:
  /// Opens a file whose top is an object.
  static Config open(const std::string& path);
  /// From JSON at hand; `path` is only for error texts.
  Config(nlohmann::json object, std::string path);

  const std::string& path() const { return path_; }
  bool has(const std::string& key) const;
  /// The object under `key`; asked of it, keys are shown as "key.inner".
  Config section(const std::string& key) const;

  int64_t integer(const std::string& key, int64_t low, int64_t high) const;
  int64_t integer_or(const std::string& key, int64_t fallback, int64_t low, int64_t high) const;
  double number(const std::string& key) const;
  double number_or(const std::string& key, double fallback) const;
  bool boolean_or(const std::string& key, bool fallback) const;
  std::string string(const std::string& key) const;
  std::string string_or(const std::string& key, const std::string& fallback) const;
  std::vector<int64_t> integers(const std::string& key, int64_t low, int64_t high) const;
  std::vector<int64_t> integers_or(const std::string& key, std::vector<int64_t> fallback,
                                   int64_t low, int64_t high) const;

  /// For checks between keys: throws Error{kFile} "FILE: KEY TEXT".
  [[noreturn]] void refuse(const std::string& key, const std::string& text) const;
  const nlohmann::json& json() const { return object_; }

 private:
  Config(nlohmann::json object, std::string path, std::string prefix);
  const nlohmann::json& at(const std::string& key, const char* wanted) const;

  nlohmann::json object_;
  std::string path_;
  std::string prefix_;
};

}  // namespace heart
