/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The public headers from C, as an application would use them: flag a region, send it both ways, read
 * what became of it. That it compiles as C99 is half of the test.
 */

#include <gst/heart/heart.h>

#include <gst/check/gstcheck.h>

GST_START_TEST(a_c_program_flags_a_region_and_reads_its_report)
{
  GstHeartRegion* region = gst_heart_region_new(GST_HEART_TIME_STREAM, GST_SECOND, 2 * GST_SECOND,
                                                GST_HEART_TRIGGER_FILE, "chorus");
  GstEvent* event = gst_heart_event_new_upstream_region(
      region->start, gst_heart_region_duration(region), region->label, NULL, 1.0);
  GstHeartRegion* parsed = gst_heart_event_parse_region(event, NULL);
  GstHeartReport* report = gst_heart_report_new(1, GST_HEART_REGION_STATUS_LATE, parsed);
  GstMessage* message = gst_heart_message_new_region(NULL, report);
  GstHeartReport* read = gst_heart_message_parse_region(message, NULL);
  fail_unless_equals_int(read->status, GST_HEART_REGION_STATUS_LATE);
  fail_unless_equals_string(read->region->label, "chorus");
  fail_unless_equals_uint64(read->region->start, GST_SECOND);
  gst_heart_report_free(read);
  gst_message_unref(message);
  gst_heart_report_free(report);
  gst_heart_region_free(parsed);
  gst_event_unref(event);
  gst_heart_region_free(region);
}
GST_END_TEST

GST_START_TEST(types_have_the_names_that_documents_rely_on)
{
  const struct {
    GType type;
    const gchar* name;
    GType fundamental;
  } rows[] = {
      {GST_TYPE_HEART_REGION, "GstHeartRegion", G_TYPE_BOXED},
      {GST_TYPE_HEART_REPORT, "GstHeartReport", G_TYPE_BOXED},
      {GST_TYPE_HEART_TIME_DOMAIN, "GstHeartTimeDomain", G_TYPE_ENUM},
      {GST_TYPE_HEART_TRIGGER, "GstHeartTrigger", G_TYPE_ENUM},
      {GST_TYPE_HEART_TRIGGER_FLAGS, "GstHeartTriggerFlags", G_TYPE_FLAGS},
      {GST_TYPE_HEART_REGION_STATUS, "GstHeartRegionStatus", G_TYPE_ENUM},
      {GST_TYPE_HEART_REGION_FORMAT, "GstHeartRegionFormat", G_TYPE_ENUM},
      {GST_TYPE_HEART_ERROR, "GstHeartError", G_TYPE_ENUM},
  };
  guint i;
  for (i = 0; i < G_N_ELEMENTS(rows); ++i) {
    fail_unless_equals_string(g_type_name(rows[i].type), rows[i].name);
    fail_unless(g_type_fundamental(rows[i].type) == rows[i].fundamental);
  }
}
GST_END_TEST

GST_START_TEST(each_flag_is_the_bit_of_its_trigger_and_only_gap_is_off)
{
  GFlagsClass* flags = g_type_class_ref(GST_TYPE_HEART_TRIGGER_FLAGS);
  GEnumClass* triggers = g_type_class_ref(GST_TYPE_HEART_TRIGGER);
  guint i;
  for (i = 0; i < flags->n_values; ++i) {
    GEnumValue* trigger = g_enum_get_value_by_nick(triggers, flags->values[i].value_nick);
    fail_unless(trigger != NULL);
    fail_unless_equals_int(flags->values[i].value, 1 << trigger->value);
  }
  fail_unless_equals_int(GST_HEART_TRIGGER_FLAGS_DEFAULT,
                         flags->mask & ~GST_HEART_TRIGGER_FLAG_GAP);
  g_type_class_unref(triggers);
  g_type_class_unref(flags);
}
GST_END_TEST

static Suite* plain_c_suite(void) {
  Suite* suite = suite_create("plain_c");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, a_c_program_flags_a_region_and_reads_its_report);
  tcase_add_test(tcase, types_have_the_names_that_documents_rely_on);
  tcase_add_test(tcase, each_flag_is_the_bit_of_its_trigger_and_only_gap_is_off);
  return suite;
}

GST_CHECK_MAIN(plain_c);
