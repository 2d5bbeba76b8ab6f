// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/repair/candidate_score.h"

#include "models/audio/mel.h"
#include "models/audio/metrics.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace heart {
namespace {

// Sides are heard as one with the gap over about this long.
constexpr double kNearSeconds = 0.15;
// A level below which nothing is compared: −70 dBFS.
constexpr double kQuiet = 1e-7;

double mean_power(const Planes& audio, size_t begin, size_t end) {
  double sum = 0;
  for (const auto& plane : audio) {
    for (size_t n = begin; n < end; ++n) sum += static_cast<double>(plane[n]) * plane[n];
  }
  const double count = static_cast<double>(end - begin) * audio.size();
  return count > 0 ? sum / count : 0;
}

double decibel(double power) {
  return 10 * std::log10(power + kQuiet);
}

// Mean log-mel spectrum of `audio` between two samples, frames wholly inside.
Eigen::ArrayXd mean_spectrum(const Planes& audio, size_t begin, size_t end, size_t window,
                             const Eigen::MatrixXd& bank) {
  const size_t hop = window / 2;
  const size_t frames = end - begin < window ? 1 : (end - begin - window) / hop + 1;
  return log_mel(bank, power_frames(audio, static_cast<long>(begin), frames, window, hop), -80)
      .rowwise()
      .mean();
}

// How much noisier or more tonal the fill is than the sides, beyond what passages of one piece differ.
double texture_penalty(const Gap& gap, const Spliced& joined) {
  constexpr double kShortestSeconds = 0.1;  // shorter ones hold no frame that tells
  constexpr double kSideSeconds = 1;
  constexpr double kOrdinaryDb = 2;
  const size_t least = static_cast<size_t>(kShortestSeconds * gap.rate_hz);
  const size_t most = static_cast<size_t>(kSideSeconds * gap.rate_hz);
  const size_t left = std::min(most, length_of(gap.left));
  const size_t right = std::min(most, length_of(gap.right));
  if (gap.length <= least || (left < least && right < least)) return 0;
  double sides = 0;
  int count = 0;
  if (left >= least) {
    sides += spectral_flatness_db(gap.left, length_of(gap.left) - left, length_of(gap.left),
                                  gap.rate_hz);
    ++count;
  }
  if (right >= least) {
    sides += spectral_flatness_db(gap.right, 0, right, gap.rate_hz);
    ++count;
  }
  const double inside =
      spectral_flatness_db(joined.audio, joined.lead, joined.lead + gap.length, gap.rate_hz);
  return std::max(0.0, std::abs(inside - sides / count) - kOrdinaryDb);
}

}  // namespace

std::string CandidateScore::text() const {
  char buffer[96];
  std::snprintf(buffer, sizeof buffer, "seam %.1f, level %.1f, spectrum %.1f, texture %.1f dB",
                seam_db, level_db, spectrum_db, texture_db);
  return buffer;
}

CandidateScore score_candidate(const Gap& gap, const Spliced& joined) {
  CandidateScore score;
  const size_t left_size = length_of(gap.left), right_size = length_of(gap.right);
  const size_t near = static_cast<size_t>(kNearSeconds * gap.rate_hz);
  const size_t left_near = std::min(left_size, near), right_near = std::min(right_size, near);
  if (gap.length == 0 || left_near + right_near == 0) return score;
  score.texture_db = texture_penalty(gap, joined);

  // Seams: a full disagreement costs as much as 3 dB of wrong spectrum.
  double disagreement = 0;
  int seams = 0;
  if (joined.lead > 0) disagreement += 1 - joined.agreement_left, ++seams;
  if (joined.tail > 0) disagreement += 1 - joined.agreement_right, ++seams;
  if (seams > 0) score.seam_db = 3 * std::clamp(disagreement / seams, 0.0, 1.0);

  // Level of each third against that of the sides, glided.
  const double left_db =
      left_near ? decibel(mean_power(gap.left, left_size - left_near, left_size)) : 0;
  const double right_db = right_near ? decibel(mean_power(gap.right, 0, right_near)) : left_db;
  const double from_db = left_near ? left_db : right_db;
  for (int third = 0; third < 3; ++third) {
    const size_t begin = joined.lead + gap.length * third / 3;
    const size_t end = joined.lead + gap.length * (third + 1) / 3;
    if (begin == end) continue;
    const double t = (third + 0.5) / 3;
    const double wanted = (1 - t) * from_db + t * right_db;
    const double off = std::abs(decibel(mean_power(joined.audio, begin, end)) - wanted);
    score.level_db += std::max(0.0, off - 3) / 3;
  }

  // Spectrum: frames of 21 ms, as the gap's length allows; each step of the gap is compared with
  // the sides' means in proportion to its nearness.
  size_t window = 64;
  while (window < static_cast<size_t>(gap.rate_hz) * 21 / 1000) window *= 2;
  if (left_near && left_near < window) return score;
  if (right_near && right_near < window) return score;
  const Eigen::MatrixXd bank = mel_bank(gap.rate_hz, window, 40, 60, 16000);
  Eigen::ArrayXd left_mel, right_mel;
  if (left_near) left_mel = mean_spectrum(gap.left, left_size - left_near, left_size, window, bank);
  if (right_near) right_mel = mean_spectrum(gap.right, 0, right_near, window, bank);
  if (!left_near) left_mel = right_mel;
  if (!right_near) right_mel = left_mel;
  const long first = gap.length >= window ? static_cast<long>(joined.lead)
                                          : static_cast<long>(joined.lead + gap.length / 2) -
                                                static_cast<long>(window) / 2;
  const size_t hop = window / 2;
  const size_t frames = gap.length >= window ? (gap.length - window) / hop + 1 : 1;
  // A gap shorter than a frame is seen together with the audio beside it.
  Planes around(joined.audio.size());
  const size_t pad = gap.length >= window ? 0 : window;
  for (size_t c = 0; c < around.size(); ++c) {
    for (size_t n = 0; n < pad; ++n) {
      const long at = static_cast<long>(left_size) - static_cast<long>(joined.lead + pad - n);
      around[c].push_back(at >= 0 ? gap.left[c][at] : 0.0f);
    }
    around[c].insert(around[c].end(), joined.audio[c].begin(), joined.audio[c].end());
    for (size_t n = 0; n < pad; ++n) {
      const size_t at = joined.tail + n;
      around[c].push_back(at < right_size ? gap.right[c][at] : 0.0f);
    }
  }
  const Eigen::ArrayXXd fill =
      log_mel(bank, power_frames(around, first + static_cast<long>(pad), frames, window, hop), -80);
  double sum = 0;
  for (size_t k = 0; k < frames; ++k) {
    const double t = (k + 0.5) / frames;
    sum += (fill.col(k) - ((1 - t) * left_mel + t * right_mel)).abs().mean();
  }
  score.spectrum_db = sum / frames;
  return score;
}

bool plausible(const Gap& gap, const Repair& repair, std::string* why) {
  const auto refuse = [&](const std::string& reason) {
    if (why) *why = repair.method + ": " + reason;
    return false;
  };
  const size_t channels = std::max(gap.left.size(), gap.right.size());
  if (repair.audio.size() != channels) {
    return refuse(std::to_string(repair.audio.size()) + " channels, wanted " +
                  std::to_string(channels));
  }
  float peak = 0, allowed = 1;
  for (const auto& plane : repair.audio) {
    if (plane.size() != repair.lead + gap.length + repair.tail) {
      return refuse(std::to_string(plane.size()) + " samples, wanted " +
                    std::to_string(repair.lead + gap.length + repair.tail));
    }
    for (float sample : plane) {
      if (!std::isfinite(sample)) return refuse("holds a sample that is no number");
      peak = std::max(peak, std::abs(sample));
    }
  }
  for (const Planes* side : {&gap.left, &gap.right}) {
    for (const auto& plane : *side) {
      for (float sample : plane) allowed = std::max(allowed, std::abs(sample));
    }
  }
  constexpr double kOvershoot = 1.2589;  // 2 dB
  char text[120];
  if (peak > allowed * kOvershoot) {
    std::snprintf(text, sizeof text, "peaks at %.1f dB over full scale",
                  20 * std::log10(peak / allowed));
    return refuse(text);
  }
  // Sides as long as the gap, between 0.1 and 1 s: a note that ends is no hole.
  const size_t near = std::clamp(gap.length, static_cast<size_t>(gap.rate_hz) / 10,
                                 static_cast<size_t>(gap.rate_hz));
  const size_t left = std::min(near, length_of(gap.left));
  const size_t right = std::min(near, length_of(gap.right));
  if (gap.length == 0 || left + right == 0) return true;
  const double before =
      left ? decibel(mean_power(gap.left, length_of(gap.left) - left, length_of(gap.left))) : 0;
  const double after = right ? decibel(mean_power(gap.right, 0, right)) : before;
  const double low = left ? std::min(before, after) : after;
  const double high = left ? std::max(before, after) : after;
  const double inside = decibel(mean_power(repair.audio, repair.lead, repair.lead + gap.length));
  constexpr double kMostDb = 12;
  if (inside > high + kMostDb || inside < low - kMostDb) {
    std::snprintf(text, sizeof text, "level %.1f dB, the sides have %.1f and %.1f dB", inside,
                  left ? before : after, after);
    return refuse(text);
  }
  return true;
}

}  // namespace heart
