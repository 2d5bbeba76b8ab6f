// SPDX-License-Identifier: LGPL-2.1-or-later

#include "plugins/heartinpaint/repair_job.h"

#include "models/repair/silence_filler.h"
#include "models/repair/splice.h"

#include <algorithm>
#include <cmath>
#include <new>
#include <utility>

namespace heart::engine {
namespace {

using Clock = std::chrono::steady_clock;

bool is_finite(const Planes& planes) {
  return std::all_of(planes.begin(), planes.end(), [](const auto& plane) {
    return std::all_of(plane.begin(), plane.end(), [](float x) { return std::isfinite(x); });
  });
}

void unpack_context(Request& request) {
  Gap& gap = request.gap;
  if (!gap.left.empty()) return;
  gap.left = request.format->to_float(request.left);
  gap.right = request.format->to_float(request.right);
  request.left = request.right = {};
}

// Seams never reach what has left already, nor past the context.
void cut_seams(const Request& request, Spliced& spliced) {
  const auto cut = [&](size_t& seam, size_t limit, bool is_front) {
    if (seam <= limit) return;
    const size_t excess = seam - limit;
    for (auto& plane : spliced.audio) {
      if (is_front) {
        plane.erase(plane.begin(), plane.begin() + static_cast<long>(excess));
      } else {
        plane.resize(plane.size() - excess);
      }
    }
    seam = limit;
  };
  const size_t most = request.gap.crossfade_samples;
  const auto lead = static_cast<size_t>(std::max<int64_t>(0, request.max_lead));
  cut(spliced.lead, std::min({most, lead, length_of(request.gap.left)}), true);
  cut(spliced.tail, std::min(most, length_of(request.gap.right)), false);
}

}  // namespace

Answer repair(Request& request, GapFiller& filler, const Progress& progress) {
  Answer answer;
  answer.seed = request.gap.seed;
  const Clock::time_point begun = Clock::now();
  try {
    unpack_context(request);
    Gap& gap = request.gap;
    if (gap.deadline) {
      const std::chrono::duration<double> left = *gap.deadline - begun;
      const double needed = filler.estimate_seconds(gap);
      if (needed > left.count()) {
        answer.is_refused = true;
        answer.lateness.jitter =
            static_cast<GstClockTimeDiff>((needed - left.count()) * GST_SECOND);
        answer.lateness.proportion = needed / std::max(left.count(), 1e-3);
        gchar* text = g_strdup_printf("%s needs about %.2f s, %.2f s are left", filler.name(),
                                      needed, std::max(0.0, left.count()));
        answer.detail = text;
        g_free(text);
        return answer;
      }
    }
    Outcome<Repair> outcome = filler.fill(gap, *request.cancel, progress);
    answer.elapsed = std::chrono::nanoseconds(Clock::now() - begun).count();
    if (!outcome) {
      answer.is_cancelled = outcome.failure().fault == Fault::kCancelled;
      answer.is_out_of_memory = outcome.failure().fault == Fault::kMemory;
      answer.detail = outcome.failure().text;
      if (answer.detail.empty()) answer.detail = std::string(filler.name()) + " failed";
      return answer;
    }
    if (!is_finite(outcome->audio)) {
      throw Error(Fault::kInternal, outcome->method + " gave samples that are not numbers");
    }
    Spliced spliced = splice(gap, *outcome);
    cut_seams(request, spliced);
    answer.audio = request.format->from_float(spliced.audio);
    answer.lead = static_cast<int64_t>(spliced.lead);
    answer.tail = static_cast<int64_t>(spliced.tail);
    answer.method = outcome->method;
    answer.model = outcome->model;
    answer.candidates = std::move(outcome->candidates);
    answer.is_repaired = true;
  } catch (const Error& error) {
    answer.detail = error.what();
    answer.is_cancelled = error.fault() == Fault::kCancelled;
  } catch (const std::bad_alloc&) {
    answer.is_out_of_memory = true;
    answer.detail = std::string("out of memory in ") + filler.name();
  } catch (const std::exception& error) {
    answer.detail = std::string(filler.name()) + ": " + error.what();
  }
  answer.elapsed = std::chrono::nanoseconds(Clock::now() - begun).count();
  return answer;
}

Answer repair_or_fall_back(Request& request, GapFiller& filler, GapFiller* fallback,
                           const Progress& progress) {
  Answer answer = repair(request, filler, progress);
  if (answer.is_repaired || answer.is_cancelled || !fallback) return answer;
  request.gap.deadline.reset();
  SilenceFiller silence;
  for (GapFiller* next : {fallback, static_cast<GapFiller*>(&silence)}) {
    Answer second = repair(request, *next, {});
    if (!second.is_repaired && !second.is_cancelled) continue;
    second.detail = answer.detail;
    second.is_refused = answer.is_refused;
    second.is_out_of_memory = answer.is_out_of_memory;
    second.elapsed += answer.elapsed;
    return second;
  }
  return answer;
}

Answer soft_silence(Request request) {
  // The seams are all that is read; converting whole contexts would take too long here.
  const auto keep = static_cast<size_t>(request.format->rate_hz() / 5);
  const size_t stride = request.format->stride();
  if (request.left.samples > keep) {
    for (auto& plane : request.left.planes)
      plane.erase(plane.begin(), plane.end() - static_cast<long>(keep * stride));
    request.left.samples = keep;
  }
  if (request.right.samples > keep) {
    for (auto& plane : request.right.planes) plane.resize(keep * stride);
    request.right.samples = keep;
  }
  SilenceFiller silence;
  request.gap.deadline.reset();
  request.cancel = std::make_shared<Cancel>();
  return repair(request, silence, {});
}

}  // namespace heart::engine
