// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The grammar of the property "regions", read and written. Any thread.
//
//   list   = [ region ] { ( ";" | line end ) [ region ] }
//   region = time ( "-" stop | "+" duration ) [ "=" label ]
//   label  = anything up to ";" or the line's end | '"' anything, '"' doubled '"'

#include "gst/heart/text_border.h"
#include "gst/heart/text_reader.h"
#include <gst/heart/region_file.h>

#include <cstring>

namespace heart {

namespace {

bool at_entry_end(const Cursor& cursor) {
  return cursor.done() || strchr(";\r\n", cursor.peek()) != nullptr;
}

std::string_view entry_rest(Cursor cursor) {
  return trim(cursor.take_until(";\r\n"));
}

std::string read_label(Cursor& cursor) {
  cursor.skip_blanks();
  if (cursor.peek() != '"') return std::string(trim(cursor.take_until(";\r\n")));
  const size_t begin = cursor.offset();
  cursor.skip(1);
  std::string label;
  while (true) {
    label += cursor.take_until("\"");
    if (cursor.done())
      throw TextError(GST_HEART_ERROR_SYNTAX, begin,
                      "the label's quotation is not closed; end it with \"");
    cursor.skip(1);
    if (!cursor.take('"')) return label;
    label += '"';
  }
}

void read_entry(Cursor& cursor, RegionList& list) {
  const TimeSyntax syntax{/*decimal_comma=*/false, /*unit=*/true};
  const GstClockTime start = read_time(cursor, syntax);
  cursor.skip_blanks();
  const char sign = cursor.peek();
  if (sign != '-' && sign != '+')
    throw TextError(GST_HEART_ERROR_SYNTAX, cursor.offset(),
                    "after a region's start came " +
                        (at_entry_end(cursor) ? "nothing" : quote(entry_rest(cursor))) +
                        "; write start-stop or start+duration, and ; between regions");
  cursor.skip(1);
  cursor.skip_blanks();
  const size_t second = cursor.offset();
  const GstClockTime other = read_time(cursor, syntax);
  cursor.skip_blanks();
  const size_t after = cursor.offset();
  const std::string label = cursor.take('=') ? read_label(cursor) : std::string();
  cursor.skip_blanks();
  if (!at_entry_end(cursor))
    throw TextError(GST_HEART_ERROR_SYNTAX, cursor.offset(),
                    "after the region came " + quote(entry_rest(cursor)) +
                        "; separate regions by ;" +
                        (cursor.offset() == after ? ", or add =label" : ""));
  if (sign == '-')
    add_region(list, GST_HEART_TRIGGER_PROPERTY, start, other, label, second);
  else
    add_region_of_length(list, GST_HEART_TRIGGER_PROPERTY, start, other, label, second);
}

RegionList read_list(Cursor cursor) {
  RegionList list;
  while (!cursor.done()) {
    cursor.skip_blanks();
    if (!at_entry_end(cursor)) read_entry(cursor, list);
    cursor.skip(1);  // the separator
  }
  return list;
}

bool needs_quotes(std::string_view label) {
  return label.find_first_of(";\"\r\n") != std::string_view::npos || trim(label) != label;
}

std::string written(const GstHeartRegion* region) {
  gchar* span =
      g_strdup_printf("%" G_GUINT64_FORMAT ".%09u-%" G_GUINT64_FORMAT ".%09u",
                      region->start / GST_SECOND, static_cast<guint>(region->start % GST_SECOND),
                      region->stop / GST_SECOND, static_cast<guint>(region->stop % GST_SECOND));
  std::string text = span;
  g_free(span);
  const std::string_view label = region->label ? region->label : "";
  if (label.empty()) return text;
  text += '=';
  if (!needs_quotes(label)) return text.append(label);
  text += '"';
  for (char c : label) text.append(c == '"' ? 2 : 1, c);
  return text += '"';
}

}  // namespace

}  // namespace heart

GPtrArray* gst_heart_region_list_parse(const gchar* text, GError** error) {
  g_return_val_if_fail(text, nullptr);
  return heart::at_text_border(
      {text, strlen(text)}, "regions", nullptr, error,
      [](heart::Cursor cursor, std::vector<heart::Notice>&) { return heart::read_list(cursor); });
}

gchar* gst_heart_region_list_to_string(GPtrArray* regions) {
  g_return_val_if_fail(regions, nullptr);
  std::string text;
  for (guint i = 0; i < regions->len; ++i) {
    if (i) text += "; ";
    text += heart::written(static_cast<const GstHeartRegion*>(g_ptr_array_index(regions, i)));
  }
  return g_strdup(text.c_str());
}

gchar* gst_heart_region_to_string(const GstHeartRegion* region) {
  g_return_val_if_fail(region, nullptr);
  return g_strdup(heart::written(region).c_str());
}
