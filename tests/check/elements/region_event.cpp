// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The custom event GstHeartInpaintRegion: made, parsed, distrusted, and passed through elements. Rows
// are structures as text, so that any sender's event can be written down.

#include "tests/check/no_leaks.h"
#include <gst/heart/heart.h>

#include <gst/check/gstcheck.h>
#include <gst/check/gstharness.h>

#include <cmath>
#include <cstring>
#include <initializer_list>

namespace {

constexpr GstClockTime kNone = GST_CLOCK_TIME_NONE;

GstEvent* event_of(GstEventType type, const char* fields) {
  gchar* text = g_strconcat(GST_HEART_REGION_EVENT_NAME, fields, nullptr);
  GstStructure* structure = gst_structure_from_string(text, nullptr);
  fail_unless(structure != nullptr, "not a structure: %s", text);
  g_free(text);
  return gst_event_new_custom(type, structure);
}

struct Accepted {
  GstEventType type;
  const char* fields;
  GstHeartTimeDomain domain;
  GstClockTime start, stop;
};

const Accepted kAccepted[] = {
    {GST_EVENT_CUSTOM_DOWNSTREAM, ", timestamp=(guint64)100, duration=(guint64)50",
     GST_HEART_TIME_SEGMENT, 100, 150},
    // Going downstream segment time counts before stream time before running time.
    {GST_EVENT_CUSTOM_DOWNSTREAM,
     ", timestamp=(guint64)100, stream-time=(guint64)200, running-time=(guint64)300, "
     "duration=(guint64)1",
     GST_HEART_TIME_SEGMENT, 100, 101},
    {GST_EVENT_CUSTOM_DOWNSTREAM,
     ", stream-time=(guint64)200, running-time=(guint64)300, duration=(guint64)1",
     GST_HEART_TIME_STREAM, 200, 201},
    {GST_EVENT_CUSTOM_DOWNSTREAM, ", running-time=(guint64)300, duration=(guint64)1",
     GST_HEART_TIME_RUNNING, 300, 301},
    // Going upstream the other way round.
    {GST_EVENT_CUSTOM_UPSTREAM,
     ", timestamp=(guint64)100, stream-time=(guint64)200, running-time=(guint64)300, "
     "duration=(guint64)1",
     GST_HEART_TIME_RUNNING, 300, 301},
    {GST_EVENT_CUSTOM_UPSTREAM,
     ", timestamp=(guint64)100, stream-time=(guint64)200, duration=(guint64)1",
     GST_HEART_TIME_STREAM, 200, 201},
    {GST_EVENT_CUSTOM_UPSTREAM, ", timestamp=(guint64)100, duration=(guint64)1",
     GST_HEART_TIME_SEGMENT, 100, 101},
    // NONE is as good as absent.
    {GST_EVENT_CUSTOM_DOWNSTREAM,
     ", timestamp=(guint64)18446744073709551615, stream-time=(guint64)7, duration=(guint64)3",
     GST_HEART_TIME_STREAM, 7, 10},
    // Integers of other types, as scripting languages make them.
    {GST_EVENT_CUSTOM_DOWNSTREAM_OOB, ", timestamp=(int)100, duration=(gint64)50",
     GST_HEART_TIME_SEGMENT, 100, 150},
    {GST_EVENT_CUSTOM_BOTH_OOB, ", timestamp=(uint)0, duration=(int)1", GST_HEART_TIME_SEGMENT, 0,
     1},
    // Unknown fields are not ours to judge.
    {GST_EVENT_CUSTOM_DOWNSTREAM, ", timestamp=(int)1, duration=(int)1, all-headers=(boolean)true",
     GST_HEART_TIME_SEGMENT, 1, 2},
    // The last nanosecond.
    {GST_EVENT_CUSTOM_DOWNSTREAM, ", timestamp=(guint64)9223372036854775805, duration=(guint64)1",
     GST_HEART_TIME_SEGMENT, G_MAXINT64 - 2, G_MAXINT64 - 1},
};

struct Refused {
  const char* fields;
  GstHeartError code;
  const char* said;  // part of the error's text
};

const Refused kRefused[] = {
    {"", GST_HEART_ERROR_FIELD, "no duration"},
    {", timestamp=(guint64)1", GST_HEART_ERROR_FIELD, "no duration"},
    {", duration=(guint64)1", GST_HEART_ERROR_FIELD, "no start"},
    {", timestamp=(guint64)18446744073709551615, duration=(guint64)1", GST_HEART_ERROR_FIELD,
     "no start"},
    {", timestamp=(guint64)1, duration=(guint64)18446744073709551615", GST_HEART_ERROR_FIELD,
     "no duration"},
    {", timestamp=(guint64)1, duration=(guint64)0", GST_HEART_ERROR_RANGE, "empty"},
    {", timestamp=(gint64)-1, duration=(guint64)1", GST_HEART_ERROR_RANGE, "timestamp is -1"},
    {", timestamp=(int)-5, duration=(guint64)1", GST_HEART_ERROR_RANGE, "timestamp is -5"},
    {", timestamp=(guint64)1, duration=(gint64)-7", GST_HEART_ERROR_RANGE, "duration is -7"},
    {", timestamp=(guint64)18446744073709551614, duration=(guint64)1", GST_HEART_ERROR_RANGE,
     "292 years"},
    {", timestamp=(guint64)9223372036854775807, duration=(guint64)1", GST_HEART_ERROR_RANGE,
     "292 years"},
    {", timestamp=(guint64)9223372036854775806, duration=(guint64)1", GST_HEART_ERROR_RANGE,
     "292 years"},
    {", timestamp=(guint64)9223372036854775806, duration=(guint64)9223372036854775806",
     GST_HEART_ERROR_RANGE, "292 years"},
    {", timestamp=(string)1, duration=(guint64)1", GST_HEART_ERROR_FIELD,
     "timestamp is a gchararray"},
    {", timestamp=(double)1.5, duration=(guint64)1", GST_HEART_ERROR_FIELD,
     "timestamp is a gdouble"},
    {", timestamp=(guint64)1, duration=(boolean)true", GST_HEART_ERROR_FIELD,
     "duration is a gboolean"},
    {", timestamp=(guint64)1, duration=(guint64)1, label=(int)3", GST_HEART_ERROR_FIELD,
     "label is a gint"},
    {", timestamp=(guint64)1, duration=(guint64)1, reason=(fraction)1/2", GST_HEART_ERROR_FIELD,
     "reason is a GstFraction"},
    {", timestamp=(guint64)1, duration=(guint64)1, confidence=(int)1", GST_HEART_ERROR_FIELD,
     "confidence is a gint"},
    {", timestamp=(guint64)1, duration=(guint64)1, confidence=(double)1.01", GST_HEART_ERROR_RANGE,
     "confidence is 1.01"},
    {", timestamp=(guint64)1, duration=(guint64)1, confidence=(double)-0.5", GST_HEART_ERROR_RANGE,
     "confidence is -0.5"},
    // A sender that gets an unused field wrong is broken too.
    {", timestamp=(guint64)1, running-time=(string)x, duration=(guint64)1", GST_HEART_ERROR_FIELD,
     "running-time is a gchararray"},
};

}  // namespace

GST_START_TEST(a_downstream_event_says_what_it_was_given)
{
  GstEvent* event = gst_heart_event_new_downstream_region(100, 200, 300, 50, "chorus", "crc", 0.75);
  fail_unless(gst_heart_event_is_region(event));
  fail_unless(GST_EVENT_IS_DOWNSTREAM(event) && GST_EVENT_IS_SERIALIZED(event));
  const GstStructure* structure = gst_event_get_structure(event);
  const struct {
    const char* field;
    guint64 value;
  } times[] = {{"timestamp", 100}, {"stream-time", 200}, {"running-time", 300}, {"duration", 50}};
  for (const auto& time : times) {
    guint64 value = 0;
    fail_unless(gst_structure_get_uint64(structure, time.field, &value));
    fail_unless_equals_uint64(value, time.value);
  }
  g_autoptr(GstHeartRegion) region = gst_heart_event_parse_region(event, nullptr);
  fail_unless_equals_string(region->label, "chorus");
  fail_unless_equals_string(region->reason, "crc");
  fail_unless_equals_float(region->confidence, 0.75);
  fail_unless_equals_int(region->trigger, GST_HEART_TRIGGER_EVENT);
  gst_event_unref(event);
}
GST_END_TEST

GST_START_TEST(an_upstream_event_is_read_as_running_time)
{
  GstEvent* event = gst_heart_event_new_upstream_region(300, 50, nullptr, nullptr, 1.0);
  fail_unless(GST_EVENT_IS_UPSTREAM(event) && gst_heart_event_is_region(event));
  g_autoptr(GstHeartRegion) region = gst_heart_event_parse_region(event, nullptr);
  fail_unless_equals_int(region->domain, GST_HEART_TIME_RUNNING);
  fail_unless_equals_uint64(region->start, 300);
  fail_unless_equals_uint64(region->stop, 350);
  fail_unless(region->label == nullptr && region->reason == nullptr);
  gst_event_unref(event);
}
GST_END_TEST

GST_START_TEST(usable_events_are_accepted)
{
  const Accepted& row = kAccepted[__i__];
  GstEvent* event = event_of(row.type, row.fields);
  GError* error = nullptr;
  g_autoptr(GstHeartRegion) region = gst_heart_event_parse_region(event, &error);
  fail_unless(region != nullptr, "%s: %s", row.fields, error ? error->message : "no reason");
  fail_unless_equals_int(region->domain, row.domain);
  fail_unless_equals_uint64(region->start, row.start);
  fail_unless_equals_uint64(region->stop, row.stop);
  fail_unless_equals_float(region->confidence, 1.0);
  gst_event_unref(event);
}
GST_END_TEST

GST_START_TEST(hostile_events_are_refused_with_the_field_and_its_value)
{
  const Refused& row = kRefused[__i__];
  for (GstEventType type : {GST_EVENT_CUSTOM_DOWNSTREAM, GST_EVENT_CUSTOM_UPSTREAM}) {
    GstEvent* event = event_of(type, row.fields);
    GError* error = nullptr;
    fail_unless(gst_heart_event_parse_region(event, &error) == nullptr, "%s was accepted",
                row.fields);
    fail_unless(g_error_matches(error, GST_HEART_ERROR, row.code), "%s: code %d", row.fields,
                error->code);
    fail_unless(strstr(error->message, row.said) != nullptr, "%s: %s", row.fields, error->message);
    g_clear_error(&error);
    fail_unless(gst_heart_event_parse_region(event, nullptr) == nullptr);  // nobody need ask why
    gst_event_unref(event);
  }
}
GST_END_TEST

GST_START_TEST(a_confidence_that_is_not_a_number_is_refused)
{
  GstEvent* event = gst_heart_event_new_upstream_region(1, 1, nullptr, nullptr, NAN);
  g_autoptr(GError) error = nullptr;
  fail_unless(gst_heart_event_parse_region(event, &error) == nullptr);
  fail_unless(g_error_matches(error, GST_HEART_ERROR, GST_HEART_ERROR_RANGE));
  gst_event_unref(event);
}
GST_END_TEST

GST_START_TEST(a_label_that_is_not_utf8_is_sent_as_utf8)
{
  GstEvent* event = gst_heart_event_new_upstream_region(1, 1, "caf\xE9", "\xFF", 1.0);
  g_autoptr(GstHeartRegion) region = gst_heart_event_parse_region(event, nullptr);
  fail_unless(g_str_has_prefix(region->label, "caf") &&
              g_utf8_validate(region->label, -1, nullptr));
  fail_unless(g_utf8_validate(region->reason, -1, nullptr));
  gst_event_unref(event);
}
GST_END_TEST

GST_START_TEST(pad_offsets_shift_running_time_and_stop_at_zero)
{
  const struct {
    guint64 sent;
    gint64 offset;
    guint64 start;
  } rows[] = {
      {300, 50, 350}, {300, -100, 200}, {300, -300, 0}, {300, -301, 0}, {300, G_MININT64, 0}};
  for (const auto& row : rows) {
    GstEvent* event = gst_heart_event_new_upstream_region(row.sent, 10, nullptr, nullptr, 1.0);
    gst_event_set_running_time_offset(event, row.offset);
    g_autoptr(GstHeartRegion) region = gst_heart_event_parse_region(event, nullptr);
    fail_unless_equals_uint64(region->start, row.start);
    fail_unless_equals_uint64(region->stop, row.start + 10);
    gst_event_unref(event);
  }
  GstEvent* event = gst_heart_event_new_upstream_region(300, 10, nullptr, nullptr, 1.0);
  gst_event_set_running_time_offset(event, G_MAXINT64);
  g_autoptr(GError) error = nullptr;
  fail_unless(gst_heart_event_parse_region(event, &error) == nullptr);
  fail_unless(g_error_matches(error, GST_HEART_ERROR, GST_HEART_ERROR_RANGE));
  gst_event_unref(event);
}
GST_END_TEST

GST_START_TEST(other_events_flag_no_region)
{
  GstEvent* events[] = {
      gst_event_new_eos(), gst_event_new_gap(0, GST_SECOND),
      gst_event_new_custom(GST_EVENT_CUSTOM_DOWNSTREAM, gst_structure_new_empty("GstForceKeyUnit")),
      gst_event_new_custom(GST_EVENT_CUSTOM_DOWNSTREAM,
                           gst_structure_new_empty("GstHeartInpaintRegionMeta"))};
  for (GstEvent* event : events) {
    g_autoptr(GError) error = nullptr;
    fail_if(gst_heart_event_is_region(event));
    fail_unless(gst_heart_event_parse_region(event, &error) == nullptr);
    fail_unless(g_error_matches(error, GST_HEART_ERROR, GST_HEART_ERROR_FIELD));
    gst_event_unref(event);
  }
}
GST_END_TEST

// What a detector sends must reach the repairer through what usually stands between them.
GST_START_TEST(events_pass_converters_in_order_with_the_buffers)
{
  GstHarness* h = gst_harness_new_parse("audioconvert ! audioresample ! volume volume=0.5");
  gst_harness_set_src_caps_str(h,
                               "audio/x-raw,format=S16LE,rate=48000,channels=2,layout=interleaved");
  while (GstEvent* event = gst_harness_try_pull_event(h)) gst_event_unref(event);
  GstBuffer* buffer = gst_buffer_new_allocate(nullptr, 480 * 4, nullptr);
  gst_buffer_memset(buffer, 0, 0, 480 * 4);
  GST_BUFFER_PTS(buffer) = 0;
  GST_BUFFER_DURATION(buffer) = 10 * GST_MSECOND;
  fail_unless_equals_int(gst_harness_push(h, buffer), GST_FLOW_OK);
  fail_unless(gst_harness_push_event(
      h, gst_heart_event_new_downstream_region(7, 8, 9, 10, "kept", nullptr, 1.0)));
  fail_unless(gst_harness_push_event(h, gst_event_new_eos()));

  GstEvent* event = nullptr;
  while ((event = gst_harness_try_pull_event(h)) && !gst_heart_event_is_region(event)) {
    fail_if(GST_EVENT_TYPE(event) == GST_EVENT_EOS);
    gst_event_unref(event);
  }
  fail_unless(event != nullptr);
  g_autoptr(GstHeartRegion) region = gst_heart_event_parse_region(event, nullptr);
  fail_unless_equals_uint64(region->start, 7);
  fail_unless_equals_string(region->label, "kept");
  gst_event_unref(event);

  fail_unless(gst_harness_push_upstream_event(
      h, gst_heart_event_new_upstream_region(5, 6, "back", nullptr, 1.0)));
  while ((event = gst_harness_try_pull_upstream_event(h)) && !gst_heart_event_is_region(event))
    gst_event_unref(event);
  fail_unless(event != nullptr);
  g_autoptr(GstHeartRegion) back = gst_heart_event_parse_region(event, nullptr);
  fail_unless_equals_string(back->label, "back");
  gst_event_unref(event);
  gst_harness_teardown(h);
}
GST_END_TEST

static Suite* region_event_suite() {
  Suite* suite = suite_create("region_event");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_checked_fixture(tcase, nullptr, fail_on_leaks);
  tcase_add_test(tcase, a_downstream_event_says_what_it_was_given);
  tcase_add_test(tcase, an_upstream_event_is_read_as_running_time);
  tcase_add_loop_test(tcase, usable_events_are_accepted, 0, G_N_ELEMENTS(kAccepted));
  tcase_add_loop_test(tcase, hostile_events_are_refused_with_the_field_and_its_value, 0,
                      G_N_ELEMENTS(kRefused));
  tcase_add_test(tcase, a_confidence_that_is_not_a_number_is_refused);
  tcase_add_test(tcase, a_label_that_is_not_utf8_is_sent_as_utf8);
  tcase_add_test(tcase, pad_offsets_shift_running_time_and_stop_at_zero);
  tcase_add_test(tcase, other_events_flag_no_region);
  tcase_add_test(tcase, events_pass_converters_in_order_with_the_buffers);
  return suite;
}

GST_CHECK_MAIN(region_event);
