// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Label files of every format: what is read, what is passed over with a warning, and where errors
// point. Files are text in tables; paths that are no files come last.

#include "tests/check/elements/region_text.h"
#include "tests/check/no_leaks.h"
#include <gst/heart/heart.h>

#include <glib/gstdio.h>
#include <gst/check/gstcheck.h>

#include <cstring>
#include <initializer_list>
#include <string>
#include <unistd.h>

namespace {

constexpr auto kAuto = GST_HEART_REGION_FORMAT_AUTO;
constexpr auto kAudacity = GST_HEART_REGION_FORMAT_AUDACITY;
constexpr auto kCsv = GST_HEART_REGION_FORMAT_CSV;
constexpr auto kEdl = GST_HEART_REGION_FORMAT_EDL;

struct Read {
  const char* name;
  GstHeartRegionFormat format;
  const char* text;
  const char* regions;
  const char* warnings = "";  // joined by |
};

const Read kRead[] = {
    // An empty file holds no regions in any format.
    {"a.txt", kAuto, "", ""},
    {"a.csv", kAuto, "\n\r\n", ""},
    {"a.edl", kAuto, "", ""},
    {nullptr, kAudacity, "", ""},
    // Audacity.
    {"a.txt", kAuto, "12.400000\t12.900000\tclick\n62.5\t62.8\t\n",
     "12400000000-12900000000 click|62500000000-62800000000"},
    {"a.txt", kAudacity,
     "\xEF\xBB\xBF"
     "1\t2\ta\r\n3\t4\tb b \r\n",
     "1000000000-2000000000 a|3000000000-4000000000 b b"},
    {"a.txt", kAudacity, "1\t2\ta\r3\t4", "1000000000-2000000000 a|3000000000-4000000000"},
    {"a.txt", kAudacity, "1\t2\ta\tb", "1000000000-2000000000 a\tb"},
    {"a.txt", kAudacity, "1.0\t2.0\tx\n\\\t100.0\t2000.5\n3.0\t4.0\ty\n",
     "1000000000-2000000000 x|3000000000-4000000000 y"},  // spectral selection
    {"a.txt", kAudacity, "1,25\t2,5\tkomma\n", "1250000000-2500000000 komma"},
    {"a.txt", kAudacity, "1\t1\tbeat\n2\tchorus\n3\n4\t5\tx", "4000000000-5000000000 x",
     "a.txt:1:1: the label \"beat\" marks an instant, not a region; passed over|"
     "a.txt:2:1: the label \"chorus\" marks an instant, not a region; passed over|"
     "a.txt:3:1: the label \"\" marks an instant, not a region; passed over"},
    {"a.txt", kAuto, "1.5 2.5 by hand\n", "1500000000-2500000000 by hand"},
    {"a.txt", kAuto, "\n\n  1.5\t2.5\n", "1500000000-2500000000"},
    {"a.txt", kAuto, "\\\t1\t2\n1\t2\t0\n", "1000000000-2000000000 0"},
    {"a.txt", kAuto, "0:01:02.5\t1:03\tclock\n", "62500000000-63000000000 clock"},
    // CSV.
    {"a.csv", kAuto, "12.4,12.9,click\n1,2\n",
     "12400000000-12900000000 click|1000000000-2000000000"},
    {"a.csv", kAuto, "1,2,a, b\n", "1000000000-2000000000 a,b"},  // separators of the last column
    {"a", kAuto, "start,end,label\n1,2,x\n", "1000000000-2000000000 x"},
    {"a", kAuto, "Label;End;Start\nx;2,5;1,25\n\n;4;3\n",
     "1250000000-2500000000 x|3000000000-4000000000"},
    {"a", kAuto, "onset\toffset\tname\n1\t2\tx\n", "1000000000-2000000000 x"},
    {"a.csv", kCsv, "id,Start time [ms],Duration (ms),note\n7,1500,250,x\n",
     "1500000000-1750000000"},
    {"a.csv", kCsv, "begin_s,stop_s\n1,2\n", "1000000000-2000000000"},
    {"a.csv", kCsv, "start_ns,end_us\n1500,2\n", "1500-2000"},
    {"a.csv", kCsv, "start,stop,duration\n1,2,9\n", "1000000000-2000000000"},  // the end counts
    {"a.csv", kCsv, "start_ms,end_ms\n100,1s\n",
     "100000000-1000000000"},  // a cell's own unit counts
    {"a.csv", kCsv, "\"start\",\"end\",\"label\"\r\n\"1\",\"2\",\"say \"\"hi\"\", now\"\r\n",
     "1000000000-2000000000 say \"hi\", now"},
    {"a.csv", kCsv, "start,end,label\n1,2,\"two\nlines\"\n3,4,b\n",
     "1000000000-2000000000 two\nlines|3000000000-4000000000 b"},
    {"a.csv", kCsv, "1,2,\"a;\tb\"\n", "1000000000-2000000000 a;\tb"},  // only the comma separates
    {"a.csv", kCsv, "\"1,5\",\"2,5\",x\n", "1500000000-2500000000 x"},
    {"a.csv", kCsv, "# made by hand\nstart,end\n# first\n1,2\n,\n", "1000000000-2000000000"},
    {"a.csv", kCsv, "1.240000000000000e+01,1.29e1\n", "12400000000-12900000000"},
    {"a.csv", kCsv, "0:01:02.5,0:01:03,x", "62500000000-63000000000 x"},
    {"a.csv", kCsv,
     "\xEF\xBB\xBF"
     "start;end\r1;2\r",
     "1000000000-2000000000"},
    {"a.CSV", kAuto, "1;2;x", "1000000000-2000000000 x"},
    {"a.tsv", kAuto, "1\t2\tx\n", "1000000000-2000000000 x"},
    {"a.csv", kCsv, "start,end,label\n", ""},
    // MPlayer and Kodi.
    {"a.edl", kAuto, "5.3   7.1    0\n15    16.7   1\n",
     "5300000000-7100000000|15000000000-16700000000"},
    {"a.edl", kAuto, "5.3\t7.1\t3\tadvert\r\n", "5300000000-7100000000 advert"},
    {"a", kAuto, "5.3 7.1 0\n", "5300000000-7100000000"},
    {"a.edl", kAuto, "## comment\n0:05.3 0:07.1 0\n255.3 255.3 2\n", "5300000000-7100000000",
     "a.edl:3:1: a scene marker is an instant, not a region; passed over"},
    {"a.edl", kAuto, "## FPS: 25\n#127 #152 0\n", "5080000000-6080000000"},
    {"a.edl", kAuto, "#0 #1 0\n## Frame rate = 30000/1001 fps\n", "0-33366667"},
    {"a.edl", kAuto, "5 7 0 a b c d e\n", "5000000000-7000000000 a b c d e"},
    // CMX 3600: frames at 25 a second, comments, markers.
    {"a.edl", kAuto,
     "TITLE: dropouts\nFCM: NON-DROP FRAME\n* FPS: 25\n\n"
     "001  AX       AA/V  C        00:00:00:00 00:00:00:12 00:00:01:00 00:00:01:12\n"
     "* FROM CLIP NAME: take 3.wav\n"
     "002  AX       A2    D    025 00:00:02:00 00:00:03:00 00:00:02:00 00:00:03:00\n"
     "M2   AX       025.0       00:00:02:00\n"
     "* COMMENT: hum\n* FROM CLIP NAME: take 4.wav\n",
     "1000000000-1480000000 take 3.wav|2000000000-3000000000 hum"},
    {"a.edl", kAuto,
     "TITLE: markers\n* FPS: 24\n* START: 01:00:00:00\n"
     "001  001      V     C        01:00:05:12 01:00:05:13 01:00:05:12 01:00:05:13  \n"
     " |C:ResolveColorBlue |M:Marker 1 |D:12\n",
     "5500000000-6000000000 Marker 1"},
    {"a.edl", kAuto,
     "FCM: DROP FRAME\n001 AX A C 00:00:00:00 00:00:00:01 00:01:00;02 00:10:00;00\n",
     // 1800 frames and 17982 frames of 1001/30000 s
     "60060000000-599999400000"},
    {"a.edl", kAuto, "* FPS: 29.97\n001 AX A C 00:00:00:00 00:00:00:01 00:01:00:00 00:10:00:00\n",
     // counted through: 1800 and 18000 frames of 1001/30000 s
     "60060000000-600600000000"},
    {"a.edl", kAuto, "* FPS: 59.94\n001 AX A C 00:00:00:00 00:00:00:01 00:01:00;04 00:01:01;00\n",
     // 3600 and 3656 frames of 1001/60000 s
     "60060000000-60994266667"},
    {"a.edl", kAuto,
     "* FPS: 25\n001 AX V C 00:00:00:00 00:00:00:00 00:00:04:00 00:00:04:00\n"
     "001 AX V D 012 00:00:00:00 00:00:01:00 00:00:04:00 00:00:05:00\n",
     "4000000000-5000000000", "a.edl:2:1: an event without length; passed over"},
    {"a", kAuto, "001 AX V C 00:00:00:00 00:00:01:00 00:00:04:00 00:00:05:00\n* FPS: 50\n",
     "4000000000-5000000000"},
};

struct Refused {
  const char* name;
  GstHeartRegionFormat format;
  const char* text;
  GstHeartError code;
  const char* place;
  const char* said;
};

const Refused kRefused[] = {
    // Telling the format.
    {"a.txt", kAuto, "hello world\n", GST_HEART_ERROR_FORMAT, "1:1", "regions-format"},
    {"a.txt", kAuto, "\n12.4-12.9\n", GST_HEART_ERROR_FORMAT, "2:1", "\"12.4-12.9\""},
    // Audacity.
    {"a.txt", kAudacity, "1\t2\ta\nx\t3\n", GST_HEART_ERROR_SYNTAX, "2:1", "\"x\" is not a time"},
    {"a.txt", kAudacity, "1x\t2\n", GST_HEART_ERROR_SYNTAX, "1:1", "start<TAB>end<TAB>label"},
    {"a.txt", kAudacity, "1\t2x\n", GST_HEART_ERROR_SYNTAX, "1:1", "start<TAB>end<TAB>label"},
    {"a.txt", kAudacity, "-1\t2\n", GST_HEART_ERROR_RANGE, "1:1", "negative"},
    {"a.txt", kAudacity, "1\t-2\n", GST_HEART_ERROR_RANGE, "1:3", "negative"},
    {"a.txt", kAudacity, "1\t2\n3\t2.5\tback\n", GST_HEART_ERROR_RANGE, "2:3", "before it begins"},
    {"a.txt", kAudacity, "1\t1e300\n", GST_HEART_ERROR_RANGE, "1:3", "292 years"},
    {"a.txt", kAudacity, "1\t2\t\xC3\n", GST_HEART_ERROR_ENCODING, "1:5", "0xC3 is not UTF-8"},
    {"a.txt", kAudacity, "\xFE\xFF", GST_HEART_ERROR_ENCODING, "1:1", "UTF-16"},
    // CSV.
    {"a.csv", kCsv, "12.4 12.9\n", GST_HEART_ERROR_FORMAT, "1:1", "one column"},
    {"a.csv", kCsv, "label,end\n", GST_HEART_ERROR_FORMAT, "1:1",
     "no column for the start among \"label\", \"end\""},
    {"a.csv", kCsv, "start,label\n", GST_HEART_ERROR_FORMAT, "1:1", "no column for the end"},
    {"a.csv", kCsv, "start_frame,end_frame\n", GST_HEART_ERROR_FORMAT, "1:1",
     "no column for the start"},
    {"a.csv", kCsv, "start,end\n1,x2\n", GST_HEART_ERROR_SYNTAX, "2:3", "\"x2\" is not a time"},
    {"a.csv", kCsv, "start,end\n1, 2x\n", GST_HEART_ERROR_SYNTAX, "2:4", "\"2x\" is not a time"},
    {"a.csv", kCsv, "start,end\n1,\"2x\"\n", GST_HEART_ERROR_SYNTAX, "2:4", "\"2x\" is not a time"},
    {"a.csv", kCsv, "start,end\n1,2\n3\n", GST_HEART_ERROR_SYNTAX, "3:1", "no end"},
    {"a.csv", kCsv, "start,end\n,2\n", GST_HEART_ERROR_SYNTAX, "2:1", "no start"},
    {"a.csv", kCsv, "start,duration\n1,\n", GST_HEART_ERROR_SYNTAX, "2:3", "no duration"},
    {"a.csv", kCsv, "1,2,\"x\n3,4\n", GST_HEART_ERROR_SYNTAX, "1:5", "not closed"},
    {"a.csv", kCsv, "1,2,\"x\"y\n", GST_HEART_ERROR_SYNTAX, "1:8", "\"y\""},
    {"a.csv", kCsv, "1,2,\"a\nb\"\n3,z\n", GST_HEART_ERROR_SYNTAX, "3:3", "\"z\""},
    {"a.csv", kCsv, "start;end\n2;1\n", GST_HEART_ERROR_RANGE, "2:3", "before it begins"},
    {"a.csv", kCsv, "start,duration\n2,0\n", GST_HEART_ERROR_RANGE, "2:3", "0 long"},
    {"a.csv", kCsv, "start,duration\n9223372036,9223372036\n", GST_HEART_ERROR_RANGE, "2:12",
     "292 years"},
    {"a.csv", kCsv, "start,end\n-1,2\n", GST_HEART_ERROR_RANGE, "2:1", "negative"},
    {"a.csv", kCsv, "start,end,label\n1,2,\xFF\n", GST_HEART_ERROR_ENCODING, "2:5", "0xFF"},
    // MPlayer.
    {"a.edl", kEdl, "5.3 7.1\n", GST_HEART_ERROR_SYNTAX, "1:5", "start end action"},
    {"a.edl", kEdl, "5.3\n", GST_HEART_ERROR_SYNTAX, "1:4", "start end action"},
    {"a.edl", kEdl, "1 2 0\n5.3 7.1 4\n", GST_HEART_ERROR_SYNTAX, "2:9", "\"4\" is not an action"},
    {"a.edl", kEdl, "5.3 7.1 cut\n", GST_HEART_ERROR_SYNTAX, "1:9", "\"cut\" is not an action"},
    {"a.edl", kEdl, "5.3 x 0\n", GST_HEART_ERROR_SYNTAX, "1:5", "\"x\" is not a time"},
    {"a.edl", kEdl, "7.1 5.3 0\n", GST_HEART_ERROR_RANGE, "1:5", "before it begins"},
    {"a.edl", kEdl, "#10 #20 0\n", GST_HEART_ERROR_FORMAT, "1:1", "no frame rate is stated"},
    {"a.edl", kEdl, "5 #x 0\n", GST_HEART_ERROR_SYNTAX, "1:3", "is not a frame"},
    {"a.edl", kEdl, "## FPS: 25\n1 #9999999999999999 0\n", GST_HEART_ERROR_RANGE, "2:3",
     "too large"},
    {"a.edl", kEdl, "## FPS: 0\n", GST_HEART_ERROR_FORMAT, "1:9", "\"0\" is not a frame rate"},
    {"a.edl", kEdl, "## FPS: 25/0\n", GST_HEART_ERROR_FORMAT, "1:9", "is not a frame rate"},
    {"a.edl", kEdl, "## FPS: fast\n", GST_HEART_ERROR_FORMAT, "1:9", "is not a frame rate"},
    {"a.edl", kEdl, "## FPS: 1001\n", GST_HEART_ERROR_FORMAT, "1:9", "is not a frame rate"},
    // CMX 3600.
    {"a.edl", kEdl, "TITLE: x\n* FPS: 25\n001 AX A C 00:00:00:00 00:00:01:00 00:00:01:00\n",
     GST_HEART_ERROR_SYNTAX, "3:36", "7 of its 8 fields"},
    {"a.edl", kEdl, "001 AX A C 00:00:00:00 00:00:01:00 00:00:01:00 00:00:02:00\n",
     GST_HEART_ERROR_FORMAT, "1:12", "no frame rate is stated"},
    {"a.edl", kEdl, "* FPS: 25\n001 AX A C 00:00:00:00 00:00:01:00 00:00:01:25 00:00:02:00\n",
     GST_HEART_ERROR_RANGE, "2:36", "is the frame rate right?"},
    {"a.edl", kEdl, "* FPS: 25\n001 AX A C 00:00:00:00 00:00:01:00 00:60:01:00 00:00:02:00\n",
     GST_HEART_ERROR_RANGE, "2:36", "no time of day"},
    {"a.edl", kEdl, "* FPS: 25\n001 AX A C 00:00:00:00 00:00:01:00 00:00:03:00 00:00:02:00\n",
     GST_HEART_ERROR_RANGE, "2:48", "before it begins"},
    {"a.edl", kEdl, "* FPS: 25\n001 AX A C 00:00:00:00 00:00:01:00 later 00:00:02:00\n",
     GST_HEART_ERROR_SYNTAX, "2:36", "\"later\" is not a timecode"},
    {"a.edl", kEdl, "* FPS: 25\n001 AX A C 00:00:00:00 00:00:01:00 00:00:01;00 00:00:02:00\n",
     GST_HEART_ERROR_FORMAT, "2:36", "drop-frame"},
    {"a.edl", kEdl, "* FPS: 29.97\n001 AX A C 00:00:00:00 00:00:01:00 00:01:00;01 00:02:00;02\n",
     GST_HEART_ERROR_RANGE, "2:36", "leaves out"},
    {"a.edl", kEdl,
     "* FPS: 25\n* START: 01:00:00:00\n001 AX A C 00:00:00:00 00:00:01:00 00:59:59:24 "
     "01:00:02:00\n",
     GST_HEART_ERROR_RANGE, "3:36", "before the START"},
    {"a.edl", kEdl, "* FPS: 25\n* START: noon\n", GST_HEART_ERROR_SYNTAX, "2:10",
     "\"noon\" is not a timecode"},
    {"a.edl", kEdl,
     "* FPS: 25\n001 AX A C 00:00:00:00 00:00:01:00 00:00:01:00 00:00:02:00\n |M:x |D:none\n",
     GST_HEART_ERROR_SYNTAX, "3:10", "a number of frames"},
    {"a.edl", kEdl,
     "* FPS: 25\n001 AX A C 00:00:00:00 00:00:01:00 00:00:01:00 00:00:02:00\n |D:0\n",
     GST_HEART_ERROR_SYNTAX, "3:5", "a number of frames"},
};

GPtrArray* parse(const std::string& text, const char* name, GstHeartRegionFormat format,
                 gchar*** warnings, GError** error) {
  return gst_heart_region_file_parse(text.data(), text.size(), name, format, 0, 1, warnings, error);
}

/// A file in a folder of its own, removed with it.
class TemporaryFile {
 public:
  TemporaryFile(const char* name, const std::string& content) {
    folder_ = g_dir_make_tmp("heart-labels-XXXXXX", nullptr);
    path_ = g_build_filename(folder_, name, nullptr);
    fail_unless(g_file_set_contents(path_, content.data(), content.size(), nullptr));
  }
  ~TemporaryFile() {
    g_unlink(path_);
    g_rmdir(folder_);
    g_free(path_);
    g_free(folder_);
  }
  const char* path() const { return path_; }
  const char* folder() const { return folder_; }

 private:
  gchar* folder_;
  gchar* path_;
};

}  // namespace

GST_START_TEST(files_are_read_exactly)
{
  const Read& row = kRead[__i__];
  g_autoptr(GError) error = nullptr;
  g_auto(GStrv) warnings = nullptr;
  GPtrArray* regions = parse(row.text, row.name, row.format, &warnings, &error);
  fail_unless(regions != nullptr, "%s: %s", row.text, error ? error->message : "");
  expect_regions(regions, row.regions);
  for (guint i = 0; i < regions->len; ++i) {
    const auto* region = static_cast<GstHeartRegion*>(regions->pdata[i]);
    fail_unless_equals_int(region->domain, GST_HEART_TIME_STREAM);
    fail_unless_equals_int(region->trigger, GST_HEART_TRIGGER_FILE);
  }
  g_autofree gchar* said = warnings ? g_strjoinv("|", warnings) : g_strdup("");
  fail_unless_equals_string(said, row.warnings);
  g_ptr_array_unref(regions);
}
GST_END_TEST

GST_START_TEST(errors_name_file_line_and_column_and_say_what_to_do)
{
  const Refused& row = kRefused[__i__];
  GError* error = nullptr;
  gchar** warnings = reinterpret_cast<gchar**>(1);
  fail_unless(parse(row.text, row.name, row.format, &warnings, &error) == nullptr, "%s was read",
              row.text);
  fail_unless(warnings == nullptr);
  const std::string place = std::string(row.name) + ":" + row.place + ": ";
  fail_unless(g_str_has_prefix(error->message, place.c_str()), "%s: %s", row.text, error->message);
  fail_unless(strstr(error->message, row.said) != nullptr, "%s: %s", row.text, error->message);
  fail_unless(g_error_matches(error, GST_HEART_ERROR, row.code), "%s: code %d", row.text,
              error->code);
  fail_unless(g_utf8_validate(error->message, -1, nullptr));
  g_clear_error(&error);
  fail_unless(parse(row.text, row.name, row.format, nullptr, nullptr) == nullptr);
}
GST_END_TEST

GST_START_TEST(a_byte_of_zero_is_not_text)
{
  g_autoptr(GError) error = nullptr;
  fail_unless(parse(std::string("1\t2\tx\0y", 7), "a.txt", kAuto, nullptr, &error) == nullptr);
  fail_unless(g_str_has_prefix(error->message, "a.txt:1:6: "), "%s", error->message);
  fail_unless(g_error_matches(error, GST_HEART_ERROR, GST_HEART_ERROR_ENCODING));
}
GST_END_TEST

GST_START_TEST(the_caller_may_state_the_frame_rate_of_a_list)
{
  const char kText[] = "001 AX A C 00:00:00:00 00:00:01:00 00:00:01:00 00:00:02:25\n";
  GPtrArray* regions =
      gst_heart_region_file_parse(kText, strlen(kText), "a.edl", kEdl, 50, 1, nullptr, nullptr);
  fail_unless(regions != nullptr);
  expect_regions(regions, "1000000000-2500000000");
  g_ptr_array_unref(regions);
}
GST_END_TEST

GST_START_TEST(warnings_are_counted_after_the_first_twenty)
{
  std::string text;
  for (int i = 1; i <= 1000; ++i) text += std::to_string(i) + "\tbeat\n";
  g_auto(GStrv) warnings = nullptr;
  GPtrArray* regions = parse(text, "a.txt", kAudacity, &warnings, nullptr);
  fail_unless_equals_int(regions->len, 0);
  fail_unless_equals_int(g_strv_length(warnings), 21);
  fail_unless(g_str_has_prefix(warnings[19], "a.txt:20:1: "), "%s", warnings[19]);
  fail_unless_equals_string(warnings[20], "a.txt: and 980 more warnings of this kind");
  g_ptr_array_unref(regions);
}
GST_END_TEST

GST_START_TEST(a_file_is_loaded_from_its_path)
{
  const TemporaryFile file("dropouts ü.txt", "1\t2\tx\r\n3\tbeat\r\n");
  g_autoptr(GError) error = nullptr;
  g_auto(GStrv) warnings = nullptr;
  GPtrArray* regions = gst_heart_region_file_load(file.path(), kAuto, 0, 1, &warnings, &error);
  fail_unless(regions != nullptr, "%s", error ? error->message : "");
  expect_regions(regions, "1000000000-2000000000 x");
  fail_unless(g_strv_length(warnings) == 1 && strstr(warnings[0], "dropouts ü.txt:2:1: "), "%s",
              warnings[0]);
  g_ptr_array_unref(regions);
}
GST_END_TEST

GST_START_TEST(a_broken_file_is_named_with_its_path)
{
  const TemporaryFile file("labels.csv", "start,end\n1,2\n3,oops\n");
  g_autoptr(GError) error = nullptr;
  fail_unless(gst_heart_region_file_load(file.path(), kAuto, 0, 1, nullptr, &error) == nullptr);
  const std::string place = std::string(file.path()) + ":3:3: ";
  fail_unless(g_str_has_prefix(error->message, place.c_str()), "%s", error->message);
}
GST_END_TEST

GST_START_TEST(what_is_no_plain_file_is_refused)
{
  const TemporaryFile file("labels.txt", "");
  const std::string missing = std::string(file.folder()) + "/missing.txt";
  const std::string below_file = std::string(file.path()) + "/x.txt";
  const struct {
    std::string path;
    const char* said;
  } rows[] = {{missing, "No such file or directory"},
              {below_file, "Not a directory"},
              {file.folder(), "not a plain file"},
              {"/dev/zero", "not a plain file"},
              {"", "No such file or directory"}};
  for (const auto& row : rows) {
    g_autoptr(GError) error = nullptr;
    fail_unless(gst_heart_region_file_load(row.path.c_str(), kAuto, 0, 1, nullptr, &error) ==
                nullptr);
    fail_unless(g_error_matches(error, GST_HEART_ERROR, GST_HEART_ERROR_FILE));
    fail_unless(
        g_str_has_prefix(error->message, row.path.c_str()) && strstr(error->message, row.said),
        "%s", error->message);
  }
}
GST_END_TEST

GST_START_TEST(a_file_of_65_mebibytes_is_refused_unread)
{
  const TemporaryFile file("labels.txt", "");
  fail_unless(truncate(file.path(), 65 << 20) == 0);  // a hole: takes no disk
  g_autoptr(GError) error = nullptr;
  fail_unless(gst_heart_region_file_load(file.path(), kAuto, 0, 1, nullptr, &error) == nullptr);
  fail_unless(g_error_matches(error, GST_HEART_ERROR, GST_HEART_ERROR_FILE));
  fail_unless(strstr(error->message, "64 MiB") != nullptr, "%s", error->message);
}
GST_END_TEST

static Suite* label_file_suite() {
  Suite* suite = suite_create("label_file");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_checked_fixture(tcase, nullptr, fail_on_leaks);
  tcase_add_loop_test(tcase, files_are_read_exactly, 0, G_N_ELEMENTS(kRead));
  tcase_add_loop_test(tcase, errors_name_file_line_and_column_and_say_what_to_do, 0,
                      G_N_ELEMENTS(kRefused));
  tcase_add_test(tcase, a_byte_of_zero_is_not_text);
  tcase_add_test(tcase, the_caller_may_state_the_frame_rate_of_a_list);
  tcase_add_test(tcase, warnings_are_counted_after_the_first_twenty);
  tcase_add_test(tcase, a_file_is_loaded_from_its_path);
  tcase_add_test(tcase, a_broken_file_is_named_with_its_path);
  tcase_add_test(tcase, what_is_no_plain_file_is_refused);
  tcase_add_test(tcase, a_file_of_65_mebibytes_is_refused_unread);
  return suite;
}

GST_CHECK_MAIN(label_file);
