// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Audacity's label tracks: start<TAB>end<TAB>label, one region a line. Any thread.
// Source: manual.audacityteam.org, "Importing and Exporting Labels", standard and extended format.

#include "gst/heart/text_reader.h"

namespace heart {

namespace {

/// Moves beyond what separates two fields; written by hand, a line may hold blanks instead of tabs.
bool take_separator(Cursor& line, bool tabs) {
  if (tabs) {
    while (line.peek() == ' ') line.skip(1);
    return line.take('\t');
  }
  const size_t before = line.offset();
  line.skip_blanks();
  return line.offset() > before;
}

[[noreturn]] void refuse(size_t offset, std::string_view found) {
  throw TextError(GST_HEART_ERROR_SYNTAX, offset,
                  quote(found) + " is not a label line; start<TAB>end<TAB>label was wanted");
}

void read_line(Cursor line, RegionList& list, std::vector<Notice>& notices) {
  const TimeSyntax syntax{/*decimal_comma=*/true, /*unit=*/false};
  const size_t begin = line.offset();
  const std::string_view whole_line = line.rest();
  const bool tabs = whole_line.find('\t') != std::string_view::npos;
  while (line.peek() == ' ') line.skip(1);
  const GstClockTime start = read_time(line, syntax);
  const bool separated = take_separator(line, tabs);
  if (!separated && !line.done()) refuse(begin, whole_line);
  while (line.peek() == ' ') line.skip(1);

  // "12.5<TAB>title" and "12.5<TAB>12.5<TAB>title" mark an instant.
  const size_t second = line.offset();
  bool is_point = !starts_time(line);
  GstClockTime stop = start;
  if (!is_point) {
    stop = read_time(line, syntax);
    if (!take_separator(line, tabs) && !line.done()) refuse(begin, whole_line);
    is_point = stop == start;
  }
  const std::string_view label = trim(line.rest());
  if (is_point) {
    notices.push_back(
        {begin, "the label " + quote(label) + " marks an instant, not a region; passed over"});
    return;
  }
  add_region(list, GST_HEART_TRIGGER_FILE, start, stop, label, second);
}

}  // namespace

RegionList read_audacity(Cursor text, std::vector<Notice>& notices) {
  RegionList list;
  while (!text.done()) {
    const Cursor line = text.take_line();
    if (line.peek() == '\\') continue;  // frequency range of the label above
    if (trim(line.rest()).empty()) continue;
    read_line(line, list, notices);
  }
  return list;
}

}  // namespace heart
