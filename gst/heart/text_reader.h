// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Private. What the readers of region lists and label files share: a cursor over text, times that are
// exact to the nanosecond, and errors that know their place. Any thread; no locale.

#pragma once

#include <gst/heart/error.h>
#include <gst/heart/region.h>

#include <cstddef>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace heart {

/// Thrown inside the readers; turned into a GError with line and column at their border.
struct TextError : std::exception {
  TextError(GstHeartError code, size_t offset, std::string text)
      : code(code), offset(offset), text(std::move(text)) {}
  const char* what() const noexcept override { return text.c_str(); }
  GstHeartError code;
  size_t offset;  // bytes from the start of the text
  std::string text;
};

/// A stretch of the text that a reader works through. Offsets count from the start of the whole text.
class Cursor {
 public:
  Cursor(std::string_view whole, size_t begin, size_t end) : whole_(whole), at_(begin), end_(end) {}
  explicit Cursor(std::string_view whole) : Cursor(whole, 0, whole.size()) {}

  bool done() const { return at_ >= end_; }
  size_t offset() const { return at_; }
  size_t end() const { return end_; }
  /// The byte `ahead` of the cursor, '\0' beyond the end (no valid text holds one).
  char peek(size_t ahead = 0) const { return ahead < end_ - at_ ? whole_[at_ + ahead] : '\0'; }
  void skip(size_t bytes) { at_ = bytes < end_ - at_ ? at_ + bytes : end_; }
  bool take(char wanted) {
    if (peek() != wanted || done()) return false;
    ++at_;
    return true;
  }
  void skip_blanks() {
    while (peek() == ' ' || peek() == '\t') ++at_;
  }
  std::string_view rest() const { return whole_.substr(at_, end_ - at_); }
  std::string_view between(size_t begin, size_t end) const {
    return whole_.substr(begin, end - begin);
  }
  /// The next line without its end (LF, CRLF or CR); the cursor moves beyond that end.
  Cursor take_line();
  /// A part that ends before any of `stops`, or at the end.
  std::string_view take_until(std::string_view stops);

 private:
  std::string_view whole_;
  size_t at_;
  size_t end_;
};

struct TimeSyntax {
  bool decimal_comma = false;  // "12,4" as well as "12.4"
  bool unit = false;           // a unit may follow: s, ms, us, ns
  int default_power = 9;       // of ten, to nanoseconds, where no unit is written: 9 s, 6 ms, …
};

/// Reads `12.4`, `1.24e1`, `300ms`, `0:01:02.5`; moves beyond it.
/// Errors  kSyntax: not a time; kRange: negative, or 292 years and more
GstClockTime read_time(Cursor& cursor, const TimeSyntax& syntax = {});

/// Whether a time stands at the cursor (which does not move), well-formed or out of range.
bool starts_time(const Cursor& cursor);

/// `text` without blanks at its ends.
std::string_view trim(std::string_view text);

/// `text` in ASCII lower case.
std::string lower(std::string_view text);

/// For messages: quoted, control characters replaced, cut after 40 characters.
std::string quote(std::string_view text);

using RegionList = std::vector<std::unique_ptr<GstHeartRegion, decltype(&gst_heart_region_free)>>;

/// Adds [start, stop) in stream time. `offset` is the place of the second number.
/// Errors  kRange: it ends before it begins, or where it begins
void add_region(RegionList& list, GstHeartTrigger trigger, GstClockTime start, GstClockTime stop,
                std::string_view label, size_t offset);

/// Adds [start, start + duration). Errors: kRange: empty, or beyond 292 years
void add_region_of_length(RegionList& list, GstHeartTrigger trigger, GstClockTime start,
                          GstClockTime duration, std::string_view label, size_t offset);

/// A text that was passed over, with its place.
struct Notice {
  size_t offset;
  std::string text;
};

/// "name:line:column: text", both counted from 1, columns in characters.
/// Offsets of successive calls must not fall: places are found in one pass.
class Locator {
 public:
  Locator(std::string_view whole, std::string name) : whole_(whole), name_(std::move(name)) {}
  std::string place(size_t offset, std::string_view text);

 private:
  std::string_view whole_;
  std::string name_;
  size_t at_ = 0;
  size_t line_begin_ = 0;
  unsigned line_ = 1;
};

/// Readers of single formats. `whole` is valid UTF-8; a byte order mark has been passed.
RegionList read_audacity(Cursor text, std::vector<Notice>& notices);
RegionList read_csv(Cursor text);
RegionList read_edl(Cursor text, unsigned fps_n, unsigned fps_d, std::vector<Notice>& notices);

/// Whether a line is an event of a CMX 3600 list: a number, three fields and more, four timecodes.
bool is_cmx_line(Cursor line);

}  // namespace heart
