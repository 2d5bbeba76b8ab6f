// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Audio in the stream's own format, cut loose from buffers, and its way to float planes and back.
// Knows every format and layout that GstAudioInfo knows. Used under the stream's lock and on the worker.

#pragma once

#include "models/base/planes.h"

#include <gst/audio/audio.h>

#include <array>
#include <cstdint>
#include <vector>

namespace heart::engine {

/// Bytes of some samples: one plane for interleaved audio, one per channel otherwise.
struct NativeAudio {
  size_t samples = 0;
  std::vector<std::vector<uint8_t>> planes;
};

/// One negotiated format. Immutable.
/// Units    samples are counted per channel; floats have full scale at ±1
/// Threads  const and re-entrant
class SampleFormat {
 public:
  explicit SampleFormat(const GstAudioInfo& info);

  const GstAudioInfo& info() const { return info_; }
  int rate_hz() const { return GST_AUDIO_INFO_RATE(&info_); }
  int channels() const { return GST_AUDIO_INFO_CHANNELS(&info_); }
  bool is_planar() const { return info_.layout == GST_AUDIO_LAYOUT_NON_INTERLEAVED; }
  size_t plane_count() const { return is_planar() ? channels() : 1; }
  /// Bytes from one sample of a plane to the next.
  size_t stride() const { return is_planar() ? bytes_per_value_ : GST_AUDIO_INFO_BPF(&info_); }

  int64_t to_samples(GstClockTime ns) const;  // rounded to the nearest
  GstClockTime to_ns(int64_t samples) const;  // rounded down

  NativeAudio silence(size_t samples) const;
  void fill_silence(uint8_t* bytes, size_t samples) const;

  /// Shapes   planes [A][S]
  Planes to_float(const NativeAudio& audio) const;
  /// Rounds to the nearest step of the format, without dither, and clips.
  NativeAudio from_float(const Planes& planes) const;

 private:
  void unpack(const uint8_t* bytes, size_t values, float* out) const;
  void pack(const float* values, size_t count, uint8_t* out) const;

  GstAudioInfo info_;
  size_t bytes_per_value_;
};

/// Channels that belong together by their positions (front left and front right, …). A lone channel
/// is paired with itself; without positions neighbours are paired. Every channel is in one pair.
std::vector<std::array<int, 2>> channel_pairs(const GstAudioInfo& info);

}  // namespace heart::engine
