// SPDX-License-Identifier: LGPL-2.1-or-later
//
// heartinpaint in a live pipeline: what it promises, and that it keeps its promise whatever a filler does.
// A test clock stands still until a test moves it, and the filler until a test opens its gate.

#include "plugins/heartinpaint/inpaint.h"
#include "tests/check/no_leaks.h"

#include <algorithm>
#include <future>

#include "gate_filler.h"
#include "inpaint_harness.h"

using namespace inpaint_test;  // NOLINT

namespace {

constexpr GstClockTime kUpstream = 50 * GST_MSECOND;
// The bench's max-region, context-after and the default budget.
constexpr GstClockTime kOwn = (1 + 1 + 2) * GST_SECOND;
constexpr size_t kPiece = 400;  // 50 ms at 8 kHz
constexpr GstClockTime kRegion = GST_SECOND;
constexpr GstClockTime kRegionLength = 100 * GST_MSECOND;
constexpr size_t kBegin = 8000, kEnd = 8800;
// Buffers before the one that the region's seam may touch: 0.9 s of them.
constexpr guint kFree = 18;

struct Latency {
  bool is_live;
  GstClockTime least, most;
};

Latency ask_latency(Bench& b) {
  GstQuery* query = gst_query_new_latency();
  fail_unless(gst_pad_peer_query(b.h->sinkpad, query));
  gboolean is_live = FALSE;
  Latency latency;
  gst_query_parse_latency(query, &is_live, &latency.least, &latency.most);
  latency.is_live = is_live != FALSE;
  gst_query_unref(query);
  return latency;
}

// What upstream answers in the tests of latency.
Latency upstream = {};

gboolean upstream_query(GstPad* pad, GstObject* parent, GstQuery* query) {
  if (GST_QUERY_TYPE(query) != GST_QUERY_LATENCY) return gst_pad_query_default(pad, parent, query);
  gst_query_set_latency(query, upstream.is_live, upstream.least, upstream.most);
  return TRUE;
}

// A worker does one task after the other: when this has had its turn, what was asked for before is there.
void wait_for(heart::engine::Worker& worker) {
  std::promise<void> turn;
  worker.submit([&] { turn.set_value(); });
  turn.get_future().wait();
}
void wait_for_fallbacks(Bench& b) {
  wait_for(heart::engine::of(b.element).quick);
}

/// 3.2 s of sound in a live pipeline, a region at [1.0, 1.1) s, its repair begun, its fallback made.
void begin_repair(Bench& b, const NativeAudio& audio, GateInUse& gate) {
  b.start_live(kUpstream).caps();
  fail_unless(b.mark(kRegion, kRegionLength, "click"));
  b.push_all(audio, 0, 25600, kPiece);
  gate->wait_for_gap(1);
  wait_for_fallbacks(b);
  b.wait_for_buffers(kFree);
}

}  // namespace

GST_START_TEST(latency_is_upstreams_and_the_longest_wait_of_a_sample)
{
  const struct {
    Latency upstream, wanted;
  } cases[] = {
      {{true, 0, GST_CLOCK_TIME_NONE}, {true, kOwn, GST_CLOCK_TIME_NONE}},
      {{true, kUpstream, GST_CLOCK_TIME_NONE}, {true, kUpstream + kOwn, GST_CLOCK_TIME_NONE}},
      {{true, kUpstream, GST_SECOND}, {true, kUpstream + kOwn, GST_SECOND + kOwn}},
      // Without a clock there is no budget to wait for.
      {{false, 0, GST_CLOCK_TIME_NONE}, {false, 2 * GST_SECOND, GST_CLOCK_TIME_NONE}},
  };
  for (const auto& c : cases) {
    upstream = c.upstream;
    Bench b;
    b.start();
    gst_pad_set_query_function(b.h->srcpad, upstream_query);
    const Latency before = ask_latency(b);
    b.caps();
    b.push_all(tones(b.form, 8000), 0, 8000, kPiece);
    for (const Latency& found : {before, ask_latency(b)}) {
      fail_unless(found.is_live == c.wanted.is_live);
      fail_unless_equals_uint64(found.least, c.wanted.least);
      fail_unless_equals_uint64(found.most, c.wanted.most);
    }
  }
}
GST_END_TEST

GST_START_TEST(a_latency_message_comes_with_a_real_change_only)
{
  const struct {
    bool is_live;
    const char* property;
    GstClockTime value;
    int n_at_once, n_after_flush;
    GstClockTime least_at_once, least_after_flush;
  } cases[] = {
      {true, "processing-budget", 3 * GST_SECOND, 1, 0, 5 * GST_SECOND, 5 * GST_SECOND},
      {true, "processing-budget", 2 * GST_SECOND, 0, 0, kOwn, kOwn},  // as it was
      {false, "processing-budget", 3 * GST_SECOND, 0, 0, 2 * GST_SECOND, 2 * GST_SECOND},
      {true, "crossfade", GST_MSECOND, 0, 0, kOwn, kOwn},
      // Frozen while the stream runs, so the answer must not change before it does.
      {true, "max-region", 2 * GST_SECOND, 0, 1, kOwn, 5 * GST_SECOND},
  };
  for (const auto& c : cases) {
    upstream = {c.is_live, 0, GST_CLOCK_TIME_NONE};
    Bench b;
    b.start();
    gst_pad_set_query_function(b.h->srcpad, upstream_query);
    b.caps();
    b.push_all(tones(b.form, 800), 0, 800, kPiece);
    b.reports();
    fail_unless_equals_int(b.n_latency, 0);
    g_object_set(b.element, c.property, c.value, nullptr);
    b.reports();
    fail_unless(b.n_latency == c.n_at_once, "%s: %d messages", c.property, b.n_latency);
    fail_unless_equals_uint64(ask_latency(b).least, c.least_at_once);
    gst_harness_push_event(b.h, gst_event_new_flush_start());
    gst_harness_push_event(b.h, gst_event_new_flush_stop(TRUE));
    b.reports();
    fail_unless(b.n_latency == c.n_at_once + c.n_after_flush, "%s: %d messages after the flush",
                c.property, b.n_latency);
    fail_unless_equals_uint64(ask_latency(b).least, c.least_after_flush);
  }
}
GST_END_TEST

GST_START_TEST(live_input_is_taken_however_long_a_repair_takes)
{
  GateInUse gate;
  Bench b;
  const NativeAudio audio = tones(b.form, 320000);
  begin_repair(b, audio, gate);
  // 40 s, ten times what may be held at once: a chain function that waited would never return.
  b.push_all(audio, 25600, 320000, kPiece);
  fail_unless_equals_int(gst_harness_buffers_received(b.h), kFree);
  gate->open();
  fail_unless_equals_string(b.next_report().status.c_str(), "repaired");
  b.finish();
  fail_unless_equals_uint64(b.out.samples, 320000);
}
GST_END_TEST

GST_START_TEST(a_repair_in_time_is_taken_before_its_deadline)
{
  GateInUse gate;
  Bench b;
  const NativeAudio audio = tones(b.form, 25600);
  begin_repair(b, audio, gate);
  const heart::Gap gap = gate->gaps().at(0);
  fail_unless(gap.is_live);
  fail_unless(gap.deadline.has_value());
  gate->open();
  // The clock stands at 0: the samples leave because they are settled.
  const Report report = b.next_report();
  fail_unless_equals_string(report.status.c_str(), "repaired");
  fail_unless_equals_string(report.method.c_str(), "gate");
  b.finish();
  fail_unless_equals_int(b.qos.size(), 0);
  fail_unless_equals_uint64(b.stat("late"), 0);
  fail_unless_equals_uint64(b.stat("dropped-results"), 0);
}
GST_END_TEST

GST_START_TEST(a_late_region_falls_back_in_time_and_is_counted)
{
  GateFiller::Options stubborn;
  stubborn.heeds_cancel = false;
  GateInUse gate(stubborn);
  Bench b;
  const NativeAudio audio = tones(b.form, 25600);
  begin_repair(b, audio, gate);
  fail_unless_equals_int(b.reports().size(), 0);

  // The first buffer that the seam may touch begins at 0.9 s; it may wait for the latency that was promised.
  const GstClockTime deadline = 900 * GST_MSECOND + kUpstream + kOwn;
  fail_unless_equals_uint64(b.next_wait(), deadline);
  b.pass_time_until_received(kFree + 1);
  const Report report = b.next_report();
  fail_unless_equals_string(report.status.c_str(), "late");
  fail_unless_equals_string(report.method.c_str(), "ar");
  fail_unless(report.detail.find("deadline") != std::string::npos, "%s", report.detail.c_str());

  fail_unless_equals_int(b.qos.size(), 1);
  const Qos& q = b.qos[0];
  fail_unless(q.is_live);
  fail_unless_equals_uint64(q.timestamp, report.timestamp);
  fail_unless_equals_uint64(q.running_time, report.timestamp);
  fail_unless_equals_uint64(q.stream_time, report.timestamp);
  fail_unless_equals_uint64(q.duration, report.duration);
  // Noticed at the very deadline, after all of the time that there was; the true delay is not known yet.
  fail_unless_equals_int64(q.jitter, 0);
  fail_unless_equals_float(q.proportion, 1.0);
  fail_unless_equals_int(q.format, GST_FORMAT_DEFAULT);
  fail_unless_equals_uint64(q.processed, 0);
  fail_unless_equals_uint64(q.dropped, kEnd - kBegin);
  fail_unless_equals_uint64(b.stat("late"), 1);
  fail_unless_equals_uint64(b.stat("dropped-results"), 0);

  // The result comes after all: dropped, and the sound that has left stays what it is.
  gate->open();
  wait_until([&] { return b.stat("dropped-results") == 1; }, "the dropped result");
  b.finish();
  fail_unless_equals_int(b.reports().size(), 0);
  fail_unless_equals_uint64(b.out.samples, 25600);
  const auto* samples = reinterpret_cast<const float*>(b.out.planes[0].data());
  fail_unless(
      std::none_of(samples, samples + 25600, [](float x) { return x == GateFiller::kLevel; }));
  GstClockTime next = 0;
  for (GstBuffer* buffer : b.buffers) {
    fail_unless(ABS(GST_CLOCK_DIFF(next, GST_BUFFER_PTS(buffer))) <= 1);
    next = GST_BUFFER_PTS(buffer) + GST_BUFFER_DURATION(buffer);
  }
  // Its task was cancelled, as far as anybody who watched it is concerned.
  fail_unless_equals_int(b.progress.front().type, GST_PROGRESS_TYPE_START);
  b.wait_for_progress(GST_PROGRESS_TYPE_CANCELED);
}
GST_END_TEST

namespace {

struct FallbackCase {
  const char* fallback;
  const char* method;  // reported
};
const FallbackCase kFallbacks[] = {
    {"ar", "ar"}, {"transplant", "transplant"}, {"silence", "silence"}, {"keep", "none"}};

enum class Why { kDeadline, kRefused, kFailed };
const struct {
  Why why;
  const char* status;
} kWhys[] = {{Why::kDeadline, "late"}, {Why::kRefused, "late"}, {Why::kFailed, "failed"}};

}  // namespace

GST_START_TEST(each_fallback_is_used_when_the_repair_is_late_refused_or_failed)
{
  const FallbackCase& c = kFallbacks[__i__];
  for (const auto& why : kWhys) {
    GateFiller::Options options;
    options.fails = options.is_open = why.why == Why::kFailed;
    if (why.why == Why::kRefused) options.estimate_seconds = 3600;
    GateInUse gate(options);
    Bench b;
    gst_util_set_object_arg(G_OBJECT(b.element), "fallback", c.fallback);
    b.start_live().caps();
    fail_unless(b.mark(kRegion, kRegionLength));
    const NativeAudio audio = tones(b.form, 25600);
    b.push_all(audio, 0, 25600, kPiece);
    if (why.why == Why::kDeadline) {
      gate->wait_for_gap(1);
      wait_for_fallbacks(b);
      b.pass_time_until_received(kFree + 1);
    }
    const Report report = b.next_report();
    fail_unless_equals_string(report.status.c_str(), why.status);
    fail_unless_equals_string(report.method.c_str(), c.method);
    if (why.why == Why::kRefused) {
      fail_unless_equals_int(gate->gaps().size(), 0);  // not even begun
      fail_unless_equals_int(b.qos.size(), 1);
      // About an hour after the deadline, of some seconds that there were.
      fail_unless(b.qos[0].jitter > 3000 * static_cast<gint64>(GST_SECOND));
      fail_unless(b.qos[0].proportion > 100);
    }
    fail_unless_equals_int(b.qos.size(), why.why == Why::kFailed ? 0 : 1);
    b.finish();
    fail_unless_equals_uint64(b.out.samples, 25600);
    const size_t n_changed = count_different(b.form, audio, kBegin, b.out, kBegin, kEnd - kBegin);
    const auto* gap = reinterpret_cast<const float*>(b.out.planes[0].data()) + kBegin;
    if (std::strcmp(c.fallback, "keep") == 0) {
      fail_unless_equals_int(n_changed, 0);
    } else if (std::strcmp(c.fallback, "silence") == 0) {
      // With soft edges.
      fail_unless(std::all_of(gap + 200, gap + 600, [](float x) { return x == 0; }));
    } else {
      fail_unless(n_changed > (kEnd - kBegin) / 2, "%s: %zu samples changed", c.fallback,
                  n_changed);
    }
  }
}
GST_END_TEST

GST_START_TEST(a_region_whose_end_is_missing_at_its_deadline_is_late)
{
  // Upstream stalls in the middle of a region: what came has to leave in time, as it is.
  GateInUse gate;
  Bench b;
  b.start_live(kUpstream).caps();
  fail_unless(b.mark(kRegion, kRegionLength));
  const NativeAudio audio = tones(b.form, 25600);
  b.push_all(audio, 0, 8400, kPiece);
  b.pass_time_until_received(20);  // one before the last: for the next one there would be no wait
  b.push_all(audio, 8400, 25600, kPiece);
  b.finish();
  const Report report = b.next_report();
  fail_unless_equals_string(report.status.c_str(), "late");
  fail_unless_equals_int(gate->gaps().size(), 0);
  fail_unless_equals_int(b.qos.size(), 1);
  fail_unless_equals_int(count_different(b.form, audio, 0, b.out, 0, 25600), 0);
}
GST_END_TEST

GST_START_TEST(a_stalled_source_has_its_region_repaired_with_the_context_that_came)
{
  GateFiller::Options open;
  open.is_open = true;
  GateInUse gate(open);
  Bench b;
  b.start_live(kUpstream).caps();
  fail_unless(b.mark(kRegion, kRegionLength));
  const NativeAudio audio = tones(b.form, 12000);
  b.push_all(audio, 0, 12000, kPiece);  // 0.4 s of right context; 1 s is wanted
  // It has to begin when no more than the budget is left.
  const GstClockTime deadline = 900 * GST_MSECOND + kUpstream + kOwn;
  fail_unless_equals_uint64(b.next_wait(), deadline - 2 * GST_SECOND);
  gst_harness_crank_single_clock_wait(b.h);
  gate->wait_for_gap(1);
  wait_for(heart::engine::of(b.element).repairs);
  b.pass_time_until_received(kFree + 1);
  const auto gaps = gate->gaps();
  fail_unless_equals_int(gaps.size(), 1);
  fail_unless_equals_int(heart::length_of(gaps[0].right), 12000 - kEnd);
  b.finish();
  const auto reports = b.reports();
  fail_unless_equals_int(reports.size(), 1);
  fail_unless_equals_string(reports[0].status.c_str(), "repaired");
}
GST_END_TEST

GST_START_TEST(the_end_of_a_live_stream_waits_for_a_repair_no_longer_than_its_deadline)
{
  GateInUse gate;
  Bench b;
  const NativeAudio audio = tones(b.form, 25600);
  begin_repair(b, audio, gate);
  fail_unless(gst_harness_push_event(b.h, gst_event_new_eos()));
  fail_unless_equals_int(gst_harness_buffers_received(b.h), kFree);
  fail_unless_equals_uint64(b.next_wait(), 900 * GST_MSECOND + kUpstream + kOwn);
  gst_harness_crank_single_clock_wait(b.h);
  b.wait_for_buffers(64);  // 25600 / 400
  fail_unless_equals_string(b.next_report().status.c_str(), "late");
}
GST_END_TEST

GST_START_TEST(a_pause_stops_the_deadlines)
{
  GateInUse gate;
  Bench b;
  const NativeAudio audio = tones(b.form, 25600);
  begin_repair(b, audio, gate);
  GstTestClock* clock = gst_harness_get_testclock(b.h);
  b.next_wait();
  gst_element_set_state(b.element, GST_STATE_PAUSED);
  gst_test_clock_set_time(clock, 3600 * GST_SECOND);
  gate->open();
  fail_unless_equals_string(b.next_report().status.c_str(), "repaired");
  gst_object_unref(clock);
}
GST_END_TEST

GST_START_TEST(a_query_for_allocation_never_makes_a_live_source_wait)
{
  GateInUse gate;
  Bench b;
  const NativeAudio audio = tones(b.form, 25600);
  begin_repair(b, audio, gate);
  GstCaps* caps = gst_caps_from_string(b.form.caps().c_str());
  GstQuery* query = gst_query_new_allocation(caps, TRUE);
  fail_unless(!gst_pad_peer_query(b.h->srcpad, query));
  gst_query_unref(query);
  gst_caps_unref(caps);
  fail_unless_equals_int(gst_harness_buffers_received(b.h), kFree);
  gate->open();
  fail_unless_equals_string(b.next_report().status.c_str(), "repaired");
}
GST_END_TEST

static Suite* heartinpaint_live_suite(void) {
  Suite* s = suite_create("heartinpaint_live");
  TCase* t = tcase_create("live");
  suite_add_tcase(s, t);
  tcase_add_checked_fixture(t, nullptr, fail_on_leaks);
  tcase_add_test(t, latency_is_upstreams_and_the_longest_wait_of_a_sample);
  tcase_add_test(t, a_latency_message_comes_with_a_real_change_only);
  tcase_add_test(t, live_input_is_taken_however_long_a_repair_takes);
  tcase_add_test(t, a_repair_in_time_is_taken_before_its_deadline);
  tcase_add_test(t, a_late_region_falls_back_in_time_and_is_counted);
  tcase_add_loop_test(t, each_fallback_is_used_when_the_repair_is_late_refused_or_failed, 0,
                      G_N_ELEMENTS(kFallbacks));
  tcase_add_test(t, a_region_whose_end_is_missing_at_its_deadline_is_late);
  tcase_add_test(t, a_stalled_source_has_its_region_repaired_with_the_context_that_came);
  tcase_add_test(t, the_end_of_a_live_stream_waits_for_a_repair_no_longer_than_its_deadline);
  tcase_add_test(t, a_pause_stops_the_deadlines);
  tcase_add_test(t, a_query_for_allocation_never_makes_a_live_source_wait);
  return s;
}

GST_CHECK_MAIN(heartinpaint_live)
