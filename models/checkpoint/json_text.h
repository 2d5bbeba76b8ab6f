// SPDX-License-Identifier: LGPL-2.1-or-later
//
// JSON from files that nobody vouches for: nesting is bounded, since copying and printing a value recurse,
// and a key that an object has twice is an error, since readers do not agree which of the two counts.
// Free of torch.

#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace heart {

/// Levels of objects and lists that are read; the files of a checkpoint need five.
constexpr int kMaxJsonDepth = 64;

/// A name or value from a file as an error shows it: UTF-8 without control characters, about `most` bytes.
std::string shortened(const std::string& text, size_t most = 120);

/// The value in [begin, end). `where` opens every error ("config.json: ", "model.safetensors: header ").
/// Errors   Error{kFile}: not JSON (NaN and numbers beyond a double are not), too deep, a key twice
/// Threads  pure function
nlohmann::json parse_json(const char* begin, const char* end, const std::string& where);

}  // namespace heart
