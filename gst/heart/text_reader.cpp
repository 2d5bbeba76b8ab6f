// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Cursor, times and places in text. Any thread; no locale: numbers are read digit by digit, since a
// double cannot hold a nanosecond of a long recording and strtod listens to the locale.

#include "gst/heart/text_reader.h"

#include <algorithm>
#include <cstring>

namespace heart {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// A decimal number as digits and a power of ten: value = digits · 10^power.
struct Decimal {
  std::string digits;  // without leading zeros; may be empty for 0
  long power = 0;
  bool has_fraction = false;
};

constexpr long kPowerBound = 1000000;  // far beyond any time, far from overflow

/// Whether at the cursor (moved past an 'e') an exponent follows.
bool starts_exponent(const Cursor& cursor) {
  if (cursor.peek() != 'e' && cursor.peek() != 'E') return false;
  const char next = cursor.peek(1);
  return is_digit(next) || ((next == '+' || next == '-') && is_digit(cursor.peek(2)));
}

/// Reads `12`, `12.4`, `.5`, `1.24e1`. Returns false, with the cursor unmoved, if none stands here.
bool read_decimal(Cursor& cursor, bool decimal_comma, Decimal* number) {
  Cursor at = cursor;
  const auto is_point = [&](char c) { return c == '.' || (decimal_comma && c == ','); };
  bool any = false;
  for (; is_digit(at.peek()); at.skip(1), any = true) {
    if (at.peek() != '0' || !number->digits.empty()) number->digits += at.peek();
  }
  if (is_point(at.peek()) && (any || is_digit(at.peek(1)))) {
    number->has_fraction = true;
    for (at.skip(1); is_digit(at.peek()); at.skip(1), any = true) {
      if (at.peek() != '0' || !number->digits.empty()) number->digits += at.peek();
      if (number->power > -kPowerBound)
        --number->power;
      else
        return false;  // a million decimals are not a time
    }
  }
  if (!any) return false;
  if (starts_exponent(at)) {
    at.skip(1);
    const bool negative = at.peek() == '-';
    if (negative || at.peek() == '+') at.skip(1);
    long exponent = 0;
    for (; is_digit(at.peek()); at.skip(1))
      exponent = std::min(kPowerBound, exponent * 10 + (at.peek() - '0'));
    number->power += negative ? -exponent : exponent;
    number->has_fraction = true;  // not a plain whole number
  }
  cursor = at;
  return true;
}

/// digits · 10^power, rounded half up. Returns false if it reaches GST_HEART_TIME_MAX.
bool to_nanoseconds(const Decimal& number, guint64* nanoseconds) {
  const long n_digits = static_cast<long>(number.digits.size());
  *nanoseconds = 0;
  if (n_digits == 0) return true;
  const long n_whole = n_digits + number.power;  // digits in front of the point
  if (n_whole < 0) return true;
  if (n_whole > 19) return false;  // 10¹⁹ > 2⁶³
  guint64 value = 0;
  for (long i = 0; i < n_whole; ++i)
    value = value * 10 + (i < n_digits ? number.digits[static_cast<size_t>(i)] - '0' : 0);
  if (n_whole < n_digits && number.digits[static_cast<size_t>(n_whole)] >= '5') ++value;
  *nanoseconds = value;
  return value < GST_HEART_TIME_MAX;
}

[[noreturn]] void refuse_time(size_t offset, std::string_view found) {
  throw TextError(GST_HEART_ERROR_SYNTAX, offset,
                  quote(found) + " is not a time; write seconds (12.4) or [h:]m:s (0:01:02.5)");
}

[[noreturn]] void refuse_size(size_t offset, std::string_view found) {
  throw TextError(
      GST_HEART_ERROR_RANGE, offset,
      quote(found) + " is beyond 292 years; write seconds (12.4) or [h:]m:s (0:01:02.5)");
}

/// For messages: what stands at the cursor, up to a blank or a separator.
std::string_view word_at(Cursor cursor) {
  const size_t begin = cursor.offset();
  // A separator that stands first is the word itself.
  const std::string_view stops = " \t;\n\r\"";
  cursor.skip(1);
  cursor.take_until(stops);
  const std::string_view word = cursor.between(begin, cursor.offset());
  return word == "\n" || word == "\r" ? std::string_view() : word;
}

/// Moves beyond a unit and returns its power of ten to nanoseconds; `fallback` if none stands here.
int take_unit(Cursor& cursor, int fallback) {
  struct Unit {
    std::string_view name;
    int power;
  };
  for (const Unit& unit :
       {Unit{"ms", 6}, Unit{"us", 3}, Unit{"µs", 3}, Unit{"ns", 0}, Unit{"s", 9}}) {
    if (cursor.rest().substr(0, unit.name.size()) != unit.name) continue;
    cursor.skip(unit.name.size());
    return unit.power;
  }
  return fallback;
}

}  // namespace

Cursor Cursor::take_line() {
  const size_t begin = at_;
  const size_t ahead = rest().find_first_of("\r\n");
  const size_t stop = ahead == std::string_view::npos ? end_ : at_ + ahead;
  at_ = stop;
  if (at_ < end_ && whole_[at_] == '\r') ++at_;
  if (at_ < end_ && whole_[at_] == '\n' && (at_ == stop || whole_[at_ - 1] == '\r')) ++at_;
  return Cursor(whole_, begin, stop);
}

std::string_view Cursor::take_until(std::string_view stops) {
  const size_t begin = at_;
  const size_t ahead = rest().find_first_of(stops);
  at_ = ahead == std::string_view::npos ? end_ : at_ + ahead;
  return whole_.substr(begin, at_ - begin);
}

bool starts_time(const Cursor& cursor) {
  const size_t sign = cursor.peek() == '-' || cursor.peek() == '+' ? 1 : 0;
  const char c = cursor.peek(sign);
  return is_digit(c) || ((c == '.' || c == ',') && is_digit(cursor.peek(sign + 1)));
}

GstClockTime read_time(Cursor& cursor, const TimeSyntax& syntax) {
  const size_t begin = cursor.offset();
  const std::string_view word = word_at(cursor);
  if (cursor.peek() == '-' && starts_time(cursor))
    throw TextError(GST_HEART_ERROR_RANGE, begin,
                    quote(word) + " is negative; times count from the stream's start, 0");

  // Up to two whole numbers followed by ':', then seconds.
  guint64 clock[2] = {0, 0};
  int n_clock = 0;
  Decimal number;
  while (true) {
    number = Decimal();
    if (!read_decimal(cursor, syntax.decimal_comma, &number)) refuse_time(begin, word);
    if (cursor.peek() != ':') break;
    if (number.has_fraction || n_clock == 2) refuse_time(begin, word);
    if (!to_nanoseconds(number, &clock[n_clock++])) refuse_size(begin, word);
    cursor.skip(1);
  }
  if (n_clock == 0) {
    number.power += syntax.unit ? take_unit(cursor, syntax.default_power) : syntax.default_power;
  } else {
    number.power += 9;
  }
  guint64 nanoseconds = 0;
  if (!to_nanoseconds(number, &nanoseconds)) refuse_size(begin, word);
  if (n_clock == 0) return nanoseconds;

  const guint64 minutes = clock[n_clock - 1];
  const guint64 hours = n_clock == 2 ? clock[0] : 0;
  if (nanoseconds >= 60 * GST_SECOND || (n_clock == 2 && minutes >= 60)) {
    throw TextError(GST_HEART_ERROR_RANGE, begin,
                    quote(word) + " has 60 or more " +
                        (nanoseconds >= 60 * GST_SECOND ? "seconds" : "minutes") +
                        "; write [h:]m:s, or all of it in seconds");
  }
  const auto total = static_cast<unsigned __int128>(hours) * 3600 * GST_SECOND +
                     static_cast<unsigned __int128>(minutes) * 60 * GST_SECOND + nanoseconds;
  if (total >= GST_HEART_TIME_MAX) refuse_size(begin, word);
  return static_cast<GstClockTime>(total);
}

std::string_view trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::string lower(std::string_view text) {
  std::string lowered(text);
  for (char& c : lowered) c = g_ascii_tolower(c);
  return lowered;
}

std::string quote(std::string_view text) {
  constexpr int kMaxCharacters = 40;
  std::string quoted = "\"";
  int n_characters = 0;
  for (char c : text) {
    const bool continues =
        (static_cast<unsigned char>(c) & 0xC0) == 0x80;  // inside a UTF-8 character
    if (!continues && n_characters++ == kMaxCharacters) return quoted + "…\"";
    quoted += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c;
  }
  return quoted + "\"";
}

void add_region(RegionList& list, GstHeartTrigger trigger, GstClockTime start, GstClockTime stop,
                std::string_view label, size_t offset) {
  if (stop <= start) {
    gchar* text = g_strdup_printf("the region ends at %" G_GUINT64_FORMAT
                                  ".%09u s, %s; its end must be later",
                                  stop / GST_SECOND, static_cast<guint>(stop % GST_SECOND),
                                  stop == start ? "where it begins" : "before it begins");
    const std::string message = text;
    g_free(text);
    throw TextError(GST_HEART_ERROR_RANGE, offset, message);
  }
  const std::string name(label);
  list.emplace_back(gst_heart_region_new(GST_HEART_TIME_STREAM, start, stop, trigger,
                                         name.empty() ? nullptr : name.c_str()),
                    gst_heart_region_free);
}

void add_region_of_length(RegionList& list, GstHeartTrigger trigger, GstClockTime start,
                          GstClockTime duration, std::string_view label, size_t offset) {
  if (duration == 0)
    throw TextError(GST_HEART_ERROR_RANGE, offset, "the region is 0 long; give it a duration");
  if (duration >= GST_HEART_TIME_MAX - start)
    throw TextError(GST_HEART_ERROR_RANGE, offset, "the region ends beyond 292 years; shorten it");
  add_region(list, trigger, start, start + duration, label, offset);
}

std::string Locator::place(size_t offset, std::string_view text) {
  offset = std::min(offset, whole_.size());
  for (; at_ < offset; ++at_) {
    const char c = whole_[at_];
    const bool ends_line =
        c == '\n' || (c == '\r' && (at_ + 1 >= whole_.size() || whole_[at_ + 1] != '\n'));
    if (!ends_line) continue;
    ++line_;
    line_begin_ = at_ + 1;
  }
  // An offset before the cursor (readers report in order, errors may step back a little) is of this
  // line at the earliest.
  const size_t end = std::max(offset, line_begin_);
  size_t column = 1;
  for (size_t i = line_begin_; i < end; ++i)
    column += (static_cast<unsigned char>(whole_[i]) & 0xC0) != 0x80;
  return name_ + ":" + std::to_string(line_) + ":" + std::to_string(column) + ": " +
         std::string(text);
}

}  // namespace heart
