// SPDX-License-Identifier: LGPL-2.1-or-later
//
// From the stream to the workers and back. Repairs run on one thread, live fallbacks on another.

#include "plugins/heartinpaint/guarded.h"
#include "plugins/heartinpaint/inpaint.h"
#include "plugins/heartinpaint/messages.h"
#include "plugins/heartinpaint/repair_job.h"

#include <memory>
#include <string>
#include <utility>

namespace heart::engine {

namespace {

/// A worker's answer comes home. Returns false if nobody waited for it any more.
bool answer(Inpaint& self, const Request& request, Answer result, bool is_fallback) {
  const bool is_repaired = result.is_repaired;
  Told told;
  bool is_taken = false;
  {
    Held held(self.lock);
    // From the start of a flush on it comes too late, not only from its end, where the epoch changes.
    if (self.stream && !self.is_flushing && self.stream->epoch == request.epoch) {
      is_taken = self.stream->apply(request.ticket, std::move(result), is_fallback);
      schedule(self, held);
      told = take_told(self, held);
    }
    wake(self, held);
  }
  if (!is_taken && is_repaired && !is_fallback) self.stats.count_dropped_result();
  post(self, std::move(told));
  return is_taken;
}

void run_repair(Inpaint& self, Request& request, GapFiller* fallback) {
  // Nobody waits for it any more, and nobody was told that it began.
  if (request.cancel->is_raised()) return;
  gchar* what = g_strdup_printf("repairing %.3f s at %.3f s",
                                static_cast<double>(request.gap.length) / request.gap.rate_hz,
                                request.gap.begin_seconds);
  ProgressPoster progress(self.element, "repair", what, request.region_id);
  g_free(what);
  const Progress update = [&](double share, const char* stage) { progress.update(share, stage); };
  Answer result = repair_or_fall_back(request, *self.fillers.method, fallback, update);
  const bool is_repaired = result.is_repaired;
  const std::string method = result.method, detail = result.detail;
  if (!answer(self, request, std::move(result), false)) {
    progress.finish(GST_PROGRESS_TYPE_CANCELED,
                    is_repaired ? "repaired too late" : "repair cancelled");
  } else if (detail.empty()) {
    progress.finish(GST_PROGRESS_TYPE_COMPLETE, "repaired by " + method);
  } else {
    // Not of type ERROR: that one says that an error message came before it, and the stream goes on here.
    progress.finish(GST_PROGRESS_TYPE_COMPLETE,
                    (is_repaired ? "filled by " + method : "left to the fallback") + ": " + detail);
  }
}

}  // namespace

void schedule(Inpaint& self, Held& held) {
  if (!self.stream || self.is_flushing) return;
  // Without a method regions are still decided, but none becomes a job.
  std::optional<Request> next = self.stream->next_job(running_time(self, held));
  if (!next) return;
  const Fallback fallback = settings_of(self).fallback;
  if (next->is_live) {
    auto copy = std::make_shared<Request>(*next);
    copy->gap.deadline.reset();
    copy->cancel = std::make_shared<Cancel>();
    GapFiller* filler = self.fillers.fallback(fallback, true);
    self.quick.submit([&self, copy, filler] {
      guarded(self.element, [&] {
        Answer result =
            filler != nullptr
                ? repair_or_fall_back(*copy, *filler, self.fillers.quick_silence.get(), {})
                : Answer();
        answer(self, *copy, std::move(result), true);
      });
    });
  }
  GapFiller* plan_b = next->is_live ? nullptr : self.fillers.fallback(fallback, false);
  auto request = std::make_shared<Request>(std::move(*next));
  self.repairs.submit([&self, request, plan_b] {
    guarded(self.element, [&] { run_repair(self, *request, plan_b); });
  });
}

}  // namespace heart::engine
