// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/train/context_masks.h"

#include "models/heartcodec/conditioning.h"

#include <algorithm>
#include <cmath>

namespace heart::train {

at::Tensor draw_masks(int64_t batch, int64_t length, const MaskShares& shares, StepRandom& random) {
  auto mask = at::full({batch, length}, static_cast<int64_t>(codec::kGenerate), at::kLong);
  auto cells = mask.accessor<int64_t, 2>();
  const int64_t least = std::min(shares.least_gap, std::max<int64_t>(1, length / 4));
  const int64_t largest = std::max(least, std::min(shares.largest_gap, length / 2));
  for (int64_t row = 0; row < batch; ++row) {
    const auto give = [&](int64_t begin, int64_t end) {
      for (int64_t i = std::max<int64_t>(0, begin); i < std::min(end, length); ++i) {
        cells[row][i] = codec::kInContext;
      }
    };
    const double kind = random.uniform();
    if (kind < shares.none) continue;
    if (kind < shares.none + shares.left) {
      give(0, random.between(length / 8, length * 3 / 4));
    } else if (kind < shares.none + shares.left + shares.right) {
      give(length - random.between(length / 8, length * 3 / 4), length);
    } else {
      // Good audio and holes in turn, sizes spread evenly over octaves.
      const auto draw = [&](double low, double high) {
        return static_cast<int64_t>(std::lround(low * std::pow(high / low, random.uniform())));
      };
      int64_t at = draw(static_cast<double>(least), static_cast<double>(largest));
      at = std::min(at, length / 2);
      give(0, at);
      const int64_t first_hole = at;
      while (at < length) {
        at += draw(static_cast<double>(least), static_cast<double>(largest));  // the hole
        const int64_t good = draw(static_cast<double>(least), static_cast<double>(largest));
        give(at, at + good);
        at += good;
      }
      if (cells[row][length - 1] == codec::kGenerate) {
        give(std::max(first_hole + 1, length - least / 2 - 1), length);
      }
    }
  }
  return mask;
}

}  // namespace heart::train
