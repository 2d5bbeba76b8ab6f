// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/checkpoint/json_text.h"

#include "models/base/error.h"

#include <unordered_set>
#include <vector>

namespace heart {

std::string shortened(const std::string& text, size_t most) {
  const bool is_long = text.size() > most;
  // As JSON would write it: control characters escaped, what is not UTF-8 replaced.
  const std::string quoted = nlohmann::json(text.substr(0, most))
                                 .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return quoted.substr(1, quoted.size() - 2) + (is_long ? "..." : "");
}

nlohmann::json parse_json(const char* begin, const char* end, const std::string& where) {
  using Event = nlohmann::json::parse_event_t;
  std::vector<std::unordered_set<std::string>> keys;  // of each open object; empty for a list
  const auto watch = [&](int, Event event, nlohmann::json& parsed) {
    if (event == Event::object_start || event == Event::array_start) {
      if (keys.size() == kMaxJsonDepth) {
        throw Error(Fault::kFile, where + "is nested more than " + std::to_string(kMaxJsonDepth) +
                                      " levels deep; no file of a checkpoint is");
      }
      keys.emplace_back();
    } else if (event == Event::object_end || event == Event::array_end) {
      keys.pop_back();
    } else if (event == Event::key) {
      const auto& key = parsed.get_ref<const std::string&>();
      if (!keys.back().insert(key).second) {
        throw Error(Fault::kFile, where + "has \"" + shortened(key) +
                                      "\" twice in one object; which one counts?");
      }
    }
    return true;
  };
  try {
    return nlohmann::json::parse(begin, end, watch);
  } catch (const nlohmann::json::exception& e) {
    // The parser repeats what it read, which need not be text.
    throw Error(Fault::kFile, where + "is not JSON: " + shortened(e.what(), 200));
  }
}

}  // namespace heart
