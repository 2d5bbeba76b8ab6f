// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The two custom metas: regions flagged on buffers, and the mark of synthetic audio. Both must survive
// the elements that usually stand beside the repairer.

#include "tests/check/no_leaks.h"
#include <gst/heart/heart.h>

#include <gst/check/gstcheck.h>
#include <gst/check/gstharness.h>

#include <cstring>
#include <initializer_list>

namespace {

GstHeartRegion* region_of(GstHeartTimeDomain domain, GstClockTime start, const char* label) {
  GstHeartRegion* region =
      gst_heart_region_new(domain, start, start + 50, GST_HEART_TRIGGER_META, label);
  gst_heart_region_set_reason(region, "crc", 0.5);
  return region;
}

GstBuffer* buffer_of(gsize bytes, GstClockTime pts) {
  GstBuffer* buffer = gst_buffer_new_allocate(nullptr, bytes, nullptr);
  gst_buffer_memset(buffer, 0, 0, bytes);
  GST_BUFFER_PTS(buffer) = pts;
  GST_BUFFER_DURATION(buffer) = 10 * GST_MSECOND;
  return buffer;
}

}  // namespace

GST_START_TEST(a_region_comes_back_from_a_buffer_in_every_domain)
{
  for (GstHeartTimeDomain domain :
       {GST_HEART_TIME_SEGMENT, GST_HEART_TIME_STREAM, GST_HEART_TIME_RUNNING}) {
    GstBuffer* buffer = gst_buffer_new();
    g_autoptr(GstHeartRegion) region = region_of(domain, 100, "chorus");
    fail_unless(gst_heart_buffer_add_region_meta(buffer, region) != nullptr);
    GPtrArray* regions = gst_heart_buffer_get_regions(buffer);
    fail_unless_equals_int(regions->len, 1);
    fail_unless(gst_heart_region_equal(static_cast<GstHeartRegion*>(regions->pdata[0]), region));
    g_ptr_array_unref(regions);
    gst_buffer_unref(buffer);
  }
}
GST_END_TEST

GST_START_TEST(a_buffer_may_carry_several_regions_and_copies_keep_them)
{
  GstBuffer* buffer = buffer_of(100, 0);
  for (guint i = 0; i < 3; ++i) {
    g_autoptr(GstHeartRegion) region = region_of(GST_HEART_TIME_SEGMENT, 1000 * (i + 1), nullptr);
    gst_heart_buffer_add_region_meta(buffer, region);
  }
  GstBuffer* copies[] = {gst_buffer_copy(buffer), gst_buffer_copy_deep(buffer),
                         gst_buffer_copy_region(buffer, GST_BUFFER_COPY_ALL, 10, 20)};
  for (GstBuffer* copy : copies) {
    GPtrArray* regions = gst_heart_buffer_get_regions(copy);
    fail_unless(regions != nullptr);
    fail_unless_equals_int(regions->len, 3);
    for (guint i = 0; i < 3; ++i)
      fail_unless_equals_uint64(static_cast<GstHeartRegion*>(regions->pdata[i])->start,
                                1000 * (i + 1));
    g_ptr_array_unref(regions);
    gst_buffer_unref(copy);
  }
  gst_buffer_unref(buffer);
}
GST_END_TEST

GST_START_TEST(a_buffer_without_metas_has_no_regions)
{
  GstBuffer* buffer = gst_buffer_new();
  fail_unless(gst_heart_buffer_get_regions(buffer) == nullptr);
  gst_heart_buffer_add_repaired_meta(buffer, 1, "ar", nullptr, -1, 0, 1);
  fail_unless(gst_heart_buffer_get_regions(buffer) == nullptr);
  gst_buffer_unref(buffer);
}
GST_END_TEST

GST_START_TEST(hostile_metas_are_left_out_with_a_reason)
{
  const struct {
    const char* fields;
    GstHeartError code;
  } rows[] = {
      {"x", GST_HEART_ERROR_FIELD},
      {"x, timestamp=(guint64)1, duration=(guint64)0", GST_HEART_ERROR_RANGE},
      {"x, timestamp=(gint64)-1, duration=(guint64)1", GST_HEART_ERROR_RANGE},
      {"x, timestamp=(guint64)9223372036854775807, duration=(guint64)1", GST_HEART_ERROR_RANGE},
      {"x, timestamp=(guint64)1, duration=(guint64)9223372036854775806", GST_HEART_ERROR_RANGE},
      {"x, timestamp=(string)now, duration=(guint64)1", GST_HEART_ERROR_FIELD},
  };
  gst_heart_region_meta_get_info();
  GstBuffer* buffer = gst_buffer_new();
  for (const auto& row : rows) {
    GstCustomMeta* meta = gst_buffer_add_custom_meta(buffer, GST_HEART_REGION_META_NAME);
    GstStructure* fields = gst_structure_from_string(row.fields, nullptr);
    GstStructure* structure = gst_custom_meta_get_structure(meta);
    for (gint i = 0; i < gst_structure_n_fields(fields); ++i) {
      const gchar* name = gst_structure_nth_field_name(fields, i);
      gst_structure_set_value(structure, name, gst_structure_get_value(fields, name));
    }
    gst_structure_free(fields);
    g_autoptr(GError) error = nullptr;
    fail_unless(gst_heart_region_meta_parse(meta, &error) == nullptr);
    fail_unless(g_error_matches(error, GST_HEART_ERROR, row.code), "%s: %s", row.fields,
                error->message);
  }
  fail_unless(gst_heart_buffer_get_regions(buffer) == nullptr);
  g_autoptr(GstHeartRegion) region = region_of(GST_HEART_TIME_STREAM, 5, "good among bad");
  gst_heart_buffer_add_region_meta(buffer, region);
  GPtrArray* regions = gst_heart_buffer_get_regions(buffer);
  fail_unless_equals_int(regions->len, 1);
  g_ptr_array_unref(regions);
  gst_buffer_unref(buffer);
}
GST_END_TEST

GST_START_TEST(the_mark_of_synthetic_audio_tells_all_that_it_was_told)
{
  GstBuffer* buffer = gst_buffer_new();
  gst_heart_buffer_add_repaired_meta(buffer, 7, "lm", "nano", 2147483647, 100, 50);
  gst_heart_buffer_add_repaired_meta(buffer, 8, "ar", nullptr, -1, 200, 60);
  gpointer state = nullptr;
  GstCustomMeta* first = gst_heart_buffer_iterate_repaired_meta(buffer, &state);
  GstCustomMeta* second = gst_heart_buffer_iterate_repaired_meta(buffer, &state);
  fail_unless(gst_heart_buffer_iterate_repaired_meta(buffer, &state) == nullptr);

  guint64 id = 0;
  const gchar *method = nullptr, *model = nullptr;
  gint64 seed = 0;
  GstClockTime start = 0, duration = 0;
  fail_unless(gst_heart_repaired_meta_parse(first, &id, &method, &model, &seed, &start, &duration));
  fail_unless_equals_uint64(id, 7);
  fail_unless_equals_string(method, "lm");
  fail_unless_equals_string(model, "nano");
  fail_unless_equals_int64(seed, 2147483647);
  fail_unless_equals_uint64(start, 100);
  fail_unless_equals_uint64(duration, 50);
  fail_unless(gst_heart_repaired_meta_parse(second, &id, nullptr, &model, &seed, nullptr, nullptr));
  fail_unless_equals_uint64(id, 8);
  fail_unless(model == nullptr);
  fail_unless_equals_int64(seed, -1);
  gst_buffer_unref(buffer);
}
GST_END_TEST

GST_START_TEST(a_mark_with_a_missing_or_wrong_field_is_refused_whole)
{
  for (const char* field : {"region-id", "method", "seed", "start", "duration"}) {
    for (bool wrong_type : {false, true}) {
      GstBuffer* buffer = gst_buffer_new();
      GstCustomMeta* meta = gst_heart_buffer_add_repaired_meta(buffer, 7, "lm", "nano", 1, 2, 3);
      GstStructure* structure = gst_custom_meta_get_structure(meta);
      gst_structure_remove_field(structure, field);
      if (wrong_type) gst_structure_set(structure, field, G_TYPE_BOOLEAN, TRUE, nullptr);
      guint64 id = 99;
      fail_if(gst_heart_repaired_meta_parse(meta, &id, nullptr, nullptr, nullptr, nullptr, nullptr),
              "without a usable %s", field);
      fail_unless_equals_uint64(id, 99);
      gst_buffer_unref(buffer);
    }
  }
}
GST_END_TEST

struct Pass {
  const char* pipeline;
  const char* in;
  const char* out;
  gsize bytes;  // 10 ms of `in`
};

// Formats that differ, so that each element really converts and does not pass its input through.
static const Pass kPasses[] = {
    {"audioconvert", "format=S16LE,rate=48000,channels=2,layout=interleaved",
     "format=F32LE,rate=48000,channels=1,layout=interleaved", 480 * 4},
    {"audioresample", "format=S16LE,rate=48000,channels=2,layout=interleaved",
     "format=S16LE,rate=44100,channels=2,layout=interleaved", 480 * 4},
    {"volume volume=0.5", "format=S16LE,rate=48000,channels=2,layout=interleaved",
     "format=S16LE,rate=48000,channels=2,layout=interleaved", 480 * 4},
    {"audioconvert ! audioresample ! audioconvert ! volume volume=0.25",
     "format=S24LE,rate=44100,channels=6,layout=interleaved,channel-mask=(bitmask)0x3f",
     "format=F64LE,rate=8000,channels=2,layout=interleaved", 441 * 18},
    {"identity ! queue ! capsfilter", "format=U8,rate=8000,channels=1,layout=interleaved",
     "format=U8,rate=8000,channels=1,layout=interleaved", 80},
};

GST_START_TEST(both_metas_survive_converters)
{
  const Pass& row = kPasses[__i__];
  GstHarness* h = gst_harness_new_parse(row.pipeline);
  gchar* in = g_strconcat("audio/x-raw,", row.in, nullptr);
  gchar* out = g_strconcat("audio/x-raw,", row.out, nullptr);
  gst_harness_set_caps_str(h, in, out);
  g_free(in);
  g_free(out);

  constexpr guint kBuffers = 20;
  guint n_regions = 0, n_marks = 0;
  for (guint i = 0; i < kBuffers; ++i) {
    GstBuffer* buffer = buffer_of(row.bytes, i * 10 * GST_MSECOND);
    g_autoptr(GstHeartRegion) region = region_of(GST_HEART_TIME_SEGMENT, i * 1000, "kept");
    gst_heart_buffer_add_region_meta(buffer, region);
    gst_heart_buffer_add_repaired_meta(buffer, i, "ar", nullptr, -1, 0, 1);
    fail_unless_equals_int(gst_harness_push(h, buffer), GST_FLOW_OK);
  }
  gst_harness_push_event(h, gst_event_new_eos());
  // A queue hands buffers over on a thread of its own: wait for the event behind them.
  while (GstEvent* event = gst_harness_pull_event(h)) {
    const bool is_eos = GST_EVENT_TYPE(event) == GST_EVENT_EOS;
    gst_event_unref(event);
    if (is_eos) break;
  }
  while (GstBuffer* buffer = gst_harness_try_pull(h)) {
    GPtrArray* regions = gst_heart_buffer_get_regions(buffer);
    for (guint i = 0; regions && i < regions->len; ++i, ++n_regions) {
      const auto* region = static_cast<GstHeartRegion*>(regions->pdata[i]);
      fail_unless_equals_uint64(region->start, n_regions * 1000);
      fail_unless_equals_string(region->label, "kept");
    }
    g_clear_pointer(&regions, g_ptr_array_unref);
    gpointer state = nullptr;
    while (GstCustomMeta* meta = gst_heart_buffer_iterate_repaired_meta(buffer, &state)) {
      guint64 id = 0;
      fail_unless(
          gst_heart_repaired_meta_parse(meta, &id, nullptr, nullptr, nullptr, nullptr, nullptr));
      fail_unless_equals_uint64(id, n_marks++);
    }
    gst_buffer_unref(buffer);
  }
  fail_unless(n_regions == kBuffers && n_marks == kBuffers, "%s: %u regions, %u marks of %u",
              row.pipeline, n_regions, n_marks, kBuffers);
  gst_harness_teardown(h);
}
GST_END_TEST

static Suite* region_meta_suite() {
  Suite* suite = suite_create("region_meta");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_checked_fixture(tcase, nullptr, fail_on_leaks);
  tcase_add_test(tcase, a_region_comes_back_from_a_buffer_in_every_domain);
  tcase_add_test(tcase, a_buffer_may_carry_several_regions_and_copies_keep_them);
  tcase_add_test(tcase, a_buffer_without_metas_has_no_regions);
  tcase_add_test(tcase, hostile_metas_are_left_out_with_a_reason);
  tcase_add_test(tcase, the_mark_of_synthetic_audio_tells_all_that_it_was_told);
  tcase_add_test(tcase, a_mark_with_a_missing_or_wrong_field_is_refused_whole);
  tcase_add_loop_test(tcase, both_metas_survive_converters, 0, G_N_ELEMENTS(kPasses));
  return suite;
}

GST_CHECK_MAIN(region_meta);
