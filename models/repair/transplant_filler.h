// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Fills a gap with the stretch within its context whose surroundings are most like the gap's own.

#pragma once

#include "models/audio/transplant.h"
#include "models/repair/gap_filler.h"

namespace heart {

class TransplantFiller : public GapFiller {
 public:
  TransplantFiller() = default;
  explicit TransplantFiller(const TransplantOptions& options) : options_(options) {}
  const char* name() const override { return "transplant"; }
  double estimate_seconds(const Gap& gap) const override;
  Outcome<Repair> fill(const Gap& gap, const Cancel& cancel, const Progress& progress) override;

 private:
  TransplantOptions options_;
};

}  // namespace heart
