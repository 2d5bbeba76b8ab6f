// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/train/options.h"

#include "models/base/error.h"

#include <cstdlib>
#include <sstream>

namespace heart::train {

Options::Options(int argc, char** argv, int first) {
  for (int i = first; i < argc; ++i) {
    const std::string word = argv[i];
    if (word.rfind("--", 0) != 0) {
      throw Error(Fault::kInput, "\"" + word + "\" is no option; options are --key value");
    }
    if (i + 1 >= argc) throw Error(Fault::kInput, word + " lacks its value");
    given_[word.substr(2)] = argv[++i];
  }
}

const std::string* Options::find(const std::string& key, const std::string& fallback) {
  asked_[key] = fallback;
  const auto found = given_.find(key);
  return found == given_.end() ? nullptr : &found->second;
}

std::string Options::text(const std::string& key, const std::string& fallback) {
  const std::string* given = find(key, fallback);
  return given ? *given : fallback;
}

std::string Options::needed_text(const std::string& key) {
  const std::string* given = find(key, "needed");
  if (!given) throw Error(Fault::kInput, "--" + key + " is needed");
  return *given;
}

int64_t Options::integer(const std::string& key, int64_t fallback) {
  const double value = number(key, static_cast<double>(fallback));
  if (value != static_cast<double>(static_cast<int64_t>(value))) {
    throw Error(Fault::kInput, "--" + key + " is " + given_[key] + ", wanted an integer");
  }
  return static_cast<int64_t>(value);
}

double Options::number(const std::string& key, double fallback) {
  std::ostringstream shown;
  shown << fallback;
  const std::string* given = find(key, shown.str());
  if (!given) return fallback;
  char* end = nullptr;
  const double value = std::strtod(given->c_str(), &end);
  if (given->empty() || *end) {
    throw Error(Fault::kInput, "--" + key + " is \"" + *given + "\", wanted a number");
  }
  return value;
}

std::vector<int64_t> Options::integers(const std::string& key, std::vector<int64_t> fallback) {
  std::string shown;
  for (int64_t value : fallback) shown += (shown.empty() ? "" : ",") + std::to_string(value);
  const std::string* given = find(key, shown);
  if (!given) return fallback;
  std::vector<int64_t> values;
  std::istringstream parts(*given);
  for (std::string part; std::getline(parts, part, ',');) {
    char* end = nullptr;
    values.push_back(std::strtoll(part.c_str(), &end, 10));
    if (part.empty() || *end) {
      throw Error(Fault::kInput, "--" + key + " is \"" + *given + "\", wanted numbers like 96,192");
    }
  }
  return values;
}

void Options::finish() const {
  for (const auto& option : given_) {
    if (asked_.count(option.first)) continue;
    std::string known;
    for (const auto& asked : asked_) known += "\n  --" + asked.first + " (" + asked.second + ")";
    throw Error(Fault::kInput, "--" + option.first + " is not known here; there are" + known);
  }
}

}  // namespace heart::train
