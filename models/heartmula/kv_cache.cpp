// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/heartmula/kv_cache.h"

#include "models/base/error.h"

#include <algorithm>

namespace heart {

KvCache::KvCache(const StackConfig& config, int64_t batch, int64_t capacity,
                 at::TensorOptions options)
    : batch_(batch), capacity_(capacity) {
  for (int64_t layer = 0; layer < config.num_layers; ++layer) {
    for (auto* side : {&keys_, &values_}) {
      side->push_back(
          at::empty({batch, config.num_kv_heads, capacity, config.head_dim()}, options));
    }
  }
}

std::pair<at::Tensor, at::Tensor> KvCache::append(int64_t layer, const at::Tensor& k,
                                                  const at::Tensor& v) {
  const int64_t count = k.size(2);
  if (length_ + count > capacity_) {
    throw Error(Fault::kInternal, "KvCache: " + std::to_string(length_ + count) +
                                      " positions in a cache of " + std::to_string(capacity_));
  }
  keys_[layer].narrow(2, length_, count).copy_(k);
  values_[layer].narrow(2, length_, count).copy_(v);
  return {keys_[layer].narrow(2, 0, length_ + count), values_[layer].narrow(2, 0, length_ + count)};
}

KvCache KvCache::first_rows(int64_t rows) const {
  KvCache part = *this;
  part.batch_ = rows;
  for (auto* side : {&part.keys_, &part.values_}) {
    for (at::Tensor& held : *side) held = held.narrow(0, 0, rows);
  }
  return part;
}

KvCache KvCache::copy(int64_t capacity, int64_t times) const {
  KvCache wide = *this;
  wide.batch_ = batch_ * times;
  wide.capacity_ = std::max(capacity, length_);
  for (auto* side : {&wide.keys_, &wide.values_}) {
    for (at::Tensor& held : *side) {
      const at::Tensor old = held.narrow(2, 0, length_);  // [B, G, T, E]
      at::Tensor fresh =
          at::empty({batch_, times, held.size(1), wide.capacity_, held.size(3)}, held.options());
      fresh.narrow(3, 0, length_).copy_(old.unsqueeze(1).expand({-1, times, -1, -1, -1}));
      held = fresh.flatten(0, 1);  // [B · times, G, capacity, E]
    }
  }
  return wide;
}

}  // namespace heart
