// SPDX-License-Identifier: LGPL-2.1-or-later

#include "plugins/heartinpaint/sample_store.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace heart::engine {

template <typename Visit>
void SampleStore::walk(int64_t begin, int64_t end, Visit&& visit) const {
  for (int64_t at = begin; at < end;) {
    const int64_t within = at - first_block_;
    const int64_t offset = within % kBlockSamples;
    const int64_t count = std::min(kBlockSamples - offset, end - at);
    visit(blocks_[within / kBlockSamples], static_cast<size_t>(offset), static_cast<size_t>(count),
          static_cast<size_t>(at - begin));
    at += count;
  }
}

void SampleStore::grow(size_t samples) {
  end_ += static_cast<int64_t>(samples);
  while (first_block_ + static_cast<int64_t>(blocks_.size()) * kBlockSamples < end_) {
    if (spare_.empty()) {
      blocks_.emplace_back(kBlockSamples * format_->stride() * format_->plane_count());
    } else {
      blocks_.push_back(std::move(spare_.back()));
      spare_.pop_back();
    }
  }
}

void SampleStore::append(const gpointer* planes, size_t samples) {
  const int64_t begin = end_;
  grow(samples);
  const size_t stride = format_->stride(), plane_bytes = kBlockSamples * stride;
  walk(begin, end_, [&](Block& block, size_t offset, size_t count, size_t done) {
    for (size_t p = 0; p < format_->plane_count(); ++p) {
      std::memcpy(block.data() + p * plane_bytes + offset * stride,
                  static_cast<const uint8_t*>(planes[p]) + done * stride, count * stride);
    }
  });
}

void SampleStore::append_silence(size_t samples) {
  const int64_t begin = end_;
  grow(samples);
  const size_t stride = format_->stride(), plane_bytes = kBlockSamples * stride;
  walk(begin, end_, [&](Block& block, size_t offset, size_t count, size_t) {
    for (size_t p = 0; p < format_->plane_count(); ++p) {
      format_->fill_silence(block.data() + p * plane_bytes + offset * stride, count);
    }
  });
}

void SampleStore::trim(int64_t index) {
  begin_ = std::clamp(index, begin_, end_);
  while (!blocks_.empty() && first_block_ + kBlockSamples <= begin_) {
    // A few spare blocks do: they fill as fast as they empty.
    if (spare_.size() < 4) spare_.push_back(std::move(blocks_.front()));
    blocks_.pop_front();
    first_block_ += kBlockSamples;
  }
}

void SampleStore::copy_to(int64_t begin, int64_t end, uint8_t* const* planes) const {
  const size_t stride = format_->stride(), plane_bytes = kBlockSamples * stride;
  walk(begin, end, [&](const Block& block, size_t offset, size_t count, size_t done) {
    for (size_t p = 0; p < format_->plane_count(); ++p) {
      std::memcpy(planes[p] + done * stride, block.data() + p * plane_bytes + offset * stride,
                  count * stride);
    }
  });
}

NativeAudio SampleStore::read(int64_t begin, int64_t end) const {
  NativeAudio audio;
  audio.samples = static_cast<size_t>(std::max<int64_t>(0, end - begin));
  std::vector<uint8_t*> starts;
  for (size_t p = 0; p < format_->plane_count(); ++p) {
    audio.planes.emplace_back(audio.samples * format_->stride());
  }
  for (auto& plane : audio.planes) starts.push_back(plane.data());
  copy_to(begin, end, starts.data());
  return audio;
}

void SampleStore::write(int64_t begin, const NativeAudio& audio) {
  const size_t stride = format_->stride(), plane_bytes = kBlockSamples * stride;
  walk(begin, begin + static_cast<int64_t>(audio.samples),
       [&](Block& block, size_t offset, size_t count, size_t done) {
         for (size_t p = 0; p < format_->plane_count(); ++p) {
           std::memcpy(block.data() + p * plane_bytes + offset * stride,
                       audio.planes[p].data() + done * stride, count * stride);
         }
       });
}

}  // namespace heart::engine
