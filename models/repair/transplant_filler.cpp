// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/repair/transplant_filler.h"

#include "models/base/as_outcome.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <new>

namespace heart {

double TransplantFiller::estimate_seconds(const Gap& gap) const {
  // Measured on one core of a shared server while others worked on it: transforms and spectral frames, both linear in the context.
  const double searched = static_cast<double>(length_of(gap.left) + length_of(gap.right));
  return 0.01 + 2.1e-7 * searched * std::max(gap.left.size(), gap.right.size());
}

Outcome<Repair> TransplantFiller::fill(const Gap& gap, const Cancel& cancel,
                                       const Progress& progress) {
  const auto start = std::chrono::steady_clock::now();
  return as_outcome("no memory to search for a transplant", [&] {
    Repair repair;
    repair.method = name();
    const std::vector<Source> sources =
        find_sources(gap.left, gap.right, gap.length, gap.rate_hz, options_, cancel);
    if (sources.empty()) {
      throw Error(Fault::kInput, "no transplant: a gap of " + std::to_string(gap.length) +
                                     " samples needs a context longer than itself, there are " +
                                     std::to_string(length_of(gap.left)) + " and " +
                                     std::to_string(length_of(gap.right)) + " samples; use ar");
    }
    for (const Source& source : sources) {
      const double apart = source.in_left ? static_cast<double>(length_of(gap.left) - source.begin)
                                          : static_cast<double>(source.begin + gap.length);
      char detail[120];
      std::snprintf(detail, sizeof detail, "%.3f s %s, spectrum %.1f dB off, waveform %.2f",
                    apart / gap.rate_hz, source.in_left ? "earlier" : "later", source.distance_db,
                    source.correlation);
      repair.candidates.push_back({repair.method, source.score, detail});
    }
    const Source& best = sources.front();
    const Planes& from = best.in_left ? gap.left : gap.right;
    repair.lead = best.lead;
    repair.tail = best.tail;
    for (const auto& plane : from) {
      const auto begin = plane.begin() + static_cast<long>(best.begin - best.lead);
      repair.audio.emplace_back(begin,
                                begin + static_cast<long>(best.lead + gap.length + best.tail));
    }
    if (progress) progress(1, "transplant");
    repair.elapsed_seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return repair;
  });
}

}  // namespace heart
