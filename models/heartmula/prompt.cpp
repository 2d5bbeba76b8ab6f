// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/heartmula/prompt.h"

namespace heart {
namespace {

void append_framed(const std::vector<int64_t>& part, const GenerationIds& ids,
                   std::vector<int64_t>* all) {
  if (part.empty() || part.front() != ids.text_bos) all->push_back(ids.text_bos);
  all->insert(all->end(), part.begin(), part.end());
  if (all->back() != ids.text_eos) all->push_back(ids.text_eos);
}

}  // namespace

Prompt Prompt::from(const std::vector<int64_t>& tag_ids, const std::vector<int64_t>& lyrics_ids,
                    const GenerationIds& ids) {
  Prompt prompt;
  append_framed(tag_ids, ids, &prompt.ids);
  prompt.muq_position = prompt.length();
  prompt.ids.push_back(ids.empty);
  append_framed(lyrics_ids, ids, &prompt.ids);
  return prompt;
}

}  // namespace heart
