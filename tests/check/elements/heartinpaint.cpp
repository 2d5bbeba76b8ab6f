// SPDX-License-Identifier: LGPL-2.1-or-later
//
// heartinpaint on files: clean audio stays bit for bit, lengths and times are exact, every trigger and every
// rule of where regions meet, events and queries in order, flush and reuse.

#include "tests/check/no_leaks.h"

#include <algorithm>

#include "inpaint_harness.h"

using namespace inpaint_test;  // NOLINT

namespace {

// Damages [begin, end) of every channel.
void silence(const Form& form, NativeAudio& audio, size_t begin, size_t end) {
  const SampleFormat format(form.info());
  for (auto& plane : audio.planes) {
    format.fill_silence(plane.data() + begin * format.stride(), end - begin);
  }
}

void check_contiguous(const Bench& b) {
  GstClockTime next = GST_BUFFER_PTS(b.buffers.front());
  for (GstBuffer* buffer : b.buffers) {
    const GstClockTimeDiff off = GST_CLOCK_DIFF(next, GST_BUFFER_PTS(buffer));
    fail_unless(ABS(off) <= 1, "a buffer begins %" G_GINT64_FORMAT " ns off", off);
    next = GST_BUFFER_PTS(buffer) + GST_BUFFER_DURATION(buffer);
  }
}

// 1.6 s with a region of 60 ms in buffers of `size`; returns what came out.
NativeAudio repair_once(const Form& form, size_t size, const char* method, gint64 seed = 7) {
  Bench b(form);
  gst_util_set_object_arg(G_OBJECT(b.element), "method", method);
  g_object_set(b.element, "regions", "0.8-0.86", "seed", seed, nullptr);
  b.start().caps();
  const size_t total = form.rate * 16 / 10;
  NativeAudio audio = tones(form, total);
  silence(form, audio, form.rate * 8 / 10, form.rate * 86 / 100);
  b.push_all(audio, 0, total, size);
  b.finish();
  const auto reports = b.reports();
  fail_unless_equals_int(reports.size(), 1);
  fail_unless_equals_string(reports[0].status.c_str(), "repaired");
  NativeAudio out = b.out;
  b.forget_output();
  return out;
}

}  // namespace

GST_START_TEST(only_the_seams_and_the_gap_change_in_every_format)
{
  const GstAudioFormat formats[] = {GST_AUDIO_FORMAT_S16LE, GST_AUDIO_FORMAT_S24LE,
                                    GST_AUDIO_FORMAT_S32LE, GST_AUDIO_FORMAT_F32LE,
                                    GST_AUDIO_FORMAT_F64LE, GST_AUDIO_FORMAT_U8};
  for (const GstAudioFormat format : formats) {
    for (const GstAudioLayout layout :
         {GST_AUDIO_LAYOUT_INTERLEAVED, GST_AUDIO_LAYOUT_NON_INTERLEAVED}) {
      for (const int rate : {8000, 44100, 48000, 96000}) {
        for (const int channels : {1, 2, 6}) {
          const Form form{format, layout, rate, channels};
          Bench b(form);
          // AR's cost grows with rate and channels; what is tested is what surrounds it.
          gst_util_set_object_arg(G_OBJECT(b.element), "method", "transplant");
          g_object_set(b.element, "regions", "0.25-0.28", "context-before", 200 * GST_MSECOND,
                       "context-after", 200 * GST_MSECOND, nullptr);
          b.start().caps();
          const size_t total = rate / 2;
          NativeAudio audio = tones(form, total);
          const size_t begin = rate / 4, end = static_cast<size_t>(std::llround(rate * 0.28));
          silence(form, audio, begin, end);
          b.push_all(audio, 0, total, 1000);
          b.finish();
          const auto reports = b.reports();
          fail_unless(reports.size() == 1, "%s: %zu reports", form.name().c_str(), reports.size());
          fail_unless(reports[0].status == "repaired", "%s: %s (%s)", form.name().c_str(),
                      reports[0].status.c_str(), reports[0].detail.c_str());
          fail_unless_equals_uint64(b.out.samples, total);
          const SampleFormat native(form.info());
          const size_t first = native.to_samples(reports[0].timestamp);
          const size_t last = native.to_samples(reports[0].timestamp + reports[0].duration);
          fail_unless(first <= begin && last >= end);
          fail_unless(begin - first <= size_t(rate) / 10 && last - end <= size_t(rate) / 10);
          const size_t before = count_different(form, audio, 0, b.out, 0, first);
          const size_t after = count_different(form, audio, last, b.out, last, total - last);
          fail_unless(before == 0 && after == 0, "%s: %zu samples before, %zu after differ",
                      form.name().c_str(), before, after);
          fail_unless(count_different(form, audio, begin, b.out, begin, end - begin) > 0,
                      "%s: the gap is as it was", form.name().c_str());
          check_contiguous(b);
          b.forget_output();
        }
      }
    }
  }
}
GST_END_TEST

GST_START_TEST(output_bits_do_not_depend_on_buffer_sizes)
{
  for (const char* method : {"ar", "transplant"}) {
    const Form form;
    const NativeAudio whole = repair_once(form, 1 << 20, method);
    for (const size_t size : {1, 7, 480, 1024}) {
      const NativeAudio out = repair_once(form, size, method);
      fail_unless_equals_uint64(out.samples, whole.samples);
      const size_t n = count_different(form, whole, 0, out, 0, whole.samples);
      fail_unless(n == 0, "%s, buffers of %zu: %zu samples differ", method, size, n);
    }
  }
}
GST_END_TEST

GST_START_TEST(clean_buffers_are_passed_on_themselves)
{
  Bench b;
  g_object_set(b.element, "regions", "1.0-1.05", nullptr);
  b.start().caps();
  const NativeAudio audio = tones(b.form, 16000);
  std::vector<GstBuffer*> in;
  for (size_t at = 0; at < 16000; at += 400) {
    GstBuffer* buffer = make_buffer(b.form, audio, at, at + 400);
    in.push_back(buffer);
    fail_unless_equals_int(gst_harness_push(b.h, buffer), GST_FLOW_OK);
  }
  b.finish();
  fail_unless_equals_int(b.buffers.size(), in.size());
  const auto report = b.reports().at(0);
  const GstMetaInfo* info = gst_heart_repaired_meta_get_info();
  fail_unless(info != nullptr);
  int repaired = 0;
  for (size_t i = 0; i < in.size(); ++i) {
    gpointer state = nullptr;
    GstCustomMeta* meta = gst_heart_buffer_iterate_repaired_meta(b.buffers[i], &state);
    const bool is_touched =
        GST_BUFFER_PTS(b.buffers[i]) < report.timestamp + report.duration &&
        GST_BUFFER_PTS(b.buffers[i]) + GST_BUFFER_DURATION(b.buffers[i]) > report.timestamp;
    fail_unless((meta != nullptr) == is_touched, "buffer %zu", i);
    if (meta) {
      guint64 id = 0;
      const gchar* method = nullptr;
      fail_unless(
          gst_heart_repaired_meta_parse(meta, &id, &method, nullptr, nullptr, nullptr, nullptr));
      fail_unless_equals_uint64(id, report.id);
      fail_unless_equals_string(method, "ar");
      ++repaired;
    } else {
      fail_unless(b.buffers[i] == in[i], "clean buffer %zu was replaced", i);
    }
  }
  fail_unless(repaired >= 1);
  b.forget_output();
}
GST_END_TEST

GST_START_TEST(a_seed_gives_the_same_repair_twice_and_is_reported)
{
  const Form form;
  const NativeAudio a = repair_once(form, 480, "transplant", 42);
  const NativeAudio c = repair_once(form, 480, "transplant", 42);
  fail_unless_equals_int(count_different(form, a, 0, c, 0, a.samples), 0);
  Bench b(form);
  g_object_set(b.element, "regions", "0.5-0.52", nullptr);
  b.start().caps();
  b.push_all(tones(form, 8000), 0, 8000, 480);
  b.finish();
  const auto report = b.reports().at(0);
  fail_unless(report.seed >= 0 && report.seed <= G_MAXINT32);
  b.forget_output();
}
GST_END_TEST

namespace {

enum class How { kEvent, kMeta, kCorrupted, kGapFlag, kGapEvent, kMissing, kDiscont, kSignal };
struct TriggerCase {
  How how;
  const char* trigger;
  bool is_hole;  // 60 ms never arrive
  bool is_default;
};
const TriggerCase kTriggers[] = {
    {How::kEvent, "event", false, true},         {How::kMeta, "meta", false, true},
    {How::kCorrupted, "corrupted", false, true}, {How::kGapFlag, "gap", false, false},
    {How::kGapEvent, "gap", true, false},        {How::kMissing, "missing-data", true, true},
    {How::kDiscont, "discont", true, true},      {How::kSignal, "signal", false, true},
};

// 2 s with damage at [0.96, 1.02) flagged in one way.
void flag_by(const TriggerCase& c, bool is_on, Bench& b) {
  if (is_on && !c.is_default) {
    gst_util_set_object_arg(G_OBJECT(b.element), "triggers", "gap");
  } else if (!is_on && c.is_default && c.how != How::kSignal) {
    gst_util_set_object_arg(G_OBJECT(b.element), "triggers", "");
  }
  b.start().caps();
  const NativeAudio audio = tones(b.form, 16000);
  const GstClockTime start = 960 * GST_MSECOND, duration = 60 * GST_MSECOND;
  for (size_t at = 0; at < 16000; at += 480) {
    guint flags = 0;
    if (at == 7680) {
      switch (c.how) {
        case How::kEvent:
          gst_harness_push_event(b.h, gst_heart_event_new_downstream_region(
                                          start, GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE, duration,
                                          "x", nullptr, 1.0));
          break;
        case How::kSignal: {
          gboolean is_in_time = FALSE;
          g_signal_emit_by_name(b.element, "mark-region", start, duration, "x", &is_in_time);
          fail_unless(is_in_time);
          break;
        }
        case How::kCorrupted:
          flags = GST_BUFFER_FLAG_CORRUPTED;
          break;
        case How::kGapFlag:
          flags = GST_BUFFER_FLAG_GAP;
          break;
        case How::kGapEvent:
        case How::kMissing: {
          GstEvent* event = gst_event_new_gap(start, duration);
          if (c.how == How::kMissing) gst_event_set_gap_flags(event, GST_GAP_FLAG_MISSING_DATA);
          gst_harness_push_event(b.h, event);
          continue;
        }
        case How::kDiscont:
          continue;
        case How::kMeta: {
          GstBuffer* buffer = make_buffer(b.form, audio, at, at + 480);
          GstHeartRegion* region = gst_heart_region_new(
              GST_HEART_TIME_SEGMENT, start, start + duration, GST_HEART_TRIGGER_META, "x");
          gst_heart_buffer_add_region_meta(buffer, region);
          gst_heart_region_free(region);
          fail_unless_equals_int(gst_harness_push(b.h, buffer), GST_FLOW_OK);
          continue;
        }
      }
    }
    if (at == 8160 && c.how == How::kDiscont) flags = GST_BUFFER_FLAG_DISCONT;
    fail_unless_equals_int(b.push(audio, at, std::min<size_t>(16000, at + 480), flags),
                           GST_FLOW_OK);
  }
  b.finish();
}

}  // namespace

GST_START_TEST(each_trigger_flags_its_span)
{
  const TriggerCase& c = kTriggers[__i__];
  Bench b;
  flag_by(c, true, b);
  const auto reports = b.reports();
  fail_unless(reports.size() == 1, "%s: %zu reports", c.trigger, reports.size());
  fail_unless_equals_string(reports[0].status.c_str(), "repaired");
  fail_unless_equals_string(reports[0].trigger.c_str(), c.trigger);
  fail_unless_equals_uint64(reports[0].start, 960 * GST_MSECOND);
  fail_unless_equals_uint64(reports[0].stop, 1020 * GST_MSECOND);
  fail_unless_equals_uint64(b.out.samples, 16000);
  fail_unless_equals_uint64(b.stat("repaired"), 1);
  fail_unless(b.stat("samples-synthesised") >= 480);
  check_contiguous(b);
  for (GstBuffer* buffer : b.buffers) {
    const guint bad = GST_BUFFER_FLAG_GAP | GST_BUFFER_FLAG_CORRUPTED;
    fail_unless_equals_int(GST_BUFFER_FLAGS(buffer) & bad, 0);
  }
  b.forget_output();
}
GST_END_TEST

GST_START_TEST(a_trigger_that_is_off_is_not_heard)
{
  const TriggerCase& c = kTriggers[__i__];
  if (c.how == How::kSignal) return;  // always meant
  Bench b;
  flag_by(c, false, b);
  fail_unless_equals_int(b.reports().size(), 0);
  fail_unless_equals_uint64(b.out.samples, c.is_hole ? 16000 - 480 : 16000);
  b.forget_output();
}
GST_END_TEST

namespace {

struct RuleCase {
  const char* name;
  const char* regions;  // of 3 s of 8 kHz mono, max-region 1 s
  std::vector<std::string> statuses;
};

}  // namespace

GST_START_TEST(regions_meet_by_the_rules)
{
  const RuleCase cases[] = {
      {"overlapping: one", "1.0-1.05=a;1.02-1.08=b", {"repaired a, b"}},
      {"touching: one", "1.0-1.05=a;1.05-1.08=b", {"repaired a, b"}},
      {"19 ms between: one", "1.0-1.05=a;1.069-1.08=b", {"repaired a, b"}},
      {"20 ms between: two", "1.0-1.05=a;1.07-1.08=b", {"repaired a", "repaired b"}},
      {"out of order", "2.0-2.01=b;1.0-1.01=a", {"repaired a", "repaired b"}},
      {"from the first sample on", "0-0.02=a", {"repaired a"}},
      {"to the last sample", "2.98-3.0=a", {"repaired a"}},
      {"over the end", "2.98-3.5=a", {"repaired a"}},
      {"beyond the end", "3.5-3.6=a", {"skipped a"}},
      {"exactly max-region", "1.0-2.0=a", {"repaired a"}},
      {"a sample longer", "1.0-2.000125=a", {"skipped a"}},
      {"all of it", "0-3=a", {"skipped a"}},
      {"two that are too long when joined", "0.5-1.2=a;1.21-1.8=b", {"skipped a, b"}},
      {"shorter than a sample", "1.0+0.00001=a", {"repaired a"}},
  };
  for (const RuleCase& c : cases) {
    Bench b;
    // Every span can be filled with silence, so that only the rules decide.
    gst_util_set_object_arg(G_OBJECT(b.element), "fallback", "silence");
    g_object_set(b.element, "regions", c.regions, nullptr);
    b.start().caps();
    const NativeAudio audio = tones(b.form, 24000);
    b.push_all(audio, 0, 24000, 333);
    b.finish();
    std::vector<std::string> found;
    for (const Report& r : b.reports()) {
      const bool is_filled = r.status == "repaired" || r.status == "failed";
      found.push_back((is_filled ? "repaired" : r.status) + " " + r.label);
      if (!is_filled) {
        fail_unless_equals_int(count_different(b.form, audio, 0, b.out, 0, 24000), 0);
      }
    }
    std::string text;
    for (const auto& f : found) text += f + "; ";
    fail_unless(found == c.statuses, "%s: %s", c.name, text.c_str());
    fail_unless_equals_uint64(b.out.samples, 24000);
    b.forget_output();
  }
}
GST_END_TEST

GST_START_TEST(a_late_flag_is_told_and_changes_nothing)
{
  Bench b;
  b.start().caps();
  const NativeAudio audio = tones(b.form, 32000);
  b.push_all(audio, 0, 32000, 400);
  // 4 s are in, 2 s are held: the first 2 s have left once the queue has settled.
  for (int i = 0; i < 5 * 8; ++i) gst_buffer_unref(gst_harness_pull(b.h));
  gboolean is_in_time = TRUE;
  g_signal_emit_by_name(b.element, "mark-region", GST_SECOND / 2, 50 * GST_MSECOND, "old",
                        &is_in_time);
  fail_unless(!is_in_time);
  gst_harness_push_event(b.h, gst_heart_event_new_downstream_region(
                                  GST_SECOND / 2, GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE,
                                  50 * GST_MSECOND, "older", nullptr, 1.0));
  b.finish();
  const auto reports = b.reports();
  fail_unless_equals_int(reports.size(), 2);
  for (const Report& r : reports) fail_unless_equals_string(r.status.c_str(), "late");
  fail_unless_equals_uint64(b.stat("late"), 2);
  fail_unless_equals_int(count_different(b.form, audio, 16000, b.out, 0, 16000), 0);
  b.forget_output();
}
GST_END_TEST

GST_START_TEST(an_upstream_event_flags_by_running_time)
{
  Bench b;
  b.start().caps();
  gst_harness_push_upstream_event(
      b.h, gst_heart_event_new_upstream_region(GST_SECOND, 20 * GST_MSECOND, "up", nullptr, 1.0));
  b.push_all(tones(b.form, 16000), 0, 16000, 400);
  b.finish();
  const auto reports = b.reports();
  fail_unless_equals_int(reports.size(), 1);
  fail_unless_equals_string(reports[0].status.c_str(), "repaired");
  fail_unless_equals_string(reports[0].label.c_str(), "up");
  b.forget_output();
}
GST_END_TEST

GST_START_TEST(cleared_regions_leave_the_audio_alone)
{
  Bench b;
  g_object_set(b.element, "regions", "1.0-1.1", nullptr);
  b.start().caps();
  const NativeAudio audio = tones(b.form, 16000);
  b.push_all(audio, 0, 4000, 400);
  g_signal_emit_by_name(b.element, "clear-regions");
  b.push_all(audio, 4000, 16000, 400);
  b.finish();
  fail_unless_equals_int(b.reports().size(), 0);
  fail_unless_equals_int(count_different(b.form, audio, 0, b.out, 0, 16000), 0);
  b.forget_output();
}
GST_END_TEST

GST_START_TEST(a_rate_change_inside_a_region_ends_both_parts)
{
  Bench b;
  g_object_set(b.element, "regions", "0.99-1.01", nullptr);
  b.start().caps();
  const Form other{GST_AUDIO_FORMAT_F32, GST_AUDIO_LAYOUT_INTERLEAVED, 16000, 1};
  b.push_all(tones(b.form, 8000), 0, 8000, 400);
  gst_harness_set_src_caps_str(b.h, other.caps().c_str());
  const NativeAudio second = tones(other, 16000);
  for (size_t at = 0; at < 16000; at += 800) {
    GstBuffer* buffer = make_buffer(other, second, at, at + 800, GST_SECOND);
    fail_unless_equals_int(gst_harness_push(b.h, buffer), GST_FLOW_OK);
  }
  gst_harness_push_event(b.h, gst_event_new_eos());
  gsize bytes = 0;
  for (int i = 0; i < 40; ++i) {
    GstBuffer* buffer = gst_harness_pull(b.h);
    fail_unless(buffer != nullptr);
    bytes += gst_buffer_get_size(buffer);
    gst_buffer_unref(buffer);
  }
  fail_unless_equals_uint64(bytes, (8000 + 16000) * 4);
  const auto reports = b.reports();
  fail_unless_equals_int(reports.size(), 2);
  for (const Report& r : reports) fail_unless_equals_string(r.status.c_str(), "repaired");
}
GST_END_TEST

GST_START_TEST(a_jump_within_the_tolerance_is_no_hole)
{
  const struct {
    GstClockTime jump;
    bool is_hole;
  } cases[] = {{0, false},
               {GST_MSECOND, false},
               {40 * GST_MSECOND, false},
               {41 * GST_MSECOND, true},
               {GST_SECOND, true},
               {GST_SECOND + 125 * GST_USECOND, false}};
  for (const auto& c : cases) {
    Bench b;
    b.start().caps();
    const NativeAudio audio = tones(b.form, 16000);
    b.push_all(audio, 0, 8000, 400);
    for (size_t at = 8000; at < 16000; at += 400) {
      b.push(audio, at, at + 400, at == 8000 ? GST_BUFFER_FLAG_DISCONT : 0, c.jump);
    }
    b.finish();
    const size_t missing = c.is_hole ? SampleFormat(b.form.info()).to_samples(c.jump) : 0;
    fail_unless_equals_uint64(b.out.samples, 16000 + missing);
    fail_unless_equals_int(count_different(b.form, audio, 9000, b.out, 9000 + missing, 7000), 0);
    if (c.is_hole) check_contiguous(b);
    b.forget_output();
  }
}
GST_END_TEST

GST_START_TEST(events_and_queries_keep_their_place)
{
  Bench b;
  b.start().caps();
  const NativeAudio audio = tones(b.form, 16000);
  b.push_all(audio, 0, 8000, 400);
  gst_harness_push_event(
      b.h, gst_event_new_custom(GST_EVENT_CUSTOM_DOWNSTREAM, gst_structure_new_empty("mine")));
  // 1 s is held back; the query makes it leave, else it could never be answered.
  GstQuery* query = gst_query_new_drain();
  GstPad* peer = gst_element_get_static_pad(b.element, "sink");
  gst_pad_query(peer, query);
  gst_object_unref(peer);
  gst_query_unref(query);
  fail_unless_equals_int(gst_harness_buffers_in_queue(b.h), 20);
  b.push_all(audio, 8000, 16000, 400);
  b.finish();
  fail_unless_equals_int(count_different(b.form, audio, 0, b.out, 0, 16000), 0);
  b.forget_output();
}
GST_END_TEST

GST_START_TEST(a_flush_cancels_and_the_stream_goes_on)
{
  Bench b;
  g_object_set(b.element, "regions", "0.5-0.6=again", nullptr);
  b.start().caps();
  const NativeAudio audio = tones(b.form, 16000);
  b.push_all(audio, 0, 5600, 400);  // the region has not got its right context
  gst_harness_push_event(b.h, gst_event_new_flush_start());
  gst_harness_push_event(b.h, gst_event_new_flush_stop(TRUE));
  auto reports = b.reports();
  fail_unless_equals_int(reports.size(), 1);
  fail_unless_equals_string(reports[0].status.c_str(), "cancelled");
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  gst_harness_push_event(b.h, gst_event_new_segment(&segment));
  while (GstBuffer* old = gst_harness_try_pull(b.h)) gst_buffer_unref(old);
  b.push_all(audio, 0, 16000, 400);
  b.finish();
  reports = b.reports();
  fail_unless_equals_int(reports.size(), 1);
  fail_unless_equals_string(reports[0].status.c_str(), "repaired");
  fail_unless_equals_uint64(b.out.samples, 16000);
  b.forget_output();
}
GST_END_TEST

GST_START_TEST(sticky_events_survive_a_flush_that_overtakes_them)
{
  Bench b;
  b.start().caps();
  const NativeAudio audio = tones(b.form, 8000);
  b.push_all(audio, 0, 4000, 400);
  gst_harness_push_event(b.h, gst_event_new_tag(gst_tag_list_new(GST_TAG_TITLE, "held", nullptr)));
  gst_harness_push_event(b.h, gst_event_new_flush_start());
  gst_harness_push_event(b.h, gst_event_new_flush_stop(TRUE));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  gst_harness_push_event(b.h, gst_event_new_segment(&segment));
  while (GstBuffer* old = gst_harness_try_pull(b.h)) gst_buffer_unref(old);
  b.push_all(audio, 0, 8000, 400);
  b.finish();
  GstPad* pad = gst_element_get_static_pad(b.element, "src");
  GstEvent* tag = gst_pad_get_sticky_event(pad, GST_EVENT_TAG, 0);
  fail_unless(tag != nullptr, "the tags were lost");
  gst_event_unref(tag);
  gst_object_unref(pad);
  b.forget_output();
}
GST_END_TEST

GST_START_TEST(it_works_again_after_null)
{
  const Form form;
  Bench b(form);
  g_object_set(b.element, "regions", "0.5-0.55", nullptr);
  b.start();
  for (int round = 0; round < 3; ++round) {
    if (round > 0) gst_harness_push_event(b.h, gst_event_new_stream_start("again"));
    b.caps();  // and a segment
    b.push_all(tones(form, 12000), 0, 12000, 400);
    b.finish();
    fail_unless_equals_uint64(b.out.samples, 12000);
    const auto reports = b.reports();
    fail_unless_equals_int(reports.size(), 1);
    fail_unless_equals_uint64(reports[0].id, 1);
    b.forget_output();
    gst_element_set_state(b.element, GST_STATE_NULL);
    gst_element_set_state(b.element, GST_STATE_PLAYING);
  }
}
GST_END_TEST

GST_START_TEST(faults_of_the_settings_fail_the_state_change_and_say_why)
{
  const struct {
    const char* property;
    const char* value;
    const char* words[2];
  } cases[] = {
      {"regions", "1.0-abc", {"regions:1:", "abc"}},
      {"regions", "2-1", {"regions:1:3", "before it begins"}},
      {"regions-location", "/nowhere/labels.txt", {"/nowhere/labels.txt", ""}},
  };
  for (const auto& c : cases) {
    Bench b;
    g_object_set(b.element, c.property, c.value, nullptr);
    fail_unless_equals_int(gst_element_set_state(b.element, GST_STATE_READY),
                           GST_STATE_CHANGE_SUCCESS);
    fail_unless_equals_int(gst_element_set_state(b.element, GST_STATE_PAUSED),
                           GST_STATE_CHANGE_FAILURE);
    b.reports();
    fail_unless_equals_int(b.errors.size(), 1);
    for (const char* word : c.words) {
      fail_unless(b.errors[0].find(word) != std::string::npos, "'%s' is not in: %s", word,
                  b.errors[0].c_str());
    }
    gst_element_set_state(b.element, GST_STATE_NULL);
  }
}
GST_END_TEST

GST_START_TEST(method_lm_without_its_checkpoint_does_not_become_ready)
{
  Bench b;
  gst_util_set_object_arg(G_OBJECT(b.element), "method", "lm");
  g_object_set(b.element, "model-location", "/nowhere/checkpoint", nullptr);
  fail_unless_equals_int(gst_element_set_state(b.element, GST_STATE_READY),
                         GST_STATE_CHANGE_FAILURE);
  b.reports();
  fail_unless_equals_int(b.errors.size(), 1);
  gst_element_set_state(b.element, GST_STATE_NULL);
}
GST_END_TEST

static Suite* heartinpaint_suite(void) {
  Suite* s = suite_create("heartinpaint");
  TCase* t = tcase_create("files");
  suite_add_tcase(s, t);
  tcase_add_checked_fixture(t, nullptr, fail_on_leaks);
  tcase_set_timeout(t, 120);
  tcase_add_test(t, only_the_seams_and_the_gap_change_in_every_format);
  tcase_add_test(t, output_bits_do_not_depend_on_buffer_sizes);
  tcase_add_test(t, clean_buffers_are_passed_on_themselves);
  tcase_add_test(t, a_seed_gives_the_same_repair_twice_and_is_reported);
  tcase_add_loop_test(t, each_trigger_flags_its_span, 0, G_N_ELEMENTS(kTriggers));
  tcase_add_loop_test(t, a_trigger_that_is_off_is_not_heard, 0, G_N_ELEMENTS(kTriggers));
  tcase_add_test(t, regions_meet_by_the_rules);
  tcase_add_test(t, a_late_flag_is_told_and_changes_nothing);
  tcase_add_test(t, an_upstream_event_flags_by_running_time);
  tcase_add_test(t, cleared_regions_leave_the_audio_alone);
  tcase_add_test(t, a_rate_change_inside_a_region_ends_both_parts);
  tcase_add_test(t, a_jump_within_the_tolerance_is_no_hole);
  tcase_add_test(t, events_and_queries_keep_their_place);
  tcase_add_test(t, a_flush_cancels_and_the_stream_goes_on);
  tcase_add_test(t, sticky_events_survive_a_flush_that_overtakes_them);
  tcase_add_test(t, it_works_again_after_null);
  tcase_add_test(t, faults_of_the_settings_fail_the_state_change_and_say_why);
  tcase_add_test(t, method_lm_without_its_checkpoint_does_not_become_ready);
  return s;
}

GST_CHECK_MAIN(heartinpaint)
