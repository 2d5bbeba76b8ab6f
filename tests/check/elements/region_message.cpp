// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The element message heartinpaint-region: its fields by name and type, its way back into a report, and
// messages that are not what they should be.

#include "tests/check/no_leaks.h"
#include <gst/heart/heart.h>

#include <gst/check/gstcheck.h>

#include <cstring>
#include <initializer_list>

namespace {

GstHeartReport* full_report() {
  g_autoptr(GstHeartRegion) region = gst_heart_region_new(GST_HEART_TIME_STREAM, 100, 150,
                                                          GST_HEART_TRIGGER_MISSING_DATA, "chorus");
  gst_heart_region_set_reason(region, "lost packet", 0.5);
  GstHeartReport* report = gst_heart_report_new(3, GST_HEART_REGION_STATUS_REPAIRED, region);
  gst_heart_report_set_times(report, nullptr, 1100, 50);
  report->stream_time = 100;
  report->running_time = 2100;
  gst_heart_report_set_method(report, "lm", "nano", 42);
  report->elapsed = 1500;
  gst_heart_report_set_detail(report, "level matched");
  gst_heart_report_add_candidate(report, "lm", -4.25, "right codes");
  gst_heart_report_add_candidate(report, "transplant", -6.5, nullptr);
  return report;
}

GstMessage* message_of(const GstHeartReport* report) {
  return gst_heart_message_new_region(nullptr, report);
}

void expect_equal(const GstHeartReport* a, const GstHeartReport* b) {
  fail_unless_equals_uint64(a->region_id, b->region_id);
  fail_unless_equals_int(a->status, b->status);
  fail_unless(gst_heart_region_equal(a->region, b->region));
  fail_unless_equals_uint64(a->timestamp, b->timestamp);
  fail_unless_equals_uint64(a->stream_time, b->stream_time);
  fail_unless_equals_uint64(a->running_time, b->running_time);
  fail_unless_equals_uint64(a->duration, b->duration);
  fail_unless_equals_string(a->method, b->method);
  fail_unless_equals_int64(a->seed, b->seed);
  fail_unless_equals_string(a->model, b->model);
  fail_unless_equals_uint64(a->elapsed, b->elapsed);
  fail_unless_equals_string(a->detail, b->detail);
  const guint n_a = a->candidates ? a->candidates->len : 0;
  fail_unless_equals_int(n_a, b->candidates ? b->candidates->len : 0);
  for (guint i = 0; i < n_a; ++i)
    fail_unless(gst_structure_is_equal(static_cast<GstStructure*>(a->candidates->pdata[i]),
                                       static_cast<GstStructure*>(b->candidates->pdata[i])));
}

}  // namespace

GST_START_TEST(the_message_has_the_fields_of_the_design_by_name_and_type)
{
  const struct {
    const char* field;
    GType type;
  } rows[] = {
      {"region-id", G_TYPE_UINT64}, {"status", G_TYPE_STRING},      {"trigger", G_TYPE_STRING},
      {"label", G_TYPE_STRING},     {"start", G_TYPE_UINT64},       {"stop", G_TYPE_UINT64},
      {"timestamp", G_TYPE_UINT64}, {"stream-time", G_TYPE_UINT64}, {"running-time", G_TYPE_UINT64},
      {"duration", G_TYPE_UINT64},  {"method", G_TYPE_STRING},      {"seed", G_TYPE_INT64},
      {"model", G_TYPE_STRING},     {"elapsed", G_TYPE_UINT64},     {"candidates", GST_TYPE_ARRAY},
      {"detail", G_TYPE_STRING},    {"reason", G_TYPE_STRING},      {"confidence", G_TYPE_DOUBLE},
      {"domain", G_TYPE_STRING},
  };
  g_autoptr(GstHeartReport) report = full_report();
  GstMessage* message = message_of(report);
  fail_unless(gst_heart_message_is_region(message));
  const GstStructure* structure = gst_message_get_structure(message);
  for (const auto& row : rows)
    fail_unless(gst_structure_has_field_typed(structure, row.field, row.type), "%s is a %s",
                row.field, g_type_name(gst_structure_get_field_type(structure, row.field)));
  fail_unless_equals_int(gst_structure_n_fields(structure), G_N_ELEMENTS(rows));
  fail_unless_equals_string(gst_structure_get_string(structure, "status"), "repaired");
  fail_unless_equals_string(gst_structure_get_string(structure, "trigger"), "missing-data");
  fail_unless_equals_string(gst_structure_get_string(structure, "domain"), "stream");
  gst_message_unref(message);
}
GST_END_TEST

GST_START_TEST(a_report_comes_back_from_its_message)
{
  g_autoptr(GstHeartReport) report = full_report();
  GstMessage* message = message_of(report);
  g_autoptr(GError) error = nullptr;
  g_autoptr(GstHeartReport) parsed = gst_heart_message_parse_region(message, &error);
  fail_unless(parsed != nullptr, "%s", error ? error->message : "");
  expect_equal(parsed, report);
  gst_message_unref(message);
}
GST_END_TEST

GST_START_TEST(a_message_survives_being_printed_and_read_again)
{
  g_autoptr(GstHeartReport) report = full_report();
  GstMessage* message = message_of(report);
  gchar* text = gst_structure_to_string(gst_message_get_structure(message));
  gst_message_unref(message);
  message = gst_message_new_element(nullptr, gst_structure_from_string(text, nullptr));
  g_free(text);
  g_autoptr(GstHeartReport) parsed = gst_heart_message_parse_region(message, nullptr);
  fail_unless(parsed != nullptr);
  expect_equal(parsed, report);
  gst_message_unref(message);
}
GST_END_TEST

GST_START_TEST(every_status_and_trigger_has_its_word)
{
  for (gint status = GST_HEART_REGION_STATUS_REPAIRED; status <= GST_HEART_REGION_STATUS_CANCELLED;
       ++status) {
    for (gint trigger = GST_HEART_TRIGGER_EVENT; trigger <= GST_HEART_TRIGGER_SIGNAL; ++trigger) {
      g_autoptr(GstHeartRegion) region = gst_heart_region_new(
          GST_HEART_TIME_RUNNING, 0, 1, static_cast<GstHeartTrigger>(trigger), nullptr);
      g_autoptr(GstHeartReport) report =
          gst_heart_report_new(1, static_cast<GstHeartRegionStatus>(status), region);
      GstMessage* message = message_of(report);
      g_autoptr(GstHeartReport) parsed = gst_heart_message_parse_region(message, nullptr);
      expect_equal(parsed, report);
      gst_message_unref(message);
    }
  }
}
GST_END_TEST

GST_START_TEST(nothing_used_is_sent_as_none_and_read_as_nothing)
{
  g_autoptr(GstHeartRegion) region =
      gst_heart_region_new(GST_HEART_TIME_SEGMENT, 5, 15, GST_HEART_TRIGGER_DISCONT, nullptr);
  g_autoptr(GstHeartReport) report =
      gst_heart_report_new(1, GST_HEART_REGION_STATUS_SKIPPED, region);
  GstMessage* message = message_of(report);
  const GstStructure* structure = gst_message_get_structure(message);
  fail_unless_equals_string(gst_structure_get_string(structure, "method"), "none");
  fail_if(gst_structure_has_field(structure, "model") ||
          gst_structure_has_field(structure, "label") ||
          gst_structure_has_field(structure, "detail"));
  g_autoptr(GstHeartReport) parsed = gst_heart_message_parse_region(message, nullptr);
  fail_unless(parsed->method == nullptr && parsed->model == nullptr &&
              parsed->candidates == nullptr);
  fail_unless_equals_uint64(parsed->timestamp, GST_CLOCK_TIME_NONE);
  fail_unless_equals_uint64(parsed->duration, 10);
  fail_unless_equals_int64(parsed->seed, -1);
  gst_message_unref(message);
}
GST_END_TEST

GST_START_TEST(times_are_told_on_all_three_faces_of_the_segment)
{
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  segment.start = 10 * GST_SECOND;
  segment.time = 110 * GST_SECOND;
  segment.base = 5 * GST_SECOND;
  g_autoptr(GstHeartReport) report = full_report();
  gst_heart_report_set_times(report, &segment, 12 * GST_SECOND, GST_SECOND);
  fail_unless_equals_uint64(report->timestamp, 12 * GST_SECOND);
  fail_unless_equals_uint64(report->stream_time, 112 * GST_SECOND);
  fail_unless_equals_uint64(report->running_time, 7 * GST_SECOND);
  fail_unless_equals_uint64(report->duration, GST_SECOND);
  gst_heart_report_set_times(report, &segment, 9 * GST_SECOND, GST_SECOND);  // before the segment
  fail_unless_equals_uint64(report->running_time, GST_CLOCK_TIME_NONE);
}
GST_END_TEST

GST_START_TEST(a_copy_of_a_report_is_deep)
{
  g_autoptr(GstHeartReport) report = full_report();
  GstHeartReport* copy = gst_heart_report_copy(report);
  expect_equal(copy, report);
  gst_structure_set(static_cast<GstStructure*>(copy->candidates->pdata[0]), "score", G_TYPE_DOUBLE,
                    9.0, nullptr);
  gst_heart_report_set_detail(copy, nullptr);
  fail_unless_equals_string(report->detail, "level matched");
  gdouble score = 0;
  gst_structure_get_double(static_cast<GstStructure*>(report->candidates->pdata[0]), "score",
                           &score);
  fail_unless_equals_float(score, -4.25);
  gst_heart_report_free(copy);
  gst_heart_report_free(nullptr);
}
GST_END_TEST

GST_START_TEST(a_message_with_a_missing_or_wrong_field_is_refused_by_its_name)
{
  for (const char* field :
       {"region-id", "status", "trigger", "domain", "start", "stop", "timestamp", "stream-time",
        "running-time", "duration", "seed", "elapsed"}) {
    for (bool wrong_type : {false, true}) {
      g_autoptr(GstHeartReport) report = full_report();
      GstMessage* message = message_of(report);
      GstStructure* structure = gst_message_writable_structure(message);
      gst_structure_remove_field(structure, field);
      if (wrong_type) gst_structure_set(structure, field, G_TYPE_BOOLEAN, TRUE, nullptr);
      g_autoptr(GError) error = nullptr;
      fail_unless(gst_heart_message_parse_region(message, &error) == nullptr, "%s", field);
      fail_unless(g_error_matches(error, GST_HEART_ERROR, GST_HEART_ERROR_FIELD));
      fail_unless(strstr(error->message, field) != nullptr, "%s", error->message);
      gst_message_unref(message);
    }
  }
  for (const char* field : {"label", "reason", "method", "model", "detail", "confidence"}) {
    g_autoptr(GstHeartReport) report = full_report();
    GstMessage* message = message_of(report);
    GstStructure* structure = gst_message_writable_structure(message);
    gst_structure_remove_field(structure, field);  // optional
    g_autoptr(GstHeartReport) parsed = gst_heart_message_parse_region(message, nullptr);
    fail_unless(parsed != nullptr, "%s is optional", field);
    gst_structure_set(structure, field, G_TYPE_BOOLEAN, TRUE, nullptr);
    g_autoptr(GError) error = nullptr;
    fail_unless(gst_heart_message_parse_region(message, &error) == nullptr, "%s", field);
    fail_unless(strstr(error->message, field) != nullptr, "%s", error->message);
    gst_message_unref(message);
  }
}
GST_END_TEST

GST_START_TEST(hostile_values_in_a_message_are_refused)
{
  const struct {
    const char* field;
    const char* value;
    GstHeartError code;
  } rows[] = {
      {"status", "(string)mended", GST_HEART_ERROR_FIELD},
      {"trigger", "(string)\"\"", GST_HEART_ERROR_FIELD},
      {"domain", "(string)tempo", GST_HEART_ERROR_FIELD},
      {"start", "(gint64)-1", GST_HEART_ERROR_RANGE},
      {"start", "(guint64)150", GST_HEART_ERROR_RANGE},
      {"start", "(guint64)18446744073709551615", GST_HEART_ERROR_RANGE},
      {"stop", "(guint64)18446744073709551615", GST_HEART_ERROR_RANGE},
      {"stop", "(guint64)1", GST_HEART_ERROR_RANGE},
  };
  for (const auto& row : rows) {
    g_autoptr(GstHeartReport) report = full_report();
    GstMessage* message = message_of(report);
    gchar* text = g_strdup_printf("x, v=%s", row.value);
    GstStructure* value = gst_structure_from_string(text, nullptr);
    fail_unless(value != nullptr, "%s", text);
    g_free(text);
    gst_structure_set_value(gst_message_writable_structure(message), row.field,
                            gst_structure_get_value(value, "v"));
    gst_structure_free(value);
    g_autoptr(GError) error = nullptr;
    fail_unless(gst_heart_message_parse_region(message, &error) == nullptr, "%s=%s", row.field,
                row.value);
    fail_unless(g_error_matches(error, GST_HEART_ERROR, row.code), "%s", error->message);
    gst_message_unref(message);
  }
}
GST_END_TEST

GST_START_TEST(other_messages_report_no_region)
{
  GstMessage* messages[] = {
      gst_message_new_eos(nullptr),
      gst_message_new_element(nullptr, gst_structure_new_empty("level")),
      gst_message_new_application(nullptr, gst_structure_new_empty("heartinpaint-region"))};
  for (GstMessage* message : messages) {
    g_autoptr(GError) error = nullptr;
    fail_if(gst_heart_message_is_region(message));
    fail_unless(gst_heart_message_parse_region(message, &error) == nullptr);
    fail_unless(g_error_matches(error, GST_HEART_ERROR, GST_HEART_ERROR_FIELD));
    gst_message_unref(message);
  }
}
GST_END_TEST

static Suite* region_message_suite() {
  Suite* suite = suite_create("region_message");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_checked_fixture(tcase, nullptr, fail_on_leaks);
  tcase_add_test(tcase, the_message_has_the_fields_of_the_design_by_name_and_type);
  tcase_add_test(tcase, a_report_comes_back_from_its_message);
  tcase_add_test(tcase, a_message_survives_being_printed_and_read_again);
  tcase_add_test(tcase, every_status_and_trigger_has_its_word);
  tcase_add_test(tcase, nothing_used_is_sent_as_none_and_read_as_nothing);
  tcase_add_test(tcase, times_are_told_on_all_three_faces_of_the_segment);
  tcase_add_test(tcase, a_copy_of_a_report_is_deep);
  tcase_add_test(tcase, a_message_with_a_missing_or_wrong_field_is_refused_by_its_name);
  tcase_add_test(tcase, hostile_values_in_a_message_are_refused);
  tcase_add_test(tcase, other_messages_report_no_region);
  return suite;
}

GST_CHECK_MAIN(region_message);
