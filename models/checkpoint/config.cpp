// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/checkpoint/config.h"

#include "models/base/error.h"
#include "models/checkpoint/file_bytes.h"
#include "models/checkpoint/json_text.h"

#include <cmath>

namespace heart {
namespace {

// The index of 1006 tensors has 100 kB, Llama's tokenizer.json 17 MB.
constexpr uint64_t kMaxJsonBytes = 256 << 20;

std::string shown(const nlohmann::json& value) {
  const std::string text = value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return text.size() <= 60 ? text : text.substr(0, 57) + "...";
}

}  // namespace

nlohmann::json read_json(const std::string& path) {
  const std::string text = read_file_bytes(path, kMaxJsonBytes, "any JSON file of a checkpoint");
  return parse_json(text.data(), text.data() + text.size(), path + ": ");
}

Config Config::open(const std::string& path) {
  return Config(read_json(path), path);
}

Config::Config(nlohmann::json object, std::string path)
    : Config(std::move(object), std::move(path), "") {}

Config::Config(nlohmann::json object, std::string path, std::string prefix)
    : object_(std::move(object)), path_(std::move(path)), prefix_(std::move(prefix)) {
  if (!object_.is_object()) {
    throw Error(Fault::kFile,
                path_ + ": " + (prefix_.empty() ? "the whole" : prefix_) + " is not a JSON object");
  }
}

bool Config::has(const std::string& key) const {
  const auto found = object_.find(key);
  return found != object_.end() && !found->is_null();
}

void Config::refuse(const std::string& key, const std::string& text) const {
  throw Error(Fault::kFile, path_ + ": " + prefix_ + key + " " + text);
}

const nlohmann::json& Config::at(const std::string& key, const char* wanted) const {
  if (!has(key)) refuse(key, std::string("is missing, wanted ") + wanted);
  return *object_.find(key);
}

Config Config::section(const std::string& key) const {
  const nlohmann::json& value = at(key, "an object");
  if (!value.is_object()) refuse(key, "is " + shown(value) + ", wanted an object");
  return Config(value, path_, prefix_ + key + ".");
}

int64_t Config::integer(const std::string& key, int64_t low, int64_t high) const {
  const std::string wanted =
      "an integer from " + std::to_string(low) + " to " + std::to_string(high);
  const nlohmann::json& value = at(key, wanted.c_str());
  const bool is_in_range = value.is_number_unsigned()
                               ? value.get<uint64_t>() <= static_cast<uint64_t>(INT64_MAX) &&
                                     value.get<int64_t>() >= low && value.get<int64_t>() <= high
                               : value.is_number_integer() && value.get<int64_t>() >= low &&
                                     value.get<int64_t>() <= high;
  if (!is_in_range) refuse(key, "is " + shown(value) + ", wanted " + wanted);
  return value.get<int64_t>();
}

int64_t Config::integer_or(const std::string& key, int64_t fallback, int64_t low,
                           int64_t high) const {
  return has(key) ? integer(key, low, high) : fallback;
}

double Config::number(const std::string& key) const {
  const nlohmann::json& value = at(key, "a number");
  if (!value.is_number() || !std::isfinite(value.get<double>())) {
    refuse(key, "is " + shown(value) + ", wanted a number");
  }
  return value.get<double>();
}

double Config::number_or(const std::string& key, double fallback) const {
  return has(key) ? number(key) : fallback;
}

bool Config::boolean_or(const std::string& key, bool fallback) const {
  if (!has(key)) return fallback;
  const nlohmann::json& value = object_.at(key);
  if (!value.is_boolean()) refuse(key, "is " + shown(value) + ", wanted true or false");
  return value.get<bool>();
}

std::string Config::string(const std::string& key) const {
  const nlohmann::json& value = at(key, "a string");
  if (!value.is_string()) refuse(key, "is " + shown(value) + ", wanted a string");
  return value.get<std::string>();
}

std::string Config::string_or(const std::string& key, const std::string& fallback) const {
  return has(key) ? string(key) : fallback;
}

std::vector<int64_t> Config::integers(const std::string& key, int64_t low, int64_t high) const {
  const nlohmann::json& value = at(key, "a list of integers");
  if (!value.is_array()) refuse(key, "is " + shown(value) + ", wanted a list of integers");
  std::vector<int64_t> list;
  for (size_t i = 0; i < value.size(); ++i) {
    // Asked through a one-key object, so that an element's error names its place.
    const std::string place = key + "[" + std::to_string(i) + "]";
    list.push_back(Config({{place, value[i]}}, path_, prefix_).integer(place, low, high));
  }
  return list;
}

std::vector<int64_t> Config::integers_or(const std::string& key, std::vector<int64_t> fallback,
                                         int64_t low, int64_t high) const {
  return has(key) ? integers(key, low, high) : fallback;
}

}  // namespace heart
