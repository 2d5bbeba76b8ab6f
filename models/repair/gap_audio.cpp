// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/repair/gap_audio.h"

#include "models/heartcodec/resample.h"
#include "models/repair/ar_filler.h"
#include "models/repair/transplant_filler.h"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace heart {

namespace {

// 64 zero crossings: the passband ends 1.5 % below the lower Nyquist frequency.
const ResampleOptions kFine{64, 0.99};

// One-sided prediction is music for about this long, and cheap.
constexpr double kPredictedSeconds = 0.05;
// Two-sided prediction for all of a gap up to this length.
constexpr double kInterpolatedSeconds = 0.1;

std::vector<float> last_of(const std::vector<float>& plane, size_t count) {
  return {plane.end() - static_cast<ptrdiff_t>(count), plane.end()};
}

std::vector<float> first_of(const std::vector<float>& plane, size_t count) {
  return {plane.begin(), plane.begin() + static_cast<ptrdiff_t>(count)};
}

/// The gap itself from `filler`, silence where it has no answer.
Planes fill_with(GapFiller& filler, const Gap& gap, const Cancel& cancel) {
  Outcome<Repair> repair = filler.fill(gap, cancel, {});
  cancel.check();
  Planes inside = make_planes(gap.left.size(), gap.length);
  if (!repair) return inside;
  for (size_t c = 0; c < inside.size(); ++c) {
    std::copy_n(repair->audio[c].begin() + static_cast<ptrdiff_t>(repair->lead), gap.length,
                inside[c].begin());
  }
  return inside;
}

Planes cheap_fill(const Gap& gap, double seen_left_s, double seen_right_s, const Cancel& cancel) {
  const double rate = gap.rate_hz;
  ArFiller prediction;
  if (gap.length <= kInterpolatedSeconds * rate) return fill_with(prediction, gap, cancel);
  if (std::max(seen_left_s, seen_right_s) > kPredictedSeconds) {
    TransplantFiller transplant;
    return fill_with(transplant, gap, cancel);
  }
  Planes inside = make_planes(gap.left.size(), gap.length);
  Gap side = gap;
  side.length = static_cast<size_t>(kPredictedSeconds * rate);
  side.right = make_planes(gap.left.size(), 0);
  if (length_of(side.left) > 0) {
    const Planes begin = fill_with(prediction, side, cancel);
    for (size_t c = 0; c < inside.size(); ++c) {
      std::copy(begin[c].begin(), begin[c].end(), inside[c].begin());
    }
  }
  side.left = make_planes(gap.left.size(), 0);
  side.right = gap.right;
  if (length_of(side.right) > 0) {
    const Planes end = fill_with(prediction, side, cancel);
    for (size_t c = 0; c < inside.size(); ++c) {
      std::copy(end[c].begin(), end[c].end(),
                inside[c].end() - static_cast<ptrdiff_t>(side.length));
    }
  }
  return inside;
}

}  // namespace

RatePair::RatePair(int64_t stream, int64_t codec) : stream_hz(stream), codec_hz(codec) {
  const int64_t common = std::gcd(stream, codec);
  stream_block = stream / common;
  codec_block = codec / common;
}

GapAudio prepare_gap_audio(const Gap& gap, const std::array<int, 2>& pair, const RatePair& rates,
                           const GapAudioOptions& options, const Cancel& cancel) {
  const double stream_per_codec = static_cast<double>(rates.stream_hz) / rates.codec_hz;
  const auto in_stream = [&](int64_t samples) {
    return static_cast<size_t>(static_cast<double>(samples) * stream_per_codec);
  };
  // Whole blocks on the left: then the gap begins on a sample of both grids.
  const size_t block = static_cast<size_t>(rates.stream_block);
  const size_t left =
      std::min(length_of(gap.left), in_stream(options.max_left_samples)) / block * block;
  const size_t right = std::min(length_of(gap.right), in_stream(options.max_right_samples) + block);

  Gap part;
  part.length = gap.length;
  part.rate_hz = gap.rate_hz;
  part.seed = gap.seed;
  part.crossfade_samples = gap.crossfade_samples;
  for (const int channel : pair) {
    part.left.push_back(gap.left.empty() ? std::vector<float>() : last_of(gap.left[channel], left));
    part.right.push_back(gap.right.empty() ? std::vector<float>()
                                           : first_of(gap.right[channel], right));
    if (pair[0] == pair[1]) break;
  }
  const Planes inside =
      cheap_fill(part, static_cast<double>(options.seen_from_left) / rates.codec_hz,
                 static_cast<double>(options.seen_from_right) / rates.codec_hz, cancel);

  const int64_t total = static_cast<int64_t>(left + gap.length + right);
  at::Tensor wave = at::empty({2, total}, at::kFloat);  // [2, S]
  for (int c = 0; c < 2; ++c) {
    const size_t from = std::min<size_t>(c, inside.size() - 1);
    float* to = wave.data_ptr<float>() + c * total;
    to = std::copy(part.left[from].begin(), part.left[from].end(), to);
    to = std::copy(inside[from].begin(), inside[from].end(), to);
    std::copy(part.right[from].begin(), part.right[from].end(), to);
  }

  GapAudio audio;
  audio.wave = resample(wave, rates.stream_hz, rates.codec_hz, kFine);
  audio.gap_begin = static_cast<int64_t>(left) / rates.stream_block * rates.codec_block;
  const int64_t length = static_cast<int64_t>(gap.length);
  audio.gap_samples = std::min((length * rates.codec_hz + rates.stream_hz - 1) / rates.stream_hz,
                               audio.wave.size(1) - audio.gap_begin);
  return audio;
}

void return_to_stream(const at::Tensor& wave, int64_t before, const RatePair& rates,
                      const std::array<int, 2>& pair, size_t lead, Planes& planes) {
  at::Tensor part = wave;
  int64_t stream_before = before;
  if (!rates.is_same()) {
    const int64_t blocks = before / rates.codec_block;
    part = resample(wave.narrow(1, before - blocks * rates.codec_block,
                                wave.size(1) - before + blocks * rates.codec_block)
                        .contiguous(),
                    rates.codec_hz, rates.stream_hz, kFine);
    stream_before = blocks * rates.stream_block;
  }
  if (pair[0] == pair[1]) part = part.mean(0, /*keepdim=*/true);
  part = part.to(at::kCPU, at::kFloat).contiguous();
  const int64_t begin = stream_before - static_cast<int64_t>(lead);
  const int64_t have = part.size(1) - begin;
  for (int64_t c = 0; c < part.size(0); ++c) {
    std::vector<float>& plane = planes[static_cast<size_t>(pair[c])];
    const float* from = part.data_ptr<float>() + c * part.size(1) + begin;
    std::copy_n(from, std::min<int64_t>(have, static_cast<int64_t>(plane.size())), plane.begin());
  }
}

}  // namespace heart
