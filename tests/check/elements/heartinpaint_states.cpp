// SPDX-License-Identifier: LGPL-2.1-or-later
//
// heartinpaint interrupted: flush, seek, state changes and cancelled loads while a repair is under way, the
// order of events and queries, positions, and all of it at once under stress.

#include "tests/check/no_leaks.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include "gate_filler.h"
#include "inpaint_harness.h"

using namespace inpaint_test;  // NOLINT

namespace {

constexpr size_t kPiece = 400;  // 50 ms at 8 kHz
constexpr size_t kBegin = 8000, kEnd = 8800;

/// 3 s of a file with a region at [1.0, 1.1) s whose repair is under way; all before its seam has left.
void begin_repair(Bench& b, const NativeAudio& audio, GateInUse& gate) {
  g_object_set(b.element, "regions", "1.0-1.1=click", nullptr);
  b.start().caps();
  b.push_all(audio, 0, 24000, kPiece);
  gate->wait_for_gap(1);
  b.wait_for_buffers(18);
}

void flush(Bench& b) {
  fail_unless(gst_harness_push_event(b.h, gst_event_new_flush_start()));
  fail_unless(gst_harness_push_event(b.h, gst_event_new_flush_stop(TRUE)));
  while (GstBuffer* old = gst_harness_try_pull(b.h)) gst_buffer_unref(old);
}

void push_segment(Bench& b, GstClockTime start, gdouble rate = 1) {
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  segment.start = segment.time = segment.position = start;
  segment.rate = rate;
  fail_unless(gst_harness_push_event(b.h, gst_event_new_segment(&segment)));
}

gint64 position(Bench& b) {
  gint64 found = -1;
  fail_unless(gst_pad_peer_query_position(b.h->sinkpad, GST_FORMAT_TIME, &found));
  return found;
}

}  // namespace

GST_START_TEST(a_flush_during_a_repair_cancels_it_and_the_stream_goes_on)
{
  for (const bool heeds_cancel : {true, false}) {
    GateFiller::Options options;
    options.heeds_cancel = heeds_cancel;
    GateInUse gate(options);
    Bench b;
    const NativeAudio audio = tones(b.form, 32000);
    begin_repair(b, audio, gate);
    flush(b);
    const auto reports = b.reports();
    fail_unless_equals_int(reports.size(), 1);
    fail_unless_equals_string(reports[0].status.c_str(), "cancelled");
    fail_unless_equals_uint64(reports[0].timestamp, GST_SECOND);
    gate->open();
    if (!heeds_cancel) {
      wait_until([&] { return b.stat("dropped-results") == 1; }, "the dropped result");
    }

    // The same place again: the lasting region is repaired now, by fillers that were not made anew.
    push_segment(b, 0);
    b.push_all(audio, 0, 32000, kPiece);
    b.finish();
    const auto again = b.reports();
    fail_unless_equals_int(again.size(), 1);
    fail_unless_equals_string(again[0].status.c_str(), "repaired");
    fail_unless_equals_string(again[0].method.c_str(), "gate");
    fail_unless_equals_uint64(b.out.samples, 32000);
    fail_unless_equals_int(gate.n_made(), 1);
    b.wait_for_progress(GST_PROGRESS_TYPE_COMPLETE);
    fail_unless_equals_int(b.progress.front().type, GST_PROGRESS_TYPE_START);
    const auto n_cancelled =
        std::count_if(b.progress.begin(), b.progress.end(),
                      [](const ProgressNote& p) { return p.type == GST_PROGRESS_TYPE_CANCELED; });
    fail_unless_equals_int(n_cancelled, 1);
  }
}
GST_END_TEST

GST_START_TEST(a_seek_during_a_repair_goes_elsewhere_at_once)
{
  GateInUse gate;
  Bench b;
  const NativeAudio audio = tones(b.form, 32000);
  begin_repair(b, audio, gate);
  fail_unless(gst_pad_push_event(
      b.h->sinkpad, gst_event_new_seek(1.0, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, GST_SEEK_TYPE_SET,
                                       3 * GST_SECOND, GST_SEEK_TYPE_NONE, GST_CLOCK_TIME_NONE)));
  GstEvent* seek = nullptr;
  while ((seek = gst_harness_try_pull_upstream_event(b.h)) &&
         GST_EVENT_TYPE(seek) != GST_EVENT_SEEK) {
    gst_event_unref(seek);
  }
  fail_unless(seek != nullptr, "the seek did not go upstream");
  gst_event_unref(seek);
  flush(b);
  push_segment(b, 3 * GST_SECOND);
  // Nothing of it is flagged, so it passes before the gate opens.
  for (size_t at = 0; at < 32000; at += kPiece) {
    fail_unless_equals_int(b.push(audio, at, at + kPiece, 0, 3 * GST_SECOND), GST_FLOW_OK);
  }
  b.finish();
  fail_unless_equals_uint64(b.out.samples, 32000);
  fail_unless_equals_int(count_different(b.form, audio, 0, b.out, 0, 32000), 0);
  fail_unless_equals_uint64(GST_BUFFER_PTS(b.buffers.front()), 3 * GST_SECOND);
  const auto reports = b.reports();
  fail_unless_equals_int(reports.size(), 1);
  fail_unless_equals_string(reports[0].status.c_str(), "cancelled");
}
GST_END_TEST

GST_START_TEST(leaving_paused_during_a_repair_cancels_it)
{
  GateInUse gate;
  Bench b;
  const NativeAudio audio = tones(b.form, 24000);
  begin_repair(b, audio, gate);
  // The gate stays closed: this returns because the filler is told to stop.
  fail_unless_equals_int(gst_element_set_state(b.element, GST_STATE_READY),
                         GST_STATE_CHANGE_SUCCESS);
  fail_unless_equals_int(gate->n_done(), 1);
  const auto reports = b.reports();
  fail_unless_equals_int(reports.size(), 1);
  fail_unless_equals_string(reports[0].status.c_str(), "cancelled");
  fail_unless_equals_int(b.progress.back().type, GST_PROGRESS_TYPE_CANCELED);
}
GST_END_TEST

GST_START_TEST(a_source_that_waits_for_a_repair_is_let_go_by_a_state_change)
{
  GateInUse gate;
  Bench b;
  const NativeAudio audio = tones(b.form, 24000);
  begin_repair(b, audio, gate);
  std::atomic<size_t> n_pushed{0};
  GstFlowReturn last = GST_FLOW_OK;
  std::thread source([&] {
    for (size_t at = 0; last == GST_FLOW_OK; ++n_pushed, at += kPiece) {
      last = b.push(audio, at % 24000, at % 24000 + kPiece, 0, (at / 24000 + 1) * 3 * GST_SECOND);
    }
  });
  // A file's source waits once all that a repair may need is there. How soon is not the point here, that it
  // does is: it never gets far.
  wait_until([&] { return n_pushed > 0; }, "the source");
  gst_element_set_state(b.element, GST_STATE_READY);
  source.join();
  fail_unless_equals_int(last, GST_FLOW_FLUSHING);
  // 2 s and the seam may be held, 1 s and two buffers be on their way; 2.1 s are there already.
  fail_unless(n_pushed <= 30, "%zu buffers were taken", n_pushed.load());
}
GST_END_TEST

GST_START_TEST(the_end_of_a_file_waits_for_its_repairs)
{
  GateInUse gate;
  Bench b;
  const NativeAudio audio = tones(b.form, 24000);
  begin_repair(b, audio, gate);
  fail_unless(b.mark(2800 * GST_MSECOND, 100 * GST_MSECOND, "near the end"));
  fail_unless(gst_harness_push_event(b.h, gst_event_new_eos()));
  fail_unless_equals_int(gst_harness_buffers_received(b.h), 18);
  gate->open();
  b.wait_for_buffers(60);
  const auto gaps = gate->gaps();
  fail_unless_equals_int(gaps.size(), 2);
  // Its right context is what the end left of it.
  fail_unless_equals_int(heart::length_of(gaps[1].right), 800);
  fail_unless_equals_int(heart::length_of(gaps[1].left), 8000);
  wait_until([&] { return b.stat("repaired") == 2; }, "both reports");
}
GST_END_TEST

GST_START_TEST(events_and_buffers_leave_in_the_order_they_came)
{
  static std::vector<std::string> order;
  order.clear();
  Bench b;
  g_object_set(b.element, "regions", "1.0-1.06", nullptr);
  b.start().caps();
  gst_pad_add_probe(
      b.h->sinkpad,
      static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM),
      [](GstPad*, GstPadProbeInfo* info, gpointer) {
        if (info->type & GST_PAD_PROBE_TYPE_BUFFER) {
          GstBuffer* buffer = GST_PAD_PROBE_INFO_BUFFER(info);
          order.push_back(std::to_string(GST_BUFFER_PTS(buffer) / (50 * GST_MSECOND)));
        } else if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) == GST_EVENT_CUSTOM_DOWNSTREAM) {
          order.push_back(
              gst_structure_get_name(gst_event_get_structure(GST_PAD_PROBE_INFO_EVENT(info))));
        }
        return GST_PAD_PROBE_OK;
      },
      nullptr, nullptr);
  const NativeAudio audio = tones(b.form, 24000);
  std::vector<std::string> wanted;
  for (size_t i = 0; i < 60; ++i) {
    // Before, within and after the region, and while it waits.
    if (i % 7 == 0 || i == 20 || i == 21) {
      wanted.push_back("after-" + std::to_string(i));
      fail_unless(gst_harness_push_event(
          b.h, gst_event_new_custom(GST_EVENT_CUSTOM_DOWNSTREAM,
                                    gst_structure_new_empty(wanted.back().c_str()))));
    }
    wanted.push_back(std::to_string(i));
    b.push(audio, i * kPiece, (i + 1) * kPiece);
  }
  b.finish();
  for (size_t i = 0; i < std::min(order.size(), wanted.size()); ++i) {
    fail_unless_equals_string(order[i].c_str(), wanted[i].c_str());
  }
  fail_unless_equals_int(order.size(), wanted.size());
}
GST_END_TEST

GST_START_TEST(the_position_is_that_of_what_has_left)
{
  GateInUse gate;
  Bench b;
  const NativeAudio audio = tones(b.form, 24000);
  begin_repair(b, audio, gate);
  fail_unless_equals_int64(position(b), 900 * GST_MSECOND);
  // A new segment at the back of the queue moves nothing at its front.
  push_segment(b, 100 * GST_SECOND);
  b.push(audio, 0, kPiece, 0, 100 * GST_SECOND);
  fail_unless_equals_int64(position(b), 900 * GST_MSECOND);
  gate->open();
  b.wait_for_buffers(60);
  wait_until([&] { return position(b) == 3000 * static_cast<gint64>(GST_MSECOND); },
             "the end of the first segment");
  b.finish();
  fail_unless_equals_int64(position(b), 100050 * static_cast<gint64>(GST_MSECOND));
}
GST_END_TEST

GST_START_TEST(a_change_of_caps_or_segment_inside_a_region_ends_contexts_on_both_sides)
{
  enum class Change { kFormat, kChannels, kRate, kSegmentRate, kSegmentStart };
  for (const Change change : {Change::kFormat, Change::kChannels, Change::kRate,
                              Change::kSegmentRate, Change::kSegmentStart}) {
    GateFiller::Options open;
    open.is_open = true;
    GateInUse gate(open);
    Bench b;
    g_object_set(b.element, "regions", "0.99-1.01=across", nullptr);
    b.start().caps();
    b.push_all(tones(b.form, 8000), 0, 8000, kPiece);
    Form other = b.form;
    GstClockTime start = GST_SECOND;
    switch (change) {
      case Change::kFormat:
        other.format = GST_AUDIO_FORMAT_S16;
        break;
      case Change::kChannels:
        other.channels = 2;
        break;
      case Change::kRate:
        other.rate = 16000;
        break;
      case Change::kSegmentRate:
        push_segment(b, start, 2.0);
        break;
      case Change::kSegmentStart:
        start = 30 * GST_SECOND;
        push_segment(b, start);
        break;
    }
    const bool is_elsewhere = change == Change::kSegmentStart;
    gst_harness_set_src_caps_str(b.h, other.caps().c_str());
    if (change == Change::kFormat || change == Change::kChannels || change == Change::kRate) {
      push_segment(b, 0);
    }
    const size_t piece = other.rate / 20;
    const NativeAudio audio = tones(other, 20 * piece);
    for (size_t at = 0; at < 20 * piece; at += piece) {
      GstBuffer* buffer = make_buffer(other, audio, at, at + piece, start);
      fail_unless_equals_int(gst_harness_push(b.h, buffer), GST_FLOW_OK);
    }
    fail_unless(gst_harness_push_event(b.h, gst_event_new_eos()));
    b.wait_for_buffers(40);
    const auto gaps = gate->gaps();
    fail_unless_equals_int(gaps.size(), is_elsewhere ? 1 : 2);
    // Each part has the one side that is of its own kind.
    fail_unless_equals_int(gaps[0].length, 80);
    fail_unless_equals_int(heart::length_of(gaps[0].left), 7920);
    fail_unless_equals_int(heart::length_of(gaps[0].right), 0);
    if (is_elsewhere) continue;
    fail_unless_equals_int(gaps[1].rate_hz, other.rate);
    fail_unless_equals_int(gaps[1].length, other.rate / 100);
    fail_unless_equals_int(heart::length_of(gaps[1].left), 0);
    fail_unless_equals_int(heart::length_of(gaps[1].right), other.rate * 99 / 100);
  }
}
GST_END_TEST

GST_START_TEST(a_query_for_allocation_is_answered_without_making_audio_leave)
{
  GateFiller::Options open;
  open.is_open = true;
  GateInUse gate(open);
  Bench b;
  g_object_set(b.element, "regions", "1.0-1.1", nullptr);
  b.start().caps();
  gst_harness_set_propose_allocator(b.h, nullptr, nullptr);
  GstCaps* caps = gst_caps_from_string(b.form.caps().c_str());
  const auto ask = [&](guint* n_params) {
    GstQuery* query = gst_query_new_allocation(caps, TRUE);
    const bool is_answered = gst_pad_peer_query(b.h->srcpad, query) != FALSE;
    *n_params = gst_query_get_n_allocation_params(query);
    gst_query_unref(query);
    return is_answered;
  };
  guint n_params = 0;
  // Before any audio it is downstream that answers.
  fail_unless(ask(&n_params));
  const NativeAudio audio = tones(b.form, 32000);
  b.push_all(audio, 0, 12000, kPiece);
  // Now its turn would come with audio that only its sender can bring.
  fail_unless(!ask(&n_params));
  fail_unless_equals_int(n_params, 0);
  b.push_all(audio, 12000, 32000, kPiece);
  b.finish();
  const auto gaps = gate->gaps();
  fail_unless_equals_int(gaps.size(), 1);
  fail_unless_equals_int(heart::length_of(gaps[0].right), 8000);
  fail_unless_equals_uint64(b.out.samples, 32000);
  gst_caps_unref(caps);
}
GST_END_TEST

GST_START_TEST(a_query_behind_a_fault_downstream_is_not_waited_for)
{
  Bench b;
  b.start().caps();
  const NativeAudio audio = tones(b.form, 32000);
  GstPad* src = gst_element_get_static_pad(b.element, "src");
  fail_unless(gst_pad_unlink(src, b.h->sinkpad));
  gst_object_unref(src);
  GstFlowReturn flow = GST_FLOW_OK;
  for (size_t at = 0; at < 32000 && flow == GST_FLOW_OK; at += kPiece) {
    flow = b.push(audio, at, at + kPiece);
  }
  b.reports();
  wait_until(
      [&] {
        b.reports();
        return !b.errors.empty();
      },
      "the error");
  GstQuery* query = gst_query_new_drain();
  fail_unless(!gst_pad_peer_query(b.h->srcpad, query));
  gst_query_unref(query);
}
GST_END_TEST

GST_START_TEST(tags_and_lyrics_of_the_stream_reach_the_filler)
{
  const struct {
    const char* properties[2];  // tags, lyrics; null: not set
    const char* tags;
    const char* lyrics;
  } cases[] = {
      {{nullptr, nullptr}, "jazz,piano", "la la"},
      {{"rock", nullptr}, "rock", "la la"},
      {{nullptr, "mine"}, "jazz,piano", "mine"},
      // Empty is a value, too: it says that there are none.
      {{"", ""}, "", ""},
  };
  for (const auto& c : cases) {
    GateFiller::Options open;
    open.is_open = true;
    GateInUse gate(open);
    Bench b;
    g_object_set(b.element, "regions", "1.0-1.1", nullptr);
    if (c.properties[0]) g_object_set(b.element, "tags", c.properties[0], nullptr);
    if (c.properties[1]) g_object_set(b.element, "lyrics", c.properties[1], nullptr);
    b.start().caps();
    fail_unless(gst_harness_push_event(
        b.h, gst_event_new_tag(gst_tag_list_new(GST_TAG_GENRE, "jazz", GST_TAG_KEYWORDS, "piano",
                                                GST_TAG_LYRICS, "la la", nullptr))));
    b.push_all(tones(b.form, 17600), 0, 17600, kPiece);
    b.finish();
    const auto gaps = gate->gaps();
    fail_unless_equals_int(gaps.size(), 1);
    fail_unless_equals_string(gaps[0].tags.c_str(), c.tags);
    fail_unless_equals_string(gaps[0].lyrics.c_str(), c.lyrics);
    fail_unless(!gaps[0].is_live);
    fail_unless(!gaps[0].deadline.has_value());
  }
}
GST_END_TEST

GST_START_TEST(a_gap_near_an_edge_is_repaired_from_the_side_there_is)
{
  const struct {
    const char* regions;
    size_t left, right;  // samples of context
  } cases[] = {
      {"0-0.1", 0, 8000}, {"0.02-0.1", 160, 8000}, {"2.1-2.2", 8000, 0}, {"2.1-2.19", 8000, 80}};
  for (const auto& c : cases) {
    GateFiller::Options open;
    open.is_open = true;
    GateInUse gate(open);
    Bench b;
    g_object_set(b.element, "regions", c.regions, nullptr);
    b.start().caps();
    b.push_all(tones(b.form, 17600), 0, 17600, kPiece);
    b.finish();
    const auto gaps = gate->gaps();
    fail_unless_equals_int(gaps.size(), 1);
    fail_unless_equals_int(heart::length_of(gaps[0].left), c.left);
    fail_unless_equals_int(heart::length_of(gaps[0].right), c.right);
    const auto reports = b.reports();
    fail_unless_equals_string(reports.at(0).status.c_str(), "repaired");
    fail_unless_equals_uint64(b.out.samples, 17600);
  }
}
GST_END_TEST

namespace {

struct UnrefEvent {
  void operator()(GstEvent* event) const { gst_event_unref(event); }
};
using EventPtr = std::unique_ptr<GstEvent, UnrefEvent>;

/// Changes states, pushes, flags and asks from as many threads, for as long as it takes until each has done
/// some rounds.
void stress(Bench& b, const NativeAudio& audio) {
  std::atomic<bool> is_over{false};
  std::atomic<int> n_marks{0};
  std::thread marker([&] {
    while (!is_over) {
      b.mark(static_cast<GstClockTime>(n_marks % 20) * 50 * GST_MSECOND, 20 * GST_MSECOND,
             "stress");
      if (n_marks % 8 == 7) g_signal_emit_by_name(b.element, "clear-regions");
      gint64 ignored = 0;
      gst_element_query_position(b.element, GST_FORMAT_TIME, &ignored);
      GstStructure* stats = nullptr;
      g_object_get(b.element, "stats", &stats, nullptr);
      gst_structure_free(stats);
      g_object_set(b.element, "processing-budget",
                   (1 + static_cast<GstClockTime>(n_marks % 3)) * GST_SECOND, nullptr);
      ++n_marks;
      g_usleep(500);
    }
  });
  GstCaps* caps = gst_caps_from_string(b.form.caps().c_str());
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  // Its caps would not be taken during a flush, so the flushes begin after its first buffer.
  struct Source {
    Bench& bench;
    const NativeAudio& audio;
    std::atomic<bool> has_begun{false};
  } source{b, audio};
  GstHarnessThread* pushes = gst_harness_stress_push_buffer_with_cb_start(
      b.h, caps, &segment,
      [](GstHarness*, gpointer data) {
        auto& self = *static_cast<Source*>(data);
        self.has_begun = true;
        return make_buffer(self.bench.form, self.audio, 0, kPiece);
      },
      &source, nullptr);
  wait_until([&] { return source.has_begun.load(); }, "the source");
  GstHarnessThread* states = gst_harness_stress_statechange_start(b.h);
  const EventPtr flush_start(gst_event_new_flush_start());
  const EventPtr flush_stop(gst_event_new_flush_stop(TRUE));
  const EventPtr region(
      gst_heart_event_new_upstream_region(GST_SECOND, 20 * GST_MSECOND, "up", nullptr, 1.0));
  GstHarnessThread* flushes = gst_harness_stress_push_event_start(b.h, flush_start.get());
  GstHarnessThread* starts = gst_harness_stress_push_event_start(b.h, flush_stop.get());
  GstHarnessThread* up = gst_harness_stress_send_upstream_event_start(b.h, region.get());
  wait_until([&] { return n_marks > 300; }, "marks");
  fail_unless(gst_harness_stress_thread_stop(up) > 0);
  fail_unless(gst_harness_stress_thread_stop(flushes) > 0);
  fail_unless(gst_harness_stress_thread_stop(starts) > 0);
  fail_unless(gst_harness_stress_thread_stop(pushes) > 0);
  fail_unless(gst_harness_stress_thread_stop(states) > 0);
  is_over = true;
  marker.join();
  gst_caps_unref(caps);
}

}  // namespace

GST_START_TEST(state_changes_flushes_and_flags_under_push_leave_a_working_element)
{
  Bench b;
  g_object_set(b.element, "context-before", 20 * GST_MSECOND, "context-after", 20 * GST_MSECOND,
               "max-region", 50 * GST_MSECOND, nullptr);
  // The threads do not agree with each other about when a segment is due.
  gst_check_add_log_filter(
      "GStreamer", G_LOG_LEVEL_WARNING,
      g_regex_new("Got data flow before (segment|stream-start) event|misordering",
                  static_cast<GRegexCompileFlags>(0), static_cast<GRegexMatchFlags>(0), nullptr),
      nullptr, nullptr, nullptr);
  b.start();
  const NativeAudio audio = tones(b.form, 12000);
  stress(b, audio);
  gst_check_clear_log_filter();
  // Whichever flush came last, the pads around the element are open again.
  gst_element_set_state(b.element, GST_STATE_PLAYING);
  gst_harness_push_event(b.h, gst_event_new_flush_stop(TRUE));
  gst_element_set_state(b.element, GST_STATE_NULL);
  b.reports();
  g_object_set(b.element, "regions", "0.5-0.52", nullptr);
  while (GstBuffer* old = gst_harness_try_pull(b.h)) gst_buffer_unref(old);
  while (GstEvent* old = gst_harness_try_pull_event(b.h)) gst_event_unref(old);
  gst_element_set_state(b.element, GST_STATE_PLAYING);
  fail_unless(gst_harness_push_event(b.h, gst_event_new_stream_start("after")));
  b.caps();
  b.push_all(audio, 0, 12000, kPiece);
  b.finish();
  fail_unless_equals_uint64(b.out.samples, 12000);
  const auto reports = b.reports();
  fail_unless_equals_int(reports.size(), 1);
  fail_unless_equals_string(reports[0].status.c_str(), "repaired");
}
GST_END_TEST

static Suite* heartinpaint_states_suite(void) {
  Suite* s = suite_create("heartinpaint_states");
  TCase* t = tcase_create("states");
  suite_add_tcase(s, t);
  tcase_add_checked_fixture(t, nullptr, fail_on_leaks);
  tcase_add_test(t, a_flush_during_a_repair_cancels_it_and_the_stream_goes_on);
  tcase_add_test(t, a_seek_during_a_repair_goes_elsewhere_at_once);
  tcase_add_test(t, leaving_paused_during_a_repair_cancels_it);
  tcase_add_test(t, a_source_that_waits_for_a_repair_is_let_go_by_a_state_change);
  tcase_add_test(t, the_end_of_a_file_waits_for_its_repairs);
  tcase_add_test(t, events_and_buffers_leave_in_the_order_they_came);
  tcase_add_test(t, the_position_is_that_of_what_has_left);
  tcase_add_test(t, a_change_of_caps_or_segment_inside_a_region_ends_contexts_on_both_sides);
  tcase_add_test(t, a_query_for_allocation_is_answered_without_making_audio_leave);
  tcase_add_test(t, a_query_behind_a_fault_downstream_is_not_waited_for);
  tcase_add_test(t, tags_and_lyrics_of_the_stream_reach_the_filler);
  tcase_add_test(t, a_gap_near_an_edge_is_repaired_from_the_side_there_is);
  tcase_add_test(t, state_changes_flushes_and_flags_under_push_leave_a_working_element);
  return s;
}

GST_CHECK_MAIN(heartinpaint_states)
