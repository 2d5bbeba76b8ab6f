// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Regions as values: spans, conversion between a segment's three times, joining, text. Every expected
// time is worked out by hand in its row.

#include "tests/check/no_leaks.h"
#include <gst/heart/heart.h>

#include <gst/check/gstcheck.h>

#include <cmath>
#include <cstring>
#include <initializer_list>

namespace {

constexpr GstClockTime S = GST_SECOND;
constexpr GstClockTime kNone = GST_CLOCK_TIME_NONE;

GstHeartRegion* region_at(GstClockTime start, GstClockTime stop, const char* label = nullptr,
                          GstHeartTimeDomain domain = GST_HEART_TIME_SEGMENT) {
  return gst_heart_region_new(domain, start, stop, GST_HEART_TRIGGER_EVENT, label);
}

struct SegmentSetup {
  gdouble rate;
  GstClockTime base, start, stop, time, offset;
};

GstSegment segment_of(const SegmentSetup& setup) {
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  segment.rate = setup.rate;
  segment.base = setup.base;
  segment.start = setup.start;
  segment.stop = setup.stop;
  segment.time = setup.time;
  segment.offset = setup.offset;
  return segment;
}

struct ConvertCase {
  const char* claim;
  SegmentSetup segment;
  GstHeartTimeDomain from;
  GstClockTime start, stop;
  GstHeartTimeDomain to;
  gboolean done;
  GstClockTime new_start, new_stop;
};

const SegmentSetup kPlain{1.0, 0, 0, kNone, 0, 0};
const SegmentSetup kSeeked{1.0, 5 * S, 10 * S, 20 * S, 110 * S, 0};  // medium 110 s plays at 5 s
const SegmentSetup kFast{2.0, 0, 0, kNone, 0, 0};
const SegmentSetup kReverse{-1.0, 0, 10 * S, 20 * S, 10 * S, 0};
const SegmentSetup kOffset{1.0,    3 * S,  10 * S,
                           20 * S, 10 * S, 2 * S};  // running 3 s is position 12 s

const ConvertCase kConvertCases[] = {
    {"identity in a plain segment", kPlain, GST_HEART_TIME_STREAM, 1 * S, 2 * S,
     GST_HEART_TIME_SEGMENT, TRUE, 1 * S, 2 * S},
    {"stream to segment after a seek", kSeeked, GST_HEART_TIME_STREAM, 112 * S, 113 * S,
     GST_HEART_TIME_SEGMENT, TRUE, 12 * S, 13 * S},
    {"segment to running after a seek", kSeeked, GST_HEART_TIME_SEGMENT, 12 * S, 13 * S,
     GST_HEART_TIME_RUNNING, TRUE, 7 * S, 8 * S},
    {"running to stream after a seek", kSeeked, GST_HEART_TIME_RUNNING, 7 * S, 8 * S,
     GST_HEART_TIME_STREAM, TRUE, 112 * S, 113 * S},
    {"the part before the segment is cut off", kSeeked, GST_HEART_TIME_STREAM, 100 * S, 111 * S,
     GST_HEART_TIME_SEGMENT, TRUE, 10 * S, 11 * S},
    {"the part after the segment is cut off", kSeeked, GST_HEART_TIME_SEGMENT, 19 * S, 25 * S,
     GST_HEART_TIME_SEGMENT, TRUE, 19 * S, 20 * S},
    {"a region around the segment becomes the segment", kSeeked, GST_HEART_TIME_STREAM, 0, 500 * S,
     GST_HEART_TIME_RUNNING, TRUE, 5 * S, 15 * S},
    {"a region that ends where the segment starts is outside", kSeeked, GST_HEART_TIME_SEGMENT,
     9 * S, 10 * S, GST_HEART_TIME_STREAM, FALSE, 0, 0},
    {"a region that starts where the segment stops is outside", kSeeked, GST_HEART_TIME_SEGMENT,
     20 * S, 21 * S, GST_HEART_TIME_STREAM, FALSE, 0, 0},
    {"one nanosecond inside is enough", kSeeked, GST_HEART_TIME_SEGMENT, 9 * S, 10 * S + 1,
     GST_HEART_TIME_STREAM, TRUE, 110 * S, 110 * S + 1},
    {"at double speed running time is half as long", kFast, GST_HEART_TIME_SEGMENT, 4 * S, 6 * S,
     GST_HEART_TIME_RUNNING, TRUE, 2 * S, 3 * S},
    {"going backwards the ends change places", kReverse, GST_HEART_TIME_SEGMENT, 12 * S, 13 * S,
     GST_HEART_TIME_RUNNING, TRUE, 7 * S, 8 * S},
    {"and change back", kReverse, GST_HEART_TIME_RUNNING, 7 * S, 8 * S, GST_HEART_TIME_SEGMENT,
     TRUE, 12 * S, 13 * S},
    {"what the offset has passed has no running time", kOffset, GST_HEART_TIME_SEGMENT, 11 * S,
     14 * S, GST_HEART_TIME_RUNNING, TRUE, 3 * S, 5 * S},
    {"running time counts behind the offset", kOffset, GST_HEART_TIME_RUNNING, 3 * S, 5 * S,
     GST_HEART_TIME_SEGMENT, TRUE, 12 * S, 14 * S},
    {"running time before the segment's base is cut off", kSeeked, GST_HEART_TIME_RUNNING, 1 * S,
     6 * S, GST_HEART_TIME_SEGMENT, TRUE, 10 * S, 11 * S},
    {"292 years do not overflow", kSeeked, GST_HEART_TIME_STREAM, 111 * S, GST_HEART_TIME_MAX - 1,
     GST_HEART_TIME_RUNNING, TRUE, 6 * S, 15 * S},
};

}  // namespace

GST_START_TEST(a_span_is_valid_from_one_nanosecond_to_292_years)
{
  fail_unless(gst_heart_region_span_is_valid(0, 1));
  fail_unless(gst_heart_region_span_is_valid(0, GST_HEART_TIME_MAX - 1));
  fail_if(gst_heart_region_span_is_valid(0, 0));
  fail_if(gst_heart_region_span_is_valid(2, 1));
  fail_if(gst_heart_region_span_is_valid(0, GST_HEART_TIME_MAX));
  fail_if(gst_heart_region_span_is_valid(0, kNone));
  fail_if(gst_heart_region_span_is_valid(kNone, 1));
  fail_if(gst_heart_region_span_is_valid(kNone, kNone));
}
GST_END_TEST

GST_START_TEST(an_invalid_span_is_a_programming_error)
{
  g_log_set_always_fatal(G_LOG_LEVEL_ERROR);  // G_DEBUG=fatal_criticals would end the test here
  ASSERT_CRITICAL(fail_unless(region_at(5, 5) == nullptr));
  ASSERT_CRITICAL(fail_unless(region_at(0, kNone) == nullptr));
}
GST_END_TEST

GST_START_TEST(a_copy_is_equal_and_independent)
{
  g_autoptr(GstHeartRegion) region = region_at(1 * S, 3 * S, "chorus", GST_HEART_TIME_RUNNING);
  gst_heart_region_set_reason(region, "zeros", 0.5);
  g_autoptr(GstHeartRegion) copy = gst_heart_region_copy(region);
  fail_unless(gst_heart_region_equal(region, copy));
  fail_unless_equals_uint64(gst_heart_region_duration(copy), 2 * S);
  gst_heart_region_set_label(copy, "verse");
  fail_unless_equals_string(region->label, "chorus");
  fail_if(gst_heart_region_equal(region, copy));
  gst_heart_region_set_label(copy, copy->label);  // to itself
  fail_unless_equals_string(copy->label, "verse");

  GValue value = G_VALUE_INIT;
  g_value_init(&value, GST_TYPE_HEART_REGION);
  g_value_set_boxed(&value, region);
  fail_unless(
      gst_heart_region_equal(static_cast<GstHeartRegion*>(g_value_get_boxed(&value)), region));
  g_value_unset(&value);
}
GST_END_TEST

GST_START_TEST(confidence_is_kept_within_0_and_1)
{
  g_autoptr(GstHeartRegion) region = region_at(0, 1);
  fail_unless_equals_float(region->confidence, 1.0);
  gst_heart_region_set_reason(region, "click", 7.0);
  fail_unless_equals_float(region->confidence, 1.0);
  gst_heart_region_set_reason(region, "click", -INFINITY);
  fail_unless_equals_float(region->confidence, 0.0);
  gst_heart_region_set_reason(region, "click", NAN);
  fail_unless_equals_float(region->confidence, 0.0);
}
GST_END_TEST

GST_START_TEST(regions_convert_between_the_times_of_a_segment)
{
  const ConvertCase& row = kConvertCases[__i__];
  GST_INFO("%s", row.claim);
  g_autoptr(GstHeartRegion) region = region_at(row.start, row.stop, "kept", row.from);
  const GstSegment segment = segment_of(row.segment);
  const gboolean done = gst_heart_region_convert(region, &segment, row.to);
  fail_unless(done == row.done, "%s: returned %d", row.claim, done);
  const GstClockTime start = row.done ? row.new_start : row.start;
  const GstClockTime stop = row.done ? row.new_stop : row.stop;
  fail_unless(region->start == start && region->stop == stop,
              "%s: got %" GST_TIME_FORMAT " - %" GST_TIME_FORMAT, row.claim,
              GST_TIME_ARGS(region->start), GST_TIME_ARGS(region->stop));
  fail_unless_equals_int(region->domain, row.done ? row.to : row.from);
  fail_unless_equals_string(region->label, "kept");
}
GST_END_TEST

GST_START_TEST(a_reverse_segment_without_a_stop_has_no_running_time)
{
  const GstSegment segment = segment_of({-1.0, 0, 0, kNone, 0, 0});
  g_autoptr(GstHeartRegion) region = region_at(1 * S, 2 * S);
  fail_if(gst_heart_region_convert(region, &segment, GST_HEART_TIME_RUNNING));
  fail_unless_equals_uint64(region->start, 1 * S);
}
GST_END_TEST

GST_START_TEST(overlapping_and_touching_regions_merge_and_others_do_not)
{
  struct Row {
    GstClockTime a_start, a_stop, b_start, b_stop, slack;
    gboolean merged;
    GstClockTime start, stop;
  };
  const Row rows[] = {
      {10, 20, 15, 30, 0, TRUE, 10, 30},  // overlapping
      {15, 30, 10, 20, 0, TRUE, 10, 30},  // the other way round
      {10, 20, 20, 30, 0, TRUE, 10, 30},  // touching
      {10, 20, 21, 30, 0, FALSE, 10, 20},    {10, 20, 21, 30, 1, TRUE, 10, 30},
      {21, 30, 10, 20, 1, TRUE, 10, 30},     {10, 40, 20, 30, 0, TRUE, 10, 40},  // inside
      {10, 20, 25, 30, kNone, TRUE, 10, 30},
  };
  for (const Row& row : rows) {
    g_autoptr(GstHeartRegion) a = region_at(row.a_start, row.a_stop);
    g_autoptr(GstHeartRegion) b = region_at(row.b_start, row.b_stop);
    fail_unless_equals_int(gst_heart_region_merge(a, b, row.slack), row.merged);
    fail_unless_equals_uint64(a->start, row.start);
    fail_unless_equals_uint64(a->stop, row.stop);
  }
}
GST_END_TEST

GST_START_TEST(a_merged_region_names_all_labels_once_in_order_of_time)
{
  g_autoptr(GstHeartRegion) merged = region_at(10, 20, "b");
  gst_heart_region_set_reason(merged, "zeros", 0.25);
  g_autoptr(GstHeartRegion) earlier = region_at(5, 12, "a");
  earlier->trigger = GST_HEART_TRIGGER_FILE;
  gst_heart_region_set_reason(earlier, nullptr, 0.75);
  g_autoptr(GstHeartRegion) again = region_at(19, 25, "b");
  g_autoptr(GstHeartRegion) nameless = region_at(24, 30);
  g_autoptr(GstHeartRegion) prefix = region_at(29, 31, "bb");
  for (const GstHeartRegion* other : {earlier, again, nameless, prefix})
    fail_unless(gst_heart_region_merge(merged, other, 0));
  fail_unless_equals_string(merged->label, "a, b, bb");
  fail_unless_equals_string(merged->reason, "zeros");
  fail_unless_equals_int(merged->trigger, GST_HEART_TRIGGER_FILE);
  fail_unless_equals_float(merged->confidence, 1.0);
}
GST_END_TEST

GST_START_TEST(regions_of_different_domains_do_not_merge)
{
  g_autoptr(GstHeartRegion) a = region_at(1, 3);
  g_autoptr(GstHeartRegion) b = region_at(1, 3, nullptr, GST_HEART_TIME_STREAM);
  fail_if(gst_heart_region_merge(a, b, 0));
}
GST_END_TEST

GST_START_TEST(ten_thousand_merges_do_not_grow_the_label_without_bound)
{
  g_autoptr(GstHeartRegion) merged = region_at(0, 10, "first");
  for (guint i = 1; i < 10000; ++i) {
    gchar* label = g_strdup_printf("flag %u", i);
    g_autoptr(GstHeartRegion) other = region_at(i, i + 10, label);
    g_free(label);
    fail_unless(gst_heart_region_merge(merged, other, 0));
  }
  fail_unless(strlen(merged->label) < 1100, "%zu bytes", strlen(merged->label));
  fail_unless(g_str_has_suffix(merged->label, ", …"));
  fail_unless(g_utf8_validate(merged->label, -1, nullptr));
}
GST_END_TEST

static Suite* region_suite() {
  Suite* suite = suite_create("region");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_checked_fixture(tcase, nullptr, fail_on_leaks);
  tcase_add_test(tcase, a_span_is_valid_from_one_nanosecond_to_292_years);
  tcase_add_test(tcase, an_invalid_span_is_a_programming_error);
  tcase_add_test(tcase, a_copy_is_equal_and_independent);
  tcase_add_test(tcase, confidence_is_kept_within_0_and_1);
  tcase_add_loop_test(tcase, regions_convert_between_the_times_of_a_segment, 0,
                      G_N_ELEMENTS(kConvertCases));
  tcase_add_test(tcase, a_reverse_segment_without_a_stop_has_no_running_time);
  tcase_add_test(tcase, overlapping_and_touching_regions_merge_and_others_do_not);
  tcase_add_test(tcase, a_merged_region_names_all_labels_once_in_order_of_time);
  tcase_add_test(tcase, regions_of_different_domains_do_not_merge);
  tcase_add_test(tcase, ten_thousand_merges_do_not_grow_the_label_without_bound);
  return suite;
}

GST_CHECK_MAIN(region);
