// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Fills a gap with digital silence: the last resort, and the yardstick that nothing may fall below.

#pragma once

#include "models/repair/gap_filler.h"

namespace heart {

class SilenceFiller : public GapFiller {
 public:
  const char* name() const override { return "silence"; }
  double estimate_seconds(const Gap&) const override { return 0; }
  Outcome<Repair> fill(const Gap& gap, const Cancel& cancel, const Progress& progress) override;
};

}  // namespace heart
