// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/text/unicode.h"

#include <glib.h>

#include <algorithm>
#include <iterator>
#include <vector>

namespace heart {
namespace {

constexpr uint32_t kBroken = 0xFFFFFFFF;

/// Decodes one code point at `at`, or gives kBroken; `*next` is where to go on.
uint32_t decode(const std::string& text, size_t at, size_t* next) {
  const auto byte = [&](size_t i) -> uint32_t {
    return i < text.size() ? static_cast<uint8_t>(text[i]) : 0;
  };
  const uint32_t first = byte(at);
  *next = at + 1;
  if (first < 0x80) return first;
  const int extra = first >= 0xF0 && first < 0xF5   ? 3
                    : first >= 0xE0 && first < 0xF0 ? 2
                    : first >= 0xC2 && first < 0xE0 ? 1
                                                    : 0;
  if (extra == 0) return kBroken;
  uint32_t code = first & (0x3F >> extra);
  for (int i = 1; i <= extra; ++i) {
    const uint32_t next_byte = byte(at + i);
    if ((next_byte & 0xC0) != 0x80) return kBroken;
    code = code << 6 | (next_byte & 0x3F);
  }
  constexpr uint32_t kLowest[] = {0, 0x80, 0x800, 0x10000};
  if (code < kLowest[extra] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return kBroken;
  *next = at + extra + 1;
  return code;
}

struct Range {
  uint32_t first, last;
};
/// Cased without being letters: Other_Lowercase and Other_Uppercase of PropList.txt, less what is ignorable.
constexpr Range kOtherCased[] = {{0xAA, 0xAA},      {0xBA, 0xBA},       {0x2160, 0x217F},
                                 {0x24B6, 0x24E9},  {0x1F130, 0x1F149}, {0x1F150, 0x1F169},
                                 {0x1F170, 0x1F189}};
/// Word_Break MidLetter, MidNumLet and Single_Quote: ignorable beside the general categories.
constexpr uint32_t kOtherIgnorable[] = {0x27,   0x2E,   0x3A,   0xB7,   0x387,  0x55F,
                                        0x5F4,  0x2018, 0x2019, 0x2024, 0x2027, 0xFE13,
                                        0xFE52, 0xFE55, 0xFF07, 0xFF0E, 0xFF1A};

bool is_case_ignorable(uint32_t c) {
  switch (g_unichar_type(c)) {
    case G_UNICODE_NON_SPACING_MARK:
    case G_UNICODE_ENCLOSING_MARK:
    case G_UNICODE_FORMAT:
    case G_UNICODE_MODIFIER_LETTER:
    case G_UNICODE_MODIFIER_SYMBOL:
      return true;
    default:
      return std::binary_search(std::begin(kOtherIgnorable), std::end(kOtherIgnorable), c);
  }
}

bool is_cased(uint32_t c) {
  switch (g_unichar_type(c)) {
    case G_UNICODE_UPPERCASE_LETTER:
    case G_UNICODE_LOWERCASE_LETTER:
    case G_UNICODE_TITLECASE_LETTER:
      return true;
    default:
      return std::any_of(std::begin(kOtherCased), std::end(kOtherCased),
                         [c](const Range& r) { return c >= r.first && c <= r.last; });
  }
}

/// Σ at `at` ends a word: a cased letter before it and none behind, both looking past the ignorable.
bool is_final_sigma(const std::vector<uint32_t>& text, size_t at) {
  size_t before = at;
  while (before > 0 && is_case_ignorable(text[before - 1])) --before;
  if (before == 0 || !is_cased(text[before - 1])) return false;
  size_t behind = at + 1;
  while (behind < text.size() && is_case_ignorable(text[behind])) ++behind;
  return behind == text.size() || !is_cased(text[behind]);
}

}  // namespace

void append_utf8(uint32_t c, std::string* text) {
  char bytes[6];
  text->append(bytes, g_unichar_to_utf8(c, bytes));
}

std::string repaired_utf8(const std::string& text) {
  std::string repaired;
  size_t kept = 0;  // start of the valid stretch not yet copied
  for (size_t at = 0, next; at < text.size(); at = next) {
    if (decode(text, at, &next) != kBroken) continue;
    repaired.append(text, kept, at - kept);
    repaired += "\xEF\xBF\xBD";
    kept = next;
  }
  if (kept == 0) return text;
  return repaired.append(text, kept, std::string::npos);
}

std::string lower_case(const std::string& text) {
  std::vector<uint32_t> points;
  points.reserve(text.size());
  for (size_t at = 0, next; at < text.size(); at = next) points.push_back(decode(text, at, &next));
  std::string lower;
  lower.reserve(text.size());
  for (size_t i = 0; i < points.size(); ++i) {
    const uint32_t c = points[i];
    if (c == 0x130) {
      lower += "i\xCC\x87";
    } else if (c == 0x3A3) {
      append_utf8(is_final_sigma(points, i) ? 0x3C2 : 0x3C3, &lower);
    } else if (c >= 0x2160 && c <= 0x216F) {  // Roman numerals; GLib leaves them
      append_utf8(c + 16, &lower);
    } else if (c >= 0x24B6 && c <= 0x24CF) {  // letters in circles
      append_utf8(c + 26, &lower);
    } else {
      append_utf8(g_unichar_tolower(c), &lower);
    }
  }
  return lower;
}

}  // namespace heart
