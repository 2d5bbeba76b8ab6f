// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The element from inside: its state, and what its files offer each other. heartinpaint.cpp has the class,
// inpaint_{input,work,output,state}.cpp one subject each.
// Threads  streaming thread (chain, sink events and queries) → queue → source task; repairs on a worker of
//          their own. `lock` guards the stream; nothing is pushed, posted or computed under it.
//          `settings_lock` may be taken while it is held, never the other way round.

#pragma once

#include "plugins/heartinpaint/fillers.h"
#include "plugins/heartinpaint/marks.h"
#include "plugins/heartinpaint/settings.h"
#include "plugins/heartinpaint/stats.h"
#include "plugins/heartinpaint/stream.h"
#include "plugins/heartinpaint/worker.h"

#include <gst/gst.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

namespace heart::engine {

/// A function that wants `Inpaint::lock` held takes this.
using Held = std::unique_lock<std::mutex>;

struct Inpaint {
  explicit Inpaint(GstElement* element_in) : element(element_in) {}

  GstElement* const element;
  GstPad* sink = nullptr;
  GstPad* src = nullptr;

  std::mutex settings_lock;
  Settings settings;

  // What outlives a flush: used between READY and NULL.
  Fillers fillers;
  Settings fillers_settings;
  bool has_fillers = false;
  std::mutex loading_lock;
  std::shared_ptr<Cancel> loading;  // of the load that is going on, if one is
  Stats stats;

  std::mutex lock;
  std::condition_variable changed;  // woken by everything that the waits below look at
  std::unique_ptr<Stream> stream;   // between READY→PAUSED and PAUSED→READY
  MarkList marks;
  uint64_t last_region_id = 0;
  uint64_t epoch = 0;
  bool is_flushing = true;
  bool is_stopping = false;          // on the way to READY, where no flush begins a stream anew
  bool is_playing = false;           // so the clock runs
  GstFlowReturn flow = GST_FLOW_OK;  // of the last push
  GstClockID waiting = nullptr;      // the source task's wait, if it waits for the clock
  GstQuery* query = nullptr;         // a serialized query that waits for its turn
  bool is_query_out = false;         // it is being answered downstream
  bool query_result = false;
  bool is_liveness_known = false;
  bool is_live = false;
  GstClockTime promise = GST_CLOCK_TIME_NONE;
  GstSegment out_segment;                       // of what leaves; the newest may be far behind it
  GstClockTime position = GST_CLOCK_TIME_NONE;  // stream time of what has left

  Worker repairs{"heartinpaint"};
  Worker quick{"heartinpaint-lv"};  // last, so that they end before what their tasks use
};

// --- inpaint.cpp: what the others have in common
Inpaint& of(gpointer object);
Settings settings_of(Inpaint& self);
/// Wakes every wait on `changed` and the source task's wait for the clock.
void wake(Inpaint& self, Held& held);
/// What is to be told; taken under the lock, told without.
struct Told {
  std::vector<Notice> notices;
  int rate_hz = 0;
};
Told take_told(Inpaint& self, Held& held);
void post(Inpaint& self, Told told);
/// Tells the pipeline to ask for the latency again.
void post_latency(Inpaint& self);
/// Running time now; NONE while no clock runs, and for pipelines that need not keep up with one.
GstClockTime running_time(Inpaint& self, Held& held);
/// What every sample may wait for: the longest region with its right context and, where a clock runs, the
/// time to compute. Left context is history and costs nothing. While a stream runs, only the budget may
/// change it.
GstClockTime own_latency(Inpaint& self, Held& held, bool is_live);
/// Begins the next epoch. What describes the stream (format, tags) is kept.
void renew_stream(Inpaint& self, Held& held, const Settings& settings);

// --- inpaint_work.cpp
/// Hands the next region to the workers. Live, a fallback is made at once beside the repair, so that it
/// is there when the deadline comes.
void schedule(Inpaint& self, Held& held);

// --- inpaint_input.cpp
GstFlowReturn chain(GstPad* pad, GstObject* parent, GstBuffer* buffer);
gboolean sink_event(GstPad* pad, GstObject* parent, GstEvent* event);
gboolean sink_query(GstPad* pad, GstObject* parent, GstQuery* query);
/// Takes a flagged region, from whichever side. Returns false where it came too late.
bool flag(Inpaint& self, RegionPtr region);
/// A region event of either direction. Returns false if it is not for this element.
bool take_region_event(Inpaint& self, GstEvent* event);
/// Ends all waits and cancels all work until the stream is renewed.
void start_flush(Inpaint& self);

// --- inpaint_output.cpp
void source_loop(gpointer data);
gboolean src_activate_mode(GstPad* pad, GstObject* parent, GstPadMode mode, gboolean is_active);
gboolean src_event(GstPad* pad, GstObject* parent, GstEvent* event);
gboolean src_query(GstPad* pad, GstObject* parent, GstQuery* query);

// --- inpaint_state.cpp
/// READY: the fillers are loaded. PAUSED: regions are read, a stream begins.
GstStateChangeReturn change_state(GstElement* element, GstStateChange transition);
/// As GstElement's, except that on the way to NULL it cancels a load before it waits for its end.
GstStateChangeReturn set_state(GstElement* element, GstState state);

}  // namespace heart::engine

/// The instance; the class adds nothing to its parent's.
struct _GstHeartInpaint {
  GstElement parent;
  heart::engine::Inpaint* p;
};
