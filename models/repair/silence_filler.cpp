// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/repair/silence_filler.h"

#include <algorithm>

namespace heart {

Outcome<Repair> SilenceFiller::fill(const Gap& gap, const Cancel&, const Progress&) {
  Repair repair;
  repair.audio = make_planes(std::max(gap.left.size(), gap.right.size()), gap.length);
  repair.method = name();
  return repair;
}

}  // namespace heart
