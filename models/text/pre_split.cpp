// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/text/pre_split.h"

#include "models/base/error.h"
#include "models/text/unicode.h"

#include <glib.h>

namespace heart {
namespace {

// PCRE2's \s has U+180E, which Unicode took out of White_Space long ago; the original's \s has not.
constexpr char kBlanks[] =
    R"(\t-\r\x{20}\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000})";

/// The pattern with \s and \S spelled out.
std::string with_own_blanks(const std::string& pattern) {
  std::string out;
  bool is_in_class = false;
  for (size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c == '\\' && i + 1 < pattern.size()) {
      const char escaped = pattern[++i];
      if (escaped == 's') {
        out += is_in_class ? kBlanks : std::string("[") + kBlanks + "]";
      } else if (escaped == 'S' && !is_in_class) {
        out += std::string("[^") + kBlanks + "]";
      } else if (escaped == 'S') {
        throw Error(Fault::kFile, "the pre-tokenizer's pattern has \\S in a class: " + pattern);
      } else {
        out += {c, escaped};
      }
      continue;
    }
    if (c == '[') is_in_class = true;
    if (c == ']') is_in_class = false;
    out += c;
  }
  return out;
}

}  // namespace

const char* const PreSplit::kDefaultPattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

PreSplit::PreSplit(const std::string& pattern) {
  GError* error = nullptr;
  regex_ = g_regex_new(with_own_blanks(pattern).c_str(), G_REGEX_OPTIMIZE,
                       static_cast<GRegexMatchFlags>(0), &error);
  if (!regex_) {
    const std::string reason = error->message;
    g_error_free(error);
    throw Error(Fault::kFile, "the pre-tokenizer's pattern does not compile: " + reason);
  }
}

PreSplit::~PreSplit() {
  g_regex_unref(static_cast<GRegex*>(regex_));
}

void PreSplit::split(const char* text, size_t length,
                     const std::function<void(const char* part, size_t length)>& take) const {
  if (length == 0) return;
  GMatchInfo* info = nullptr;
  GError* error = nullptr;
  size_t done = 0;
  g_regex_match_full(static_cast<GRegex*>(regex_), text, static_cast<gssize>(length), 0,
                     static_cast<GRegexMatchFlags>(0), &info, &error);
  while (!error && g_match_info_matches(info)) {
    int begin = 0, end = 0;
    g_match_info_fetch_pos(info, 0, &begin, &end);
    if (end > begin) {
      if (static_cast<size_t>(begin) > done) take(text + done, begin - done);
      take(text + begin, end - begin);
      done = end;
    }
    g_match_info_next(info, &error);
  }
  g_match_info_free(info);
  if (error) {
    const std::string reason = error->message;
    g_error_free(error);
    throw Error(Fault::kInput, "a text of " + std::to_string(length) +
                                   " bytes cannot be split into words: " + reason);
  }
  if (done < length) take(text + done, length - done);
}

const std::vector<std::string>& byte_characters() {
  static const std::vector<std::string> table = [] {
    std::vector<std::string> characters(256);
    uint32_t next = 256;
    for (uint32_t byte = 0; byte < 256; ++byte) {
      const bool is_printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte != 173);
      append_utf8(is_printable ? byte : next++, &characters[byte]);
    }
    return characters;
  }();
  return table;
}

std::string byte_mapped(const char* bytes, size_t length) {
  const auto& table = byte_characters();
  std::string mapped;
  mapped.reserve(2 * length);
  for (size_t i = 0; i < length; ++i) mapped += table[static_cast<uint8_t>(bytes[i])];
  return mapped;
}

}  // namespace heart
