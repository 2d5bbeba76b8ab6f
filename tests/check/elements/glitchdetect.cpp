// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The element glitchdetect: what it flags, in which times and by which means; that audio passes as it
// came; and that nothing is flagged across discontinuities. What counts as damage is judged in
// tests/unit/test_glitch.cpp.

#include "plugins/glitchdetect/glitchdetect.h"

#include "tests/check/no_leaks.h"
#include "tests/unit/signals.h"
#include <gst/heart/heart.h>

#include <gst/audio/audio.h>
#include <gst/check/gstcheck.h>
#include <gst/check/gstharness.h>

#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace {

constexpr int kRate = 48000;
constexpr size_t kBufferSamples = 480;  // 10 ms
constexpr const char* kPlainCaps =
    "audio/x-raw,format=S16LE,rate=48000,channels=2,layout=interleaved";

/// Loud noise over a tone: nothing in it is constant, whatever the format.
std::vector<float> programme(size_t size) {
  return signals::sum(signals::tone(size, 440, 0.4), signals::noise(size, 5, 0.2));
}

std::vector<float> with_hole(std::vector<float> audio, size_t begin, size_t end) {
  std::fill(audio.begin() + begin, audio.begin() + end, 0.0f);
  return audio;
}

struct Flag {
  GstClockTime start, duration;
  std::string reason;
};

struct Seen {
  std::vector<Flag> events, metas, messages;
  std::vector<GstBuffer*> buffers;
  guint n_events_before_first_meta = 0;
};

/// A harness around one glitchdetect with a bus.
class Rig {
 public:
  explicit Rig(const char* properties = "", const char* caps = kPlainCaps) {
    const std::string line = std::string("glitchdetect name=d ") + properties;
    h_ = gst_harness_new_parse(line.c_str());
    bus_ = gst_bus_new();
    gst_element_set_bus(h_->element, bus_);
    gst_audio_info_init(&info_);
    set_caps(caps);
  }
  ~Rig() {
    gst_element_set_bus(h_->element, nullptr);
    gst_object_unref(bus_);
    gst_harness_teardown(h_);
  }

  void set_caps(const char* text) {
    GstCaps* caps = gst_caps_from_string(text);
    fail_unless(gst_audio_info_from_caps(&info_, caps), "%s", text);
    gst_harness_set_src_caps(h_, caps);
  }

  /// What every channel but the first plays, if not the same.
  void set_others(const std::vector<float>* others) { others_ = others; }

  GstBuffer* buffer_of(const std::vector<float>& audio, size_t begin, size_t size,
                       GstClockTime pts) const {
    const auto n_channels = static_cast<size_t>(GST_AUDIO_INFO_CHANNELS(&info_));
    const bool planar = GST_AUDIO_INFO_LAYOUT(&info_) == GST_AUDIO_LAYOUT_NON_INTERLEAVED;
    std::vector<gint32> integers;
    std::vector<gdouble> doubles;
    for (size_t i = 0; i < size * n_channels; ++i) {
      const size_t channel = planar ? i / size : i % n_channels;
      const std::vector<float>& played = others_ && channel > 0 ? *others_ : audio;
      const float x = played[begin + (planar ? i % size : i / n_channels)];
      integers.push_back(static_cast<gint32>(x * 2147483647.0));
      doubles.push_back(x);
    }
    const bool is_double = info_.finfo->unpack_format == GST_AUDIO_FORMAT_F64;
    GstBuffer* buffer =
        gst_buffer_new_allocate(nullptr, size * GST_AUDIO_INFO_BPF(&info_), nullptr);
    GstMapInfo map;
    gst_buffer_map(buffer, &map, GST_MAP_WRITE);
    info_.finfo->pack_func(info_.finfo, GST_AUDIO_PACK_FLAG_NONE,
                           is_double ? static_cast<gconstpointer>(doubles.data()) : integers.data(),
                           map.data, static_cast<gint>(size * n_channels));
    gst_buffer_unmap(buffer, &map);
    if (planar) gst_buffer_add_audio_meta(buffer, &info_, size, nullptr);
    GST_BUFFER_PTS(buffer) = pts;
    GST_BUFFER_DURATION(buffer) = gst_util_uint64_scale(size, GST_SECOND, kRate);
    return buffer;
  }

  void push(const std::vector<float>& audio, GstClockTime pts = 0, size_t piece = kBufferSamples) {
    for (size_t at = 0; at < audio.size(); at += piece) {
      const size_t n = std::min(piece, audio.size() - at);
      push_buffer(buffer_of(audio, at, n, pts + gst_util_uint64_scale(at, GST_SECOND, kRate)));
    }
  }
  void push_buffer(GstBuffer* buffer) {
    fail_unless_equals_int(gst_harness_push(h_, buffer), GST_FLOW_OK);
  }
  void push_event(GstEvent* event) { fail_unless(gst_harness_push_event(h_, event)); }
  GstHarness* harness() { return h_; }

  /// All that has come out; buffers stay owned by the caller's list until drop().
  Seen take() {
    Seen seen;
    while (GstEvent* event = gst_harness_try_pull_event(h_)) {
      if (gst_heart_event_is_region(event)) {
        g_autoptr(GstHeartRegion) region = gst_heart_event_parse_region(event, nullptr);
        fail_unless(region != nullptr && region->domain == GST_HEART_TIME_SEGMENT);
        seen.events.push_back({region->start, gst_heart_region_duration(region), region->reason});
      }
      gst_event_unref(event);
    }
    while (GstBuffer* buffer = gst_harness_try_pull(h_)) {
      GPtrArray* regions = gst_heart_buffer_get_regions(buffer);
      for (guint i = 0; regions && i < regions->len; ++i) {
        const auto* region = static_cast<GstHeartRegion*>(regions->pdata[i]);
        seen.metas.push_back({region->start, gst_heart_region_duration(region), region->reason});
      }
      g_clear_pointer(&regions, g_ptr_array_unref);
      seen.buffers.push_back(buffer);
    }
    while (GstMessage* message = gst_bus_pop(bus_)) {
      fail_if(GST_MESSAGE_TYPE(message) & (GST_MESSAGE_WARNING | GST_MESSAGE_ERROR));
      if (gst_message_has_name(message, "glitchdetect")) {
        const GstStructure* s = gst_message_get_structure(message);
        Flag flag;
        gdouble confidence = -1;
        fail_unless(gst_structure_get(s, "timestamp", G_TYPE_UINT64, &flag.start, "duration",
                                      G_TYPE_UINT64, &flag.duration, "confidence", G_TYPE_DOUBLE,
                                      &confidence, nullptr));
        fail_unless(confidence > 0 && confidence <= 1);
        flag.reason = gst_structure_get_string(s, "reason");
        last_message_.reset(gst_structure_copy(s));
        seen.messages.push_back(flag);
      }
      gst_message_unref(message);
    }
    return seen;
  }
  const GstStructure* last_message() const { return last_message_.get(); }

 private:
  struct FreeStructure {
    void operator()(GstStructure* structure) const { gst_structure_free(structure); }
  };
  GstHarness* h_;
  GstBus* bus_;
  GstAudioInfo info_;
  const std::vector<float>* others_ = nullptr;
  std::unique_ptr<GstStructure, FreeStructure> last_message_;
};

void drop(Seen& seen) {
  for (GstBuffer* buffer : seen.buffers) gst_buffer_unref(buffer);
  seen.buffers.clear();
}

/// The hole of these tests: 50 ms from 0.5 s, where no sample is 0 by chance.
constexpr size_t kBegin = 24000, kEnd = 26400;
constexpr GstClockTime kStart = 500 * GST_MSECOND, kDuration = 50 * GST_MSECOND;

void expect_hole(const std::vector<Flag>& flags, GstClockTime start, const char* by,
                 const char* where) {
  fail_unless(flags.size() == 1, "%s: %zu flags by %s", where, flags.size(), by);
  // A sample at the edge may be 0 in a coarse format: two samples are allowed.
  const GstClockTimeDiff off = GST_CLOCK_DIFF(start, flags[0].start);
  const GstClockTimeDiff longer = GST_CLOCK_DIFF(kDuration, flags[0].duration);
  fail_unless(ABS(off) <= 42000 && ABS(longer) <= 84000,
              "%s by %s: %" GST_TIME_FORMAT " for %" GST_TIME_FORMAT, where, by,
              GST_TIME_ARGS(flags[0].start), GST_TIME_ARGS(flags[0].duration));
  fail_unless_equals_string(flags[0].reason.c_str(), "zeros");
}

void expect_hole_by_all(const Seen& seen, GstClockTime start, const char* where) {
  expect_hole(seen.events, start, "event", where);
  expect_hole(seen.metas, start, "meta", where);
  expect_hole(seen.messages, start, "message", where);
}

const char* const kFormats[] = {
    "audio/x-raw,format=S16LE,rate=48000,channels=2,layout=interleaved",
    "audio/x-raw,format=S16BE,rate=48000,channels=1,layout=interleaved",
    "audio/x-raw,format=S24LE,rate=48000,channels=2,layout=interleaved",
    "audio/x-raw,format=S24_32LE,rate=48000,channels=2,layout=interleaved",
    "audio/x-raw,format=S32LE,rate=48000,channels=2,layout=non-interleaved",
    "audio/x-raw,format=F32LE,rate=48000,channels=2,layout=non-interleaved",
    "audio/x-raw,format=F64LE,rate=48000,channels=6,layout=interleaved,channel-mask=(bitmask)0x3f",
    "audio/x-raw,format=U8,rate=48000,channels=2,layout=interleaved",
    "audio/x-raw,format=U16LE,rate=48000,channels=2,layout=interleaved",
};

}  // namespace

GST_START_TEST(a_dropout_is_flagged_in_every_format_by_event_meta_and_message)
{
  const char* caps = kFormats[__i__];
  Rig rig("", caps);
  rig.push(with_hole(programme(kRate), kBegin, kEnd));
  Seen seen = rig.take();
  expect_hole_by_all(seen, kStart, caps);
  drop(seen);
}
GST_END_TEST

GST_START_TEST(a_hole_in_one_channel_is_no_dropout_in_either_layout)
{
  const std::vector<float> whole = programme(kRate), holed = with_hole(whole, kBegin, kEnd);
  for (const char* layout : {"interleaved", "non-interleaved"}) {
    for (bool in_first : {true, false}) {
      Rig rig(
          "",
          (std::string("audio/x-raw,format=S32LE,rate=48000,channels=2,layout=") + layout).c_str());
      rig.set_others(in_first ? &whole : &holed);
      rig.push(in_first ? holed : whole);
      Seen seen = rig.take();
      fail_unless(seen.events.empty(), "%s: %zu flags", layout, seen.events.size());
      drop(seen);
    }
  }
}
GST_END_TEST

GST_START_TEST(clean_buffers_pass_untouched_and_damaged_ones_unchanged)
{
  Rig rig;
  const std::vector<float> audio = with_hole(programme(kRate), kBegin, kEnd);
  std::vector<GstBuffer*> sent;
  for (size_t at = 0; at < audio.size(); at += kBufferSamples) {
    sent.push_back(
        rig.buffer_of(audio, at, kBufferSamples, gst_util_uint64_scale(at, GST_SECOND, kRate)));
    rig.push_buffer(gst_buffer_ref(sent.back()));
  }
  Seen seen = rig.take();
  fail_unless_equals_int(seen.buffers.size(), sent.size());
  guint n_other = 0;
  for (size_t i = 0; i < sent.size(); ++i) {
    n_other +=
        seen.buffers[i] != sent[i];  // the one that carries the meta is a copy, of its head only
    fail_unless(gst_buffer_peek_memory(seen.buffers[i], 0) == gst_buffer_peek_memory(sent[i], 0));
    fail_unless_equals_uint64(GST_BUFFER_PTS(seen.buffers[i]), GST_BUFFER_PTS(sent[i]));
    gst_buffer_unref(sent[i]);
  }
  fail_unless_equals_int(n_other, 1);
  drop(seen);
}
GST_END_TEST

GST_START_TEST(times_are_those_of_the_segment)
{
  Rig rig;
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  segment.start = 10 * GST_SECOND;
  segment.time = 110 * GST_SECOND;
  segment.base = 5 * GST_SECOND;
  rig.push_event(gst_event_new_segment(&segment));
  rig.push(with_hole(programme(kRate), kBegin, kEnd), 12 * GST_SECOND);
  Seen seen = rig.take();
  expect_hole_by_all(seen, 12 * GST_SECOND + kStart, "segment");
  guint64 stream_time = 0, running_time = 0;
  gst_structure_get_uint64(rig.last_message(), "stream-time", &stream_time);
  gst_structure_get_uint64(rig.last_message(), "running-time", &running_time);
  fail_unless_equals_uint64(stream_time, seen.messages[0].start + 100 * GST_SECOND);
  fail_unless_equals_uint64(running_time, seen.messages[0].start - 5 * GST_SECOND);
  drop(seen);
}
GST_END_TEST

GST_START_TEST(buffer_sizes_do_not_change_what_is_flagged)
{
  for (size_t piece : {size_t{1}, size_t{37}, size_t{4800}, size_t{kRate}}) {
    Rig rig;
    rig.push(with_hole(programme(kRate), kBegin, kEnd), 0, piece);
    Seen seen = rig.take();
    expect_hole(seen.events, kStart, "event", "some piece");
    drop(seen);
  }
}
GST_END_TEST

GST_START_TEST(only_the_chosen_means_are_used)
{
  const struct {
    const char* properties;
    size_t events, metas, messages;
  } rows[] = {{"report=event", 1, 0, 0},
              {"report=meta", 0, 1, 0},
              {"report=message", 0, 0, 1},
              {"detect=clipping", 0, 0, 0},
              {"min-duration=60000000", 0, 0, 0},
              {"max-duration=40000000", 0, 0, 0},
              {"min-level=0", 0, 0, 0}};
  for (const auto& row : rows) {
    Rig rig(row.properties);
    rig.push(with_hole(programme(kRate), kBegin, kEnd));
    Seen seen = rig.take();
    fail_unless(seen.events.size() == row.events && seen.metas.size() == row.metas &&
                    seen.messages.size() == row.messages,
                "%s: %zu %zu %zu", row.properties, seen.events.size(), seen.metas.size(),
                seen.messages.size());
    drop(seen);
  }
}
GST_END_TEST

GST_START_TEST(clipping_is_told_by_message_alone)
{
  Rig rig("detect=clipping");
  std::vector<float> audio = programme(kRate);
  std::fill(audio.begin() + 24000, audio.begin() + 24010, 1.0f);
  rig.push(audio);
  Seen seen = rig.take();
  fail_unless(seen.events.empty() && seen.metas.empty());
  fail_unless_equals_int(seen.messages.size(), 1);
  fail_unless_equals_string(seen.messages[0].reason.c_str(), "clipping");
  drop(seen);
}
GST_END_TEST

GST_START_TEST(clicks_and_repeats_are_flagged_if_asked_for)
{
  std::vector<float> audio = signals::music(2 * kRate, 3);
  audio[30000] += 0.5f;
  for (size_t n = 0; n < 2400; ++n) audio[60000 + n] = audio[57600 + n];
  for (const char* properties : {"", "detect=clicks", "detect=repeats"}) {
    Rig rig(properties);
    rig.push(audio);
    rig.push_event(gst_event_new_eos());
    Seen seen = rig.take();
    bool click = false, repeat = false;
    for (const Flag& flag : seen.events) {
      click |= flag.reason == "click" && flag.start < 626 * GST_MSECOND &&
               flag.start > 624 * GST_MSECOND;
      repeat |= flag.reason == "repeat" && flag.start >= 1249 * GST_MSECOND &&
                flag.duration < 52 * GST_MSECOND;
    }
    fail_unless_equals_int(click, strcmp(properties, "detect=clicks") == 0);
    fail_unless_equals_int(repeat, strcmp(properties, "detect=repeats") == 0);
    if (!*properties) fail_unless(seen.events.empty());
    drop(seen);
  }
}
GST_END_TEST

// A hole whose two sides do not belong to one stretch of sound is no dropout.
GST_START_TEST(nothing_is_flagged_across_a_break)
{
  enum Break { kNothing, kDiscont, kJump, kGapEvent, kGapBuffer, kSegment, kFlush, kCaps };
  const std::vector<float> audio = with_hole(programme(kRate), kBegin, kEnd);
  const std::vector<float> before(audio.begin(), audio.begin() + 25440),
      after(audio.begin() + 25440, audio.end());
  const GstClockTime pts = gst_util_uint64_scale(before.size(), GST_SECOND, kRate);
  for (Break kind : {kNothing, kDiscont, kJump, kGapEvent, kGapBuffer, kSegment, kFlush, kCaps}) {
    Rig rig;
    rig.push(before);
    GstClockTime next = pts;
    GstBuffer* first = rig.buffer_of(after, 0, kBufferSamples, next);
    if (kind == kDiscont) GST_BUFFER_FLAG_SET(first, GST_BUFFER_FLAG_DISCONT);
    if (kind == kGapBuffer) GST_BUFFER_FLAG_SET(first, GST_BUFFER_FLAG_GAP);
    if (kind == kJump) GST_BUFFER_PTS(first) = next += GST_SECOND;
    if (kind == kGapEvent) rig.push_event(gst_event_new_gap(next, GST_MSECOND));
    if (kind == kSegment || kind == kFlush) {
      if (kind == kFlush) {
        rig.push_event(gst_event_new_flush_start());
        rig.push_event(gst_event_new_flush_stop(TRUE));
      }
      GstSegment segment;
      gst_segment_init(&segment, GST_FORMAT_TIME);
      rig.push_event(gst_event_new_segment(&segment));
    }
    if (kind == kCaps) {
      gst_buffer_unref(first);
      rig.set_caps("audio/x-raw,format=F32LE,rate=48000,channels=1,layout=interleaved");
      first = rig.buffer_of(after, 0, kBufferSamples, next);
    }
    rig.push_buffer(first);
    rig.push({after.begin() + kBufferSamples, after.end()}, next + 10 * GST_MSECOND);
    Seen seen = rig.take();
    fail_unless(seen.events.size() == (kind == kNothing ? 1 : 0), "break %d: %zu flags", kind,
                seen.events.size());
    drop(seen);
  }
}
GST_END_TEST

GST_START_TEST(buffers_without_timestamps_are_counted_from_the_segments_start)
{
  Rig rig;
  const std::vector<float> audio = with_hole(programme(kRate), kBegin, kEnd);
  for (size_t at = 0; at < audio.size(); at += kBufferSamples)
    rig.push_buffer(rig.buffer_of(audio, at, kBufferSamples, GST_CLOCK_TIME_NONE));
  Seen seen = rig.take();
  expect_hole(seen.events, kStart, "event", "no timestamps");
  drop(seen);
}
GST_END_TEST

// Rates that are no whole number of nanoseconds, and clocks that drift: the span follows the stamps.
GST_START_TEST(times_follow_drifting_timestamps)
{
  Rig rig;
  const std::vector<float> audio =
      with_hole(programme(10 * kRate), 9 * kRate + kBegin, 9 * kRate + kEnd);
  for (size_t at = 0; at < audio.size(); at += kBufferSamples) {
    const GstClockTime exact = gst_util_uint64_scale(at, GST_SECOND, kRate);
    rig.push_buffer(rig.buffer_of(audio, at, kBufferSamples, exact + exact / 100));  // 1 % slow
  }
  Seen seen = rig.take();
  fail_unless_equals_int(seen.events.size(), 1);
  const GstClockTime wanted = (9 * GST_SECOND + kStart) / 100 * 101;
  const GstClockTimeDiff off = GST_CLOCK_DIFF(wanted, seen.events[0].start);
  fail_unless(ABS(off) <= 200000, "%" G_GINT64_FORMAT " ns off",
              off);  // within one buffer of drift
  drop(seen);
}
GST_END_TEST

GST_START_TEST(the_element_can_be_used_again_after_null)
{
  Rig rig;
  for (int round = 0; round < 2; ++round) {
    rig.push(with_hole(programme(kRate), kBegin, kEnd));
    Seen seen = rig.take();
    expect_hole_by_all(seen, kStart, "round");
    drop(seen);
    GstHarness* h = rig.harness();
    gst_element_set_state(h->element, GST_STATE_NULL);
    gst_harness_play(h);
    rig.set_caps(kPlainCaps);
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    rig.push_event(gst_event_new_stream_start("again"));
    rig.set_caps(kPlainCaps);
    rig.push_event(gst_event_new_segment(&segment));
    Seen rest = rig.take();
    drop(rest);
  }
}
GST_END_TEST

GST_START_TEST(it_adds_no_latency)
{
  Rig rig;
  gst_harness_set_upstream_latency(rig.harness(), 30 * GST_MSECOND);
  fail_unless_equals_uint64(gst_harness_query_latency(rig.harness()), 30 * GST_MSECOND);
}
GST_END_TEST

// Buffers, events of both directions and property changes from five threads, for a third of a second.
GST_START_TEST(stress_from_all_sides_does_no_harm)
{
  GstHarness* h = gst_harness_new("glitchdetect");
  GstCaps* caps = gst_caps_from_string(kPlainCaps);
  gst_harness_set_src_caps(h, gst_caps_ref(caps));
  gst_harness_set_drop_buffers(h, TRUE);
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  GstBuffer* buffer = gst_buffer_new_allocate(nullptr, kBufferSamples * 4, nullptr);
  gst_buffer_memset(buffer, 0, 1, kBufferSamples * 4);
  GST_BUFFER_PTS(buffer) = 0;
  GValue duration = G_VALUE_INIT, report = G_VALUE_INIT;
  g_value_init(&duration, G_TYPE_UINT64);
  g_value_set_uint64(&duration, 20 * GST_MSECOND);
  g_object_get_property(G_OBJECT(h->element), "report", &report);
  GstEvent* out_of_band =
      gst_event_new_custom(GST_EVENT_CUSTOM_DOWNSTREAM_OOB, gst_structure_new_empty("stress"));
  GstEvent* upstream = gst_heart_event_new_upstream_region(1, 1, nullptr, nullptr, 1.0);

  GstHarnessThread* threads[] = {
      gst_harness_stress_push_buffer_start(h, caps, &segment, buffer),
      gst_harness_stress_push_event_start(h, out_of_band),
      gst_harness_stress_send_upstream_event_start(h, upstream),
      gst_harness_stress_property_start(h, "min-duration", &duration),
      gst_harness_stress_property_start(h, "report", &report),
  };
  g_usleep(G_USEC_PER_SEC / 3);
  guint n_pushes = 0;
  for (GstHarnessThread* thread : threads) n_pushes += gst_harness_stress_thread_stop(thread);
  fail_unless(n_pushes > 100, "%u rounds", n_pushes);
  g_value_unset(&duration);
  g_value_unset(&report);
  gst_event_unref(out_of_band);
  gst_event_unref(upstream);
  gst_buffer_unref(buffer);
  gst_caps_unref(caps);
  gst_harness_teardown(h);
}
GST_END_TEST

static Suite* glitchdetect_suite() {
  GST_ELEMENT_REGISTER(glitchdetect, nullptr);
  Suite* suite = suite_create("glitchdetect");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_checked_fixture(tcase, nullptr, fail_on_leaks);
  tcase_add_loop_test(tcase, a_dropout_is_flagged_in_every_format_by_event_meta_and_message, 0,
                      G_N_ELEMENTS(kFormats));
  tcase_add_test(tcase, a_hole_in_one_channel_is_no_dropout_in_either_layout);
  tcase_add_test(tcase, clean_buffers_pass_untouched_and_damaged_ones_unchanged);
  tcase_add_test(tcase, times_are_those_of_the_segment);
  tcase_add_test(tcase, buffer_sizes_do_not_change_what_is_flagged);
  tcase_add_test(tcase, only_the_chosen_means_are_used);
  tcase_add_test(tcase, clipping_is_told_by_message_alone);
  tcase_add_test(tcase, clicks_and_repeats_are_flagged_if_asked_for);
  tcase_add_test(tcase, nothing_is_flagged_across_a_break);
  tcase_add_test(tcase, buffers_without_timestamps_are_counted_from_the_segments_start);
  tcase_add_test(tcase, times_follow_drifting_timestamps);
  tcase_add_test(tcase, the_element_can_be_used_again_after_null);
  tcase_add_test(tcase, it_adds_no_latency);
  tcase_add_test(tcase, stress_from_all_sides_does_no_harm);
  return suite;
}

GST_CHECK_MAIN(glitchdetect);
