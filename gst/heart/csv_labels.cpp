// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Regions from tables: comma, semicolon or tab separated, quoted cells as in RFC 4180, columns named
// by a header line or in the order start, end, label. Any thread.

#include "gst/heart/text_reader.h"

#include <algorithm>
#include <array>
#include <optional>

namespace heart {

namespace {

struct Cell {
  std::string text;  // without quotes and outer blanks
  size_t offset;     // of its first byte
  bool quoted;
};
using Record = std::vector<Cell>;

Cell read_cell(Cursor& cursor, char separator) {
  while (cursor.peek() == ' ') cursor.skip(1);
  Cell cell{"", cursor.offset(), cursor.peek() == '"'};
  const char stops[] = {separator, '\r', '\n', '\0'};
  if (!cell.quoted) {
    cell.text = trim(cursor.take_until(stops));
    return cell;
  }
  cursor.skip(1);
  while (true) {
    cell.text += cursor.take_until("\"");
    if (cursor.done())
      throw TextError(GST_HEART_ERROR_SYNTAX, cell.offset,
                      "the quotation of this cell is not closed; end it with \"");
    cursor.skip(1);
    if (!cursor.take('"')) break;
    cell.text += '"';
  }
  const size_t after = cursor.offset();
  const std::string_view rest = trim(cursor.take_until(stops));
  if (!rest.empty())
    throw TextError(GST_HEART_ERROR_SYNTAX, after,
                    "after a quoted cell came " + quote(rest) + "; double the quotes inside it");
  return cell;
}

/// The next line of cells; moves beyond its end.
Record read_record(Cursor& cursor, char separator) {
  Record record;
  do {
    record.push_back(read_cell(cursor, separator));
  } while (cursor.take(separator));
  cursor.take_line();  // nothing but its end is left
  return record;
}

bool is_empty(const Record& record) {
  return std::all_of(record.begin(), record.end(),
                     [](const Cell& cell) { return cell.text.empty(); });
}

/// Moves to the next line that is not blank or a comment. Returns false at the end.
bool find_record(Cursor& cursor) {
  while (!cursor.done()) {
    Cursor ahead = cursor;
    const Cursor line = ahead.take_line();
    const std::string_view text = trim(line.rest());
    if (!text.empty() && text.front() != '#') return true;
    cursor = ahead;
  }
  return false;
}

/// The separator of the first line: of those that stand outside quotes, tab before semicolon before
/// comma, since a comma may be a decimal point and a semicolon part of a label.
char find_separator(Cursor text) {
  bool quoted = false;
  bool semicolon = false, comma = false;
  const Cursor line = text.take_line();
  for (char c : line.rest()) {
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    if (c == '\t') return '\t';
    semicolon |= c == ';';
    comma |= c == ',';
  }
  if (semicolon) return ';';
  if (comma) return ',';
  throw TextError(GST_HEART_ERROR_FORMAT, line.offset(),
                  quote(line.rest()) +
                      " has one column; separate start, end and label by comma, semicolon or tab");
}

/// What a column holds.
struct Column {
  std::optional<size_t> index;
  int power = 9;  // of ten, from its unit to nanoseconds
};
struct Columns {
  Column start, stop, duration, label;
};

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// Words of a header cell: "Start time [ms]" is start, time, ms.
std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words(1);
  for (char c : lower(text)) {
    const bool is_letter = g_ascii_isalnum(c) || static_cast<unsigned char>(c) >= 0x80;
    if (is_letter)
      words.back() += c;
    else if (!words.back().empty())
      words.emplace_back();
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

/// The power of ten of a unit's name; nullopt if it is none.
std::optional<int> power_of(std::string_view word) {
  if (is_one_of(word, {"s", "sec", "secs", "second", "seconds"})) return 9;
  if (is_one_of(word, {"ms", "msec", "millisecond", "milliseconds"})) return 6;
  if (is_one_of(word, {"us", "µs", "usec", "microsecond", "microseconds"})) return 3;
  if (is_one_of(word, {"ns", "nsec", "nanosecond", "nanoseconds"})) return 0;
  return std::nullopt;
}

/// Enters a header cell into the columns; a name that means none of them is passed over.
void name_column(const Cell& cell, size_t index, Columns* columns) {
  std::string name;
  int power = 9;
  for (const std::string& word : words_of(cell.text)) {
    if (is_one_of(word, {"time", "region", "at"})) continue;
    if (const auto unit = power_of(word)) {
      power = *unit;
    } else if (name.empty()) {
      name = word;
    } else {
      return;  // "start frame" is not a start in seconds
    }
  }
  Column* column = nullptr;
  if (is_one_of(name, {"start", "begin", "from", "in", "onset", "starttime", "begintime"}))
    column = &columns->start;
  else if (is_one_of(name, {"end", "stop", "to", "out", "offset", "endtime", "stoptime"}))
    column = &columns->stop;
  else if (is_one_of(name, {"duration", "length", "dur", "len"}))
    column = &columns->duration;
  else if (is_one_of(name, {"label", "name", "text", "title", "comment", "description"}))
    column = &columns->label;
  if (!column || column->index) return;  // the first of two counts
  column->index = index;
  column->power = power;
}

Columns read_header(const Record& header) {
  Columns columns;
  for (size_t i = 0; i < header.size(); ++i) name_column(header[i], i, &columns);
  if (columns.start.index && (columns.stop.index || columns.duration.index)) return columns;
  std::string found;
  for (const Cell& cell : header) found += (found.empty() ? "" : ", ") + quote(cell.text);
  throw TextError(GST_HEART_ERROR_FORMAT, header.front().offset,
                  std::string("no column for the ") + (columns.start.index ? "end" : "start") +
                      " among " + found +
                      "; name columns start, end (or duration) and label, in s, ms, us or ns");
}

/// The time in a cell of a record.
GstClockTime time_of(const Record& record, const Column& column, char separator, const char* what) {
  if (*column.index >= record.size() || record[*column.index].text.empty())
    throw TextError(
        GST_HEART_ERROR_SYNTAX, record[std::min(*column.index, record.size() - 1)].offset,
        std::string("this line has no ") + what + "; give every line start and end, or remove it");
  const Cell& cell = record[*column.index];
  const size_t inside = cell.offset + (cell.quoted ? 1 : 0);
  TimeSyntax syntax;
  syntax.decimal_comma = separator != ',' || cell.quoted;
  syntax.unit = true;
  syntax.default_power = column.power;
  Cursor cursor{std::string_view(cell.text)};
  try {
    const GstClockTime time = read_time(cursor, syntax);
    cursor.skip_blanks();
    if (cursor.done()) return time;
  } catch (const TextError& fault) {
    throw TextError(fault.code, inside + fault.offset, fault.text);
  }
  throw TextError(GST_HEART_ERROR_SYNTAX, inside,
                  quote(cell.text) + " is not a time; write seconds (12.4) or [h:]m:s (0:01:02.5)");
}

/// The label of a record. Without a header, separators in the last column belong to it.
std::string label_of(const Record& record, const Columns& columns, bool has_header,
                     char separator) {
  if (!columns.label.index || *columns.label.index >= record.size()) return {};
  std::string label = record[*columns.label.index].text;
  for (size_t i = *columns.label.index + 1; !has_header && i < record.size(); ++i)
    label += separator + record[i].text;
  return label;
}

}  // namespace

RegionList read_csv(Cursor text) {
  RegionList list;
  if (!find_record(text)) return list;
  const char separator = find_separator(text);

  Columns columns;
  columns.start.index = 0;
  columns.stop.index = 1;
  columns.label.index = 2;
  Cursor ahead = text;
  const Record first = read_record(ahead, separator);
  const bool has_header = !starts_time(Cursor(std::string_view(first.front().text)));
  if (has_header) {
    columns = read_header(first);
    text = ahead;
  }
  while (find_record(text)) {
    const Record record = read_record(text, separator);
    if (is_empty(record)) continue;
    const GstClockTime start = time_of(record, columns.start, separator, "start");
    const Column& second = columns.stop.index ? columns.stop : columns.duration;
    const GstClockTime other =
        time_of(record, second, separator, columns.stop.index ? "end" : "duration");
    const size_t offset = record[*second.index].offset;
    const std::string label = label_of(record, columns, has_header, separator);
    if (columns.stop.index)
      add_region(list, GST_HEART_TRIGGER_FILE, start, other, label, offset);
    else
      add_region_of_length(list, GST_HEART_TRIGGER_FILE, start, other, label, offset);
  }
  return list;
}

}  // namespace heart
