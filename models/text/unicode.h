// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Unicode as the tokenizer needs it: input made valid, and lower-casing equal to Python's str.lower, which
// the model's prompts were made with.

#pragma once

#include <cstdint>
#include <string>

namespace heart {

/// `text` itself if it is valid UTF-8 (NUL allowed), else with U+FFFD in place of each broken sequence.
std::string repaired_utf8(const std::string& text);

/// Full, locale-free lower-casing (Unicode's SpecialCasing without languages): İ becomes i + U+0307, a Σ
/// that ends a word ς. `text` must be valid UTF-8.
std::string lower_case(const std::string& text);

void append_utf8(uint32_t code_point, std::string* text);

}  // namespace heart
