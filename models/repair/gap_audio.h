// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The surroundings of a gap as the codec wants them: one pair of channels, at the codec's rate, with a cheap
// continuation inside the gap so that encoders with a reach meet music there and not the damage; and the
// way back from the codec's rate to the stream's.

#pragma once

#include "models/repair/gap_filler.h"

#include <ATen/ATen.h>

#include <array>
#include <cstdint>

namespace heart {

/// One pair of a gap on the codec's sample grid, on which the gap's first sample is a whole number.
struct GapAudio {
  at::Tensor wave;          // [2, S] f32 on the CPU: left context, cheap fill, right context
  int64_t gap_begin = 0;    // index of the gap's first sample in `wave`
  int64_t gap_samples = 0;  // samples until the first wholly good one behind the gap
  int64_t left_samples() const { return gap_begin; }
  int64_t right_samples() const { return wave.size(1) - gap_begin - gap_samples; }
};

/// How rates of stream and codec meet: `stream_block` samples of the one last as long as `codec_block` of
/// the other.
struct RatePair {
  RatePair(int64_t stream_hz, int64_t codec_hz);
  int64_t stream_hz, codec_hz;
  int64_t stream_block, codec_block;
  bool is_same() const { return stream_hz == codec_hz; }
};

/// Samples at the codec's rate that the resampling filter needs beyond what is wanted of it.
constexpr int64_t kResampleMargin = 512;

struct GapAudioOptions {
  int64_t max_left_samples = 0;  // at the codec's rate
  int64_t max_right_samples = 0;
  /// How far into the gap an encoder sees, at the codec's rate: from the left side and from the right.
  int64_t seen_from_left = 480;
  int64_t seen_from_right = 480;
};

/// Shapes   wave [2, S]; a lone channel comes twice
/// Errors   Error{kCancelled}
/// Threads  pure function
GapAudio prepare_gap_audio(const Gap& gap, const std::array<int, 2>& pair, const RatePair& rates,
                           const GapAudioOptions& options, const Cancel& cancel);

/// Sound at the codec's rate back to the stream's.
/// `wave` [2, S] begins `before` samples before the gap. Writes [lead + length + tail] samples of the pair
/// into `planes`, which have that length; a pair of one channel takes the mean.
void return_to_stream(const at::Tensor& wave, int64_t before, const RatePair& rates,
                      const std::array<int, 2>& pair, size_t lead, Planes& planes);

}  // namespace heart
