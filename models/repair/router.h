// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Fillers made of fillers: BestOf tries several and keeps the best, Router knows which method suits
// which gap. Neither starts a method that its own estimate says would miss Gap::deadline.

#pragma once

#include "models/repair/gap_filler.h"

#include <memory>
#include <vector>

namespace heart {

/// Runs every filler that the deadline leaves time for, cheapest first, and returns the repair that
/// score_candidate likes best. Repair::candidates has one entry per filler: its score (dB, larger is
/// better) or why it was not used. With a single usable filler its own candidates are kept.
/// Errors   kCancelled; else the failure of the first filler when none gave a plausible repair
/// Threads  as GapFiller; the fillers must not be used by others during a call
class BestOf : public GapFiller {
 public:
  explicit BestOf(std::vector<std::shared_ptr<GapFiller>> fillers);
  const char* name() const override { return "best"; }
  /// The sum over those that fit the deadline; at least the cheapest.
  double estimate_seconds(const Gap& gap) const override;
  Outcome<Repair> fill(const Gap& gap, const Cancel& cancel, const Progress& progress) override;

 private:
  std::vector<std::shared_ptr<GapFiller>> fillers_;
};

/// method=auto. To 60 ms prediction alone, to 100 ms the better of prediction and transplant, above
/// the better of model and transplant; when those fail, whatever is left. model may be null.
class Router : public GapFiller {
 public:
  Router(std::shared_ptr<GapFiller> ar, std::shared_ptr<GapFiller> transplant,
         std::shared_ptr<GapFiller> model);
  const char* name() const override { return "auto"; }
  double estimate_seconds(const Gap& gap) const override;
  Outcome<Repair> fill(const Gap& gap, const Cancel& cancel, const Progress& progress) override;

 private:
  BestOf& plan(const Gap& gap) const;

  std::shared_ptr<GapFiller> ar_;
  std::unique_ptr<BestOf> short_, medium_, long_;
};

}  // namespace heart
