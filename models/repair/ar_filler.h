// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Fills a gap by autoregressive interpolation: first choice to about 60 ms, fallback everywhere.

#pragma once

#include "models/audio/ar_interpolation.h"
#include "models/repair/gap_filler.h"

namespace heart {

class ArFiller : public GapFiller {
 public:
  ArFiller() = default;
  explicit ArFiller(const ArOptions& options) : options_(options) {}
  const char* name() const override { return "ar"; }
  double estimate_seconds(const Gap& gap) const override;
  Outcome<Repair> fill(const Gap& gap, const Cancel& cancel, const Progress& progress) override;

 private:
  ArOptions options_;
};

}  // namespace heart
