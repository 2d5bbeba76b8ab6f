// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The grammar of the property "regions": what is read, where errors point, and that what is written is
// read again.

#include "tests/check/elements/region_text.h"
#include "tests/check/no_leaks.h"
#include <gst/heart/heart.h>

#include <gst/check/gstcheck.h>

#include <clocale>
#include <cstring>
#include <initializer_list>
#include <string>

namespace {

struct Read {
  const char* text;
  const char* regions;
};

const Read kRead[] = {
    {"", ""},
    {" \t", ""},
    {";;\n;", ""},
    {"12.4-12.9", "12400000000-12900000000"},
    {"12.4-12.9; 0:01:02.5+0.3", "12400000000-12900000000|62500000000-62800000000"},
    {"12.4 - 12.9 ; 1 + 2;", "12400000000-12900000000|1000000000-3000000000"},
    {"1-2\n3-4\r\n5-6\r7-8",
     "1000000000-2000000000|3000000000-4000000000|5000000000-6000000000|7000000000-8000000000"},
    {"\xEF\xBB\xBF"
     "1-2",
     "1000000000-2000000000"},  // byte order mark
    // Clocks: minutes alone may pass an hour.
    {"1:02-1:03.25", "62000000000-63250000000"},
    {"75:00+1", "4500000000000-4501000000000"},
    {"100:00:00+1", "360000000000000-360001000000000"},
    {"0:0:0-0:0:1", "0-1000000000"},
    // Exact decimals: 0.1 + 0.2 is 0.3, and nanoseconds survive hours.
    {"0.1+0.2", "100000000-300000000"},
    {"35999.999999999-36000", "35999999999999-36000000000000"},
    {"0.0000000004-0.0000000005", "0-1"},  // rounded half up
    {".5-1.", "500000000-1000000000"},
    {"1e-3-2.5e0", "1000000-2500000000"},
    {"1E+1-1.1e1", "10000000000-11000000000"},
    {"0000000000000000000000001-2", "1000000000-2000000000"},
    // Units.
    {"100ms+50ms", "100000000-150000000"},
    {"1s-1500ms; 3us+4ns; 5µs-6us", "1000000000-1500000000|3000-3004|5000-6000"},
    {"1+300ms", "1000000000-1300000000"},
    // Labels.
    {"1-2=click; 3-4 = two words ;5-6=",
     "1000000000-2000000000 click|3000000000-4000000000 two words|5000000000-6000000000"},
    {"1-2=a=b-c+d", "1000000000-2000000000 a=b-c+d"},
    {"1-2=\"a; b\"; 3-4", "1000000000-2000000000 a; b|3000000000-4000000000"},
    {"1-2=\" he said \"\"no\"\" \"", "1000000000-2000000000  he said \"no\" "},
    {"1-2=\"two\nlines\"; 3-4=ü", "1000000000-2000000000 two\nlines|3000000000-4000000000 ü"},
    // Neither order nor overlap is the parser's business.
    {"5-6; 1-9; 5-6", "5000000000-6000000000|1000000000-9000000000|5000000000-6000000000"},
    {"0-9223372036.854775806", "0-9223372036854775806"},  // the last nanosecond
};

struct Refused {
  const char* text;
  GstHeartError code;
  const char* place;  // line:column
  const char* said;
};

const Refused kRefused[] = {
    {"abc", GST_HEART_ERROR_SYNTAX, "1:1", "\"abc\" is not a time; write seconds (12.4)"},
    {"1-2; x-3", GST_HEART_ERROR_SYNTAX, "1:6", "\"x-3\" is not a time"},
    {"1-2\n\n  3-y", GST_HEART_ERROR_SYNTAX, "3:5", "\"y\" is not a time"},
    {"1-2\r3-y", GST_HEART_ERROR_SYNTAX, "2:3", "\"y\" is not a time"},
    {"1-2\r\n3-y", GST_HEART_ERROR_SYNTAX, "2:3", "\"y\" is not a time"},
    {"1-2=ü; z", GST_HEART_ERROR_SYNTAX, "1:8", "\"z\" is not a time"},  // ü is one column
    {"12.4", GST_HEART_ERROR_SYNTAX, "1:5", "nothing; write start-stop or start+duration"},
    {"12.4;", GST_HEART_ERROR_SYNTAX, "1:5", "write start-stop or start+duration"},
    {"12.4 12.9", GST_HEART_ERROR_SYNTAX, "1:6", "\"12.9\""},
    {"12,4-12,9", GST_HEART_ERROR_SYNTAX, "1:3", "\",4-12,9\""},
    {"1-", GST_HEART_ERROR_SYNTAX, "1:3", "\"\" is not a time"},
    {"1-;2", GST_HEART_ERROR_SYNTAX, "1:3", "is not a time"},
    {"1-2, 3-4", GST_HEART_ERROR_SYNTAX, "1:4", "separate regions by ;"},
    {"1-2 3-4", GST_HEART_ERROR_SYNTAX, "1:5", "separate regions by ;, or add =label"},
    {"1-2=\"x", GST_HEART_ERROR_SYNTAX, "1:5", "not closed"},
    {"1-2=\"x\" y", GST_HEART_ERROR_SYNTAX, "1:9", "\"y\""},
    {"1:2:3:4-5", GST_HEART_ERROR_SYNTAX, "1:1", "\"1:2:3:4-5\" is not a time"},
    {"1.5:00-5", GST_HEART_ERROR_SYNTAX, "1:1", "is not a time"},
    {"1:-5", GST_HEART_ERROR_SYNTAX, "1:1", "is not a time"},
    {"0x10-0x20", GST_HEART_ERROR_SYNTAX, "1:2", "\"x10-0x20\""},
    {"inf-nan", GST_HEART_ERROR_SYNTAX, "1:1", "\"inf-nan\" is not a time"},
    {"1e-2", GST_HEART_ERROR_SYNTAX, "1:5", "write start-stop"},  // that is 0.01, without an end
    {"1min-2min", GST_HEART_ERROR_SYNTAX, "1:2", "\"min-2min\""},
    {"-1-2", GST_HEART_ERROR_RANGE, "1:1", "\"-1-2\" is negative"},
    {"1--2", GST_HEART_ERROR_RANGE, "1:3", "\"-2\" is negative"},
    {"2-1", GST_HEART_ERROR_RANGE, "1:3", "ends at 1.000000000 s, before it begins"},
    {"2-2", GST_HEART_ERROR_RANGE, "1:3", "where it begins"},
    {"2+0", GST_HEART_ERROR_RANGE, "1:3", "0 long"},
    {"0:61-0:62", GST_HEART_ERROR_RANGE, "1:1", "60 or more seconds"},
    {"1:60:00+1", GST_HEART_ERROR_RANGE, "1:1", "60 or more minutes"},
    {"0:59.9999999999-2:00", GST_HEART_ERROR_RANGE, "1:1", "60 or more seconds"},  // once rounded
    {"1-9223372036.854775807", GST_HEART_ERROR_RANGE, "1:3", "292 years"},
    {"1-99999999999999999999999999", GST_HEART_ERROR_RANGE, "1:3", "292 years"},
    {"1-1e300", GST_HEART_ERROR_RANGE, "1:3", "292 years"},
    {"1-1e99999999999999999999", GST_HEART_ERROR_RANGE, "1:3", "292 years"},
    {"9999999999:00:00+1", GST_HEART_ERROR_RANGE, "1:1", "292 years"},
    {"9223372036+1", GST_HEART_ERROR_RANGE, "1:12", "ends beyond 292 years"},
    {"1+9223372036.854775806", GST_HEART_ERROR_RANGE, "1:3", "ends beyond 292 years"},
    {"1 12345678901ü", GST_HEART_ERROR_SYNTAX, "1:3", "\"12345678901ü\""},  // characters stay whole
    {"1-2; \xFF", GST_HEART_ERROR_ENCODING, "1:6", "0xFF is not UTF-8"},
    {"\xFF\xFE"
     "1",
     GST_HEART_ERROR_ENCODING, "1:1", "UTF-16"},
};

}  // namespace

GST_START_TEST(lists_are_read_exactly)
{
  const Read& row = kRead[__i__];
  g_autoptr(GError) error = nullptr;
  GPtrArray* regions = gst_heart_region_list_parse(row.text, &error);
  fail_unless(regions != nullptr, "%s: %s", row.text, error ? error->message : "");
  expect_regions(regions, row.regions);
  for (guint i = 0; i < regions->len; ++i) {
    const auto* region = static_cast<GstHeartRegion*>(regions->pdata[i]);
    fail_unless_equals_int(region->domain, GST_HEART_TIME_STREAM);
    fail_unless_equals_int(region->trigger, GST_HEART_TRIGGER_PROPERTY);
    fail_unless_equals_float(region->confidence, 1.0);
  }
  // What is written is read as the same.
  g_autofree gchar* written = gst_heart_region_list_to_string(regions);
  GPtrArray* again = gst_heart_region_list_parse(written, nullptr);
  fail_unless(again != nullptr, "wrote %s", written);
  expect_regions(again, row.regions);
  g_ptr_array_unref(again);
  g_ptr_array_unref(regions);
}
GST_END_TEST

GST_START_TEST(errors_point_at_the_place_and_say_what_to_do)
{
  const Refused& row = kRefused[__i__];
  GError* error = nullptr;
  fail_unless(gst_heart_region_list_parse(row.text, &error) == nullptr, "%s was read", row.text);
  const std::string place = std::string("regions:") + row.place + ": ";
  fail_unless(g_str_has_prefix(error->message, place.c_str()), "%s: %s", row.text, error->message);
  fail_unless(strstr(error->message, row.said) != nullptr, "%s: %s", row.text, error->message);
  fail_unless(g_error_matches(error, GST_HEART_ERROR, row.code), "%s: code %d", row.text,
              error->code);
  fail_unless(g_utf8_validate(error->message, -1, nullptr));
  g_clear_error(&error);
  fail_unless(gst_heart_region_list_parse(row.text, nullptr) == nullptr);  // nobody need ask why
}
GST_END_TEST

GST_START_TEST(the_locale_plays_no_part)
{
  const char* const locale = setlocale(LC_ALL, "de_DE.UTF-8");
  GST_INFO("locale %s", locale ? locale : "not installed: this run shows nothing");
  GPtrArray* regions = gst_heart_region_list_parse("12.4-12.9", nullptr);
  fail_unless(regions != nullptr);
  expect_regions(regions, "12400000000-12900000000");
  g_autofree gchar* written = gst_heart_region_list_to_string(regions);
  fail_unless_equals_string(written, "12.400000000-12.900000000");
  g_ptr_array_unref(regions);
  setlocale(LC_ALL, "C");
}
GST_END_TEST

GST_START_TEST(a_region_writes_itself)
{
  const struct {
    const char* label;
    const char* text;
  } rows[] = {
      {nullptr, "0.000000001-12.900000000"},       {"", "0.000000001-12.900000000"},
      {"a b", "0.000000001-12.900000000=a b"},     {" a", "0.000000001-12.900000000=\" a\""},
      {"a;b", "0.000000001-12.900000000=\"a;b\""}, {"\"", "0.000000001-12.900000000=\"\"\"\""},
  };
  for (const auto& row : rows) {
    g_autoptr(GstHeartRegion) region = gst_heart_region_new(
        GST_HEART_TIME_RUNNING, 1, 12900 * GST_MSECOND, GST_HEART_TRIGGER_SIGNAL, row.label);
    g_autofree gchar* text = gst_heart_region_to_string(region);
    fail_unless_equals_string(text, row.text);
  }
}
GST_END_TEST

GST_START_TEST(a_hundred_thousand_regions_are_read_in_linear_time)
{
  std::string text;
  for (int i = 0; i < 100000; ++i) text += std::to_string(i) + "+0.5=label\n";
  GPtrArray* regions = gst_heart_region_list_parse(text.c_str(), nullptr);
  fail_unless(regions != nullptr);
  fail_unless_equals_int(regions->len, 100000);
  g_ptr_array_unref(regions);
  text += "x";
  g_autoptr(GError) error = nullptr;
  fail_unless(gst_heart_region_list_parse(text.c_str(), &error) == nullptr);
  fail_unless(g_str_has_prefix(error->message, "regions:100001:1: "), "%s", error->message);
}
GST_END_TEST

static Suite* region_list_suite() {
  Suite* suite = suite_create("region_list");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_checked_fixture(tcase, nullptr, fail_on_leaks);
  tcase_add_loop_test(tcase, lists_are_read_exactly, 0, G_N_ELEMENTS(kRead));
  tcase_add_loop_test(tcase, errors_point_at_the_place_and_say_what_to_do, 0,
                      G_N_ELEMENTS(kRefused));
  tcase_add_test(tcase, the_locale_plays_no_part);
  tcase_add_test(tcase, a_region_writes_itself);
  tcase_add_test(tcase, a_hundred_thousand_regions_are_read_in_linear_time);
  return suite;
}

GST_CHECK_MAIN(region_list);
