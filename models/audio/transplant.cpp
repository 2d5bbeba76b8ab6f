// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/audio/transplant.h"

#include "models/audio/fft.h"
#include "models/audio/mel.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>

namespace heart {
namespace {

using Eigen::ArrayXXd;

// Spectral frames of one context on a grid that is anchored at the gap's edge, so that frames beside
// the gap are good audio to the last sample.
struct Frames {
  ArrayXXd mel;    // [bands, frames]
  ArrayXXd pitch;  // [12, frames], columns of length 1
};

struct Grid {
  size_t window = 2048, hop = 512;
  Eigen::MatrixXd bank;
};

Frames frames_of(const Planes& audio, long first, size_t count, const Grid& grid, int rate_hz) {
  Frames frames;
  const ArrayXXd power = power_frames(audio, first, count, grid.window, grid.hop);
  frames.mel = log_mel(grid.bank, power, -80);
  frames.pitch = chroma(power, rate_hz, grid.window, 110, 2000);
  for (Eigen::Index k = 0; k < frames.pitch.cols(); ++k) {
    const double norm = std::sqrt(frames.pitch.col(k).square().sum());
    if (norm > 1e-5) frames.pitch.col(k) /= norm;
  }
  return frames;
}

double column_distance(const Frames& a, Eigen::Index i, const Frames& b, Eigen::Index j,
                       double chroma_weight) {
  const double mel = (a.mel.col(i) - b.mel.col(j)).abs().mean();
  const double harmony = 1 - (a.pitch.col(i) * b.pitch.col(j)).sum();
  return mel + chroma_weight * harmony;
}

}  // namespace

std::vector<Source> find_sources(const Planes& left, const Planes& right, size_t length,
                                 int rate_hz, const TransplantOptions& options,
                                 const Cancel& cancel) {
  const size_t left_size = length_of(left), right_size = length_of(right);
  const size_t channels = std::max(left.size(), right.size());
  const size_t edge = std::max<size_t>(1, std::lround(options.edge_ms * rate_hz / 1000));
  const size_t edge_left = std::min(edge, left_size), edge_right = std::min(edge, right_size);
  const size_t pattern_size = edge_left + length + edge_right;
  Grid grid;
  grid.window = 64;
  while (grid.window < static_cast<size_t>(rate_hz) * 40 / 1000) grid.window *= 2;
  grid.hop = grid.window / 4;
  grid.bank = mel_bank(rate_hz, grid.window, 48, 40, 16000);
  const long hop = static_cast<long>(grid.hop), window = static_cast<long>(grid.window);

  // Frames of the gap's surroundings: the last one on the left ends at the gap, the first one on
  // the right begins behind it.
  const auto surround = static_cast<size_t>(options.surround_seconds * rate_hz / hop);
  const auto fitting = [&](size_t size) -> size_t {
    return size < grid.window ? 0 : (size - grid.window) / grid.hop + 1;
  };
  Frames near_left, near_right;
  const size_t count_left = std::min(surround, fitting(left_size));
  const size_t count_right = std::min(surround, fitting(right_size));
  near_left = frames_of(
      left, static_cast<long>(left_size) - window - (static_cast<long>(count_left) - 1) * hop,
      count_left, grid, rate_hz);
  near_right = frames_of(right, 0, count_right, grid, rate_hz);
  std::vector<double> weight(surround + 1);
  for (size_t k = 0; k <= surround; ++k) {
    weight[k] = std::exp(-static_cast<double>(k * hop) / rate_hz / options.decay_seconds);
  }

  std::vector<Source> found;
  for (const bool in_left : {true, false}) {
    const Planes& source = in_left ? left : right;
    const size_t size = length_of(source);
    if (size < pattern_size || source.empty()) continue;
    const size_t places = size - pattern_size + 1;

    // Waveform agreement beside the gap for every place, all channels together.
    std::vector<double> agreement(places, 0.0), energy_before(size + 1, 0.0);
    double energy = 0;
    for (size_t c = 0; c < channels; ++c) {
      cancel.check();
      std::vector<double> signal(source[c].begin(), source[c].end());
      std::vector<double> pattern(pattern_size, 0.0);
      if (edge_left) std::copy(left[c].end() - edge_left, left[c].end(), pattern.begin());
      if (edge_right) {
        std::copy(right[c].begin(), right[c].begin() + edge_right, pattern.end() - edge_right);
      }
      const std::vector<double> sums =
          correlate_valid(signal.data(), size, pattern.data(), pattern_size);
      for (size_t s = 0; s < places; ++s) agreement[s] += sums[s];
      for (double x : pattern) energy += x * x;
      for (size_t n = 0; n < size; ++n) energy_before[n + 1] += signal[n] * signal[n];
    }
    for (size_t n = 0; n < size; ++n) energy_before[n + 1] += energy_before[n];
    for (size_t s = 0; s < places; ++s) {
      const size_t behind = s + edge_left + length;
      const double there = energy_before[s + edge_left] - energy_before[s] +
                           energy_before[behind + edge_right] - energy_before[behind];
      const double power = std::sqrt(std::max(there, 0.0) * energy);
      agreement[s] = power > 1e-9 ? agreement[s] / power : 0;
    }
    cancel.check();

    // Spectral distance on a grid of hops, half a hop of error being far below the window.
    const size_t count = fitting(size);
    const Frames all = frames_of(source, 0, count, grid, rate_hz);
    const size_t steps = places / grid.hop + 1;
    std::vector<double> distance(steps + 1);
    for (size_t step = 0; step <= steps; ++step) {
      const long begin = static_cast<long>(edge_left + step * grid.hop);
      double sum = 0, total = 0;
      // Frames of the source whose place relative to the stretch is that of the gap's.
      for (size_t k = 0; k < count_left; ++k) {
        const long at = begin - window - static_cast<long>(k) * hop;
        const long index = (at + hop / 2) / hop;
        if (at < 0 || index >= static_cast<long>(count)) continue;
        sum += weight[k] * column_distance(near_left, static_cast<long>(count_left - 1 - k), all,
                                           index, options.chroma_weight);
        total += weight[k];
      }
      for (size_t k = 0; k < count_right; ++k) {
        const long at = begin + static_cast<long>(length) + static_cast<long>(k) * hop;
        const long index = (at + hop / 2) / hop;
        if (index >= static_cast<long>(count)) continue;
        sum += weight[k] *
               column_distance(near_right, static_cast<long>(k), all, index, options.chroma_weight);
        total += weight[k];
      }
      // Surroundings that leave the context count as a little worse than those that were seen.
      double possible = 0;
      for (size_t k = 0; k < count_left; ++k) possible += weight[k];
      for (size_t k = 0; k < count_right; ++k) possible += weight[k];
      const double seen = possible > 0 ? total / possible : 0;
      distance[step] = total > 0 ? sum / total + 3 * (1 - seen) : 20;
      if ((step & 63) == 0) cancel.check();
    }

    // Best waveform agreement of each hop, scored together with the spectrum.
    for (size_t step = 0; step * grid.hop < places; ++step) {
      const size_t end = std::min(places, (step + 1) * grid.hop);
      size_t best = step * grid.hop;
      for (size_t s = best; s < end; ++s) {
        if (agreement[s] > agreement[best]) best = s;
      }
      const double t = static_cast<double>(best - step * grid.hop) / grid.hop;
      Source candidate;
      candidate.in_left = in_left;
      candidate.begin = best + edge_left;
      candidate.lead = edge_left;
      candidate.tail = edge_right;
      candidate.correlation = agreement[best];
      candidate.distance_db = (1 - t) * distance[step] + t * distance[step + 1];
      const double apart = in_left ? static_cast<double>(left_size - candidate.begin)
                                   : static_cast<double>(candidate.begin + length);
      candidate.score = options.waveform_weight * candidate.correlation - candidate.distance_db -
                        options.distance_weight * apart / rate_hz;
      found.push_back(candidate);
    }
  }

  std::stable_sort(found.begin(), found.end(),
                   [](const Source& a, const Source& b) { return a.score > b.score; });
  std::vector<Source> best;
  const long apart = rate_hz / 20;
  for (const Source& candidate : found) {
    if (static_cast<int>(best.size()) >= options.count) break;
    const bool near = std::any_of(best.begin(), best.end(), [&](const Source& other) {
      return other.in_left == candidate.in_left &&
             std::abs(static_cast<long>(other.begin) - static_cast<long>(candidate.begin)) < apart;
    });
    if (!near) best.push_back(candidate);
  }
  return best;
}

}  // namespace heart
