// SPDX-License-Identifier: LGPL-2.1-or-later
//
// From the tokenizer's ids to the positions in front of the audio: tags, one slot for a reference
// embedding (MuQ, always empty here), lyrics.

#pragma once

#include "models/heartmula/lm_config.h"

#include <cstdint>
#include <vector>

namespace heart {

struct Prompt {
  std::vector<int64_t> ids;   // text ids, one per position
  int64_t muq_position = -1;  // index of the slot, -1 where there is none

  /// BOS and EOS are added to both parts where missing, so each occurs twice: what upstream trains with.
  static Prompt from(const std::vector<int64_t>& tag_ids, const std::vector<int64_t>& lyrics_ids,
                     const GenerationIds& ids);
  int64_t length() const { return static_cast<int64_t>(ids.size()); }
};

}  // namespace heart
