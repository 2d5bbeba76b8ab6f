// SPDX-License-Identifier: LGPL-2.1-or-later

#include "plugins/heartinpaint/sample_format.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

namespace heart::engine {
namespace {

constexpr size_t kChunkValues = 4096;  // of the intermediate S32 or F64, which stays in the cache

}  // namespace

SampleFormat::SampleFormat(const GstAudioInfo& info)
    : info_(info), bytes_per_value_(GST_AUDIO_INFO_WIDTH(&info) / 8) {}

int64_t SampleFormat::to_samples(GstClockTime ns) const {
  return static_cast<int64_t>(gst_util_uint64_scale_round(ns, rate_hz(), GST_SECOND));
}

GstClockTime SampleFormat::to_ns(int64_t samples) const {
  return gst_util_uint64_scale(static_cast<guint64>(samples), GST_SECOND, rate_hz());
}

void SampleFormat::fill_silence(uint8_t* bytes, size_t samples) const {
  gst_audio_format_info_fill_silence(info_.finfo, bytes, samples * stride());
}

NativeAudio SampleFormat::silence(size_t samples) const {
  NativeAudio audio;
  audio.samples = samples;
  audio.planes.assign(plane_count(), std::vector<uint8_t>(samples * stride()));
  for (auto& plane : audio.planes) fill_silence(plane.data(), samples);
  return audio;
}

// Every format unpacks to S32 (integers, left aligned) or F64.
void SampleFormat::unpack(const uint8_t* bytes, size_t values, float* out) const {
  const GstAudioFormatInfo* format = info_.finfo;
  gint32 integers[kChunkValues];
  gdouble floats[kChunkValues];
  for (size_t done = 0; done < values;) {
    const size_t n = std::min(kChunkValues, values - done);
    const uint8_t* from = bytes + done * bytes_per_value_;
    if (format->unpack_format == GST_AUDIO_FORMAT_F64) {
      format->unpack_func(format, GST_AUDIO_PACK_FLAG_NONE, floats, const_cast<uint8_t*>(from),
                          static_cast<gint>(n));
      for (size_t i = 0; i < n; ++i) out[done + i] = static_cast<float>(floats[i]);
    } else {
      format->unpack_func(format, GST_AUDIO_PACK_FLAG_NONE, integers, const_cast<uint8_t*>(from),
                          static_cast<gint>(n));
      for (size_t i = 0; i < n; ++i) out[done + i] = static_cast<float>(integers[i] / 2147483648.0);
    }
    done += n;
  }
}

void SampleFormat::pack(const float* values, size_t count, uint8_t* out) const {
  const GstAudioFormatInfo* format = info_.finfo;
  gint32 integers[kChunkValues];
  gdouble floats[kChunkValues];
  // Packing cuts low bits off, so rounding to the format's own depth has to come first.
  const int depth = GST_AUDIO_FORMAT_INFO_DEPTH(format);
  const double scale = std::ldexp(1.0, depth - 1);
  for (size_t done = 0; done < count;) {
    const size_t n = std::min(kChunkValues, count - done);
    uint8_t* to = out + done * bytes_per_value_;
    if (format->unpack_format == GST_AUDIO_FORMAT_F64) {
      for (size_t i = 0; i < n; ++i) floats[i] = values[done + i];
      format->pack_func(format, GST_AUDIO_PACK_FLAG_NONE, floats, to, static_cast<gint>(n));
    } else {
      for (size_t i = 0; i < n; ++i) {
        const double rounded = std::nearbyint(static_cast<double>(values[done + i]) * scale);
        const auto clipped = static_cast<int64_t>(std::clamp(rounded, -scale, scale - 1));
        integers[i] = static_cast<gint32>(clipped * (int64_t{1} << (32 - depth)));
      }
      format->pack_func(format, GST_AUDIO_PACK_FLAG_NONE, integers, to, static_cast<gint>(n));
    }
    done += n;
  }
}

Planes SampleFormat::to_float(const NativeAudio& audio) const {
  const size_t n = audio.samples, count = channels();
  Planes planes = make_planes(count, n);
  if (n == 0) return planes;
  if (is_planar()) {
    for (size_t c = 0; c < count; ++c) unpack(audio.planes[c].data(), n, planes[c].data());
    return planes;
  }
  std::vector<float> frames(n * count);
  unpack(audio.planes[0].data(), n * count, frames.data());
  for (size_t c = 0; c < count; ++c) {
    for (size_t i = 0; i < n; ++i) planes[c][i] = frames[i * count + c];
  }
  return planes;
}

NativeAudio SampleFormat::from_float(const Planes& planes) const {
  const size_t n = length_of(planes), count = channels();
  NativeAudio audio;
  audio.samples = n;
  audio.planes.assign(plane_count(), std::vector<uint8_t>(n * stride()));
  if (n == 0) return audio;
  if (is_planar()) {
    for (size_t c = 0; c < count; ++c) pack(planes[c].data(), n, audio.planes[c].data());
    return audio;
  }
  std::vector<float> frames(n * count);
  for (size_t c = 0; c < count; ++c) {
    for (size_t i = 0; i < n; ++i) frames[i * count + c] = planes[c][i];
  }
  pack(frames.data(), n * count, audio.planes[0].data());
  return audio;
}

std::vector<std::array<int, 2>> channel_pairs(const GstAudioInfo& info) {
  using Position = GstAudioChannelPosition;
  static const std::pair<Position, Position> kMirrored[] = {
      {GST_AUDIO_CHANNEL_POSITION_FRONT_LEFT, GST_AUDIO_CHANNEL_POSITION_FRONT_RIGHT},
      {GST_AUDIO_CHANNEL_POSITION_REAR_LEFT, GST_AUDIO_CHANNEL_POSITION_REAR_RIGHT},
      {GST_AUDIO_CHANNEL_POSITION_SIDE_LEFT, GST_AUDIO_CHANNEL_POSITION_SIDE_RIGHT},
      {GST_AUDIO_CHANNEL_POSITION_FRONT_LEFT_OF_CENTER,
       GST_AUDIO_CHANNEL_POSITION_FRONT_RIGHT_OF_CENTER},
      {GST_AUDIO_CHANNEL_POSITION_TOP_FRONT_LEFT, GST_AUDIO_CHANNEL_POSITION_TOP_FRONT_RIGHT},
      {GST_AUDIO_CHANNEL_POSITION_TOP_REAR_LEFT, GST_AUDIO_CHANNEL_POSITION_TOP_REAR_RIGHT},
      {GST_AUDIO_CHANNEL_POSITION_TOP_SIDE_LEFT, GST_AUDIO_CHANNEL_POSITION_TOP_SIDE_RIGHT},
      {GST_AUDIO_CHANNEL_POSITION_BOTTOM_FRONT_LEFT, GST_AUDIO_CHANNEL_POSITION_BOTTOM_FRONT_RIGHT},
      {GST_AUDIO_CHANNEL_POSITION_WIDE_LEFT, GST_AUDIO_CHANNEL_POSITION_WIDE_RIGHT},
      {GST_AUDIO_CHANNEL_POSITION_SURROUND_LEFT, GST_AUDIO_CHANNEL_POSITION_SURROUND_RIGHT},
  };
  const int channels = GST_AUDIO_INFO_CHANNELS(&info);
  std::vector<std::array<int, 2>> pairs;
  // Beyond 64 channels GstAudioInfo keeps no positions.
  if (GST_AUDIO_INFO_IS_UNPOSITIONED(&info) || channels > 64 || channels <= 2) {
    for (int c = 0; c < channels; c += 2) pairs.push_back({c, std::min(c + 1, channels - 1)});
    return pairs;
  }
  std::vector<bool> is_paired(channels, false);
  for (int left = 0; left < channels; ++left) {
    if (is_paired[left]) continue;
    is_paired[left] = true;
    int partner = left;
    for (const auto& [a, b] : kMirrored) {
      const Position here = info.position[left];
      if (here != a && here != b) continue;
      for (int other = left + 1; other < channels; ++other) {
        if (!is_paired[other] && info.position[other] == (here == a ? b : a)) partner = other;
      }
    }
    is_paired[partner] = true;
    // The left one comes first, whatever the order of the channels.
    const bool is_swapped = std::any_of(std::begin(kMirrored), std::end(kMirrored), [&](auto& m) {
      return partner != left && m.second == info.position[left];
    });
    pairs.push_back(is_swapped ? std::array<int, 2>{partner, left}
                               : std::array<int, 2>{left, partner});
  }
  return pairs;
}

}  // namespace heart::engine
