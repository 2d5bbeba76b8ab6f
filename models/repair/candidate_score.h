// SPDX-License-Identifier: LGPL-2.1-or-later
//
// How good a repair is, judged without the original: by its seams, its level and its spectrum
// against both sides. Used to choose among fillers and to refuse a broken result. Any thread.

#pragma once

#include "models/repair/gap_filler.h"
#include "models/repair/splice.h"

#include <string>

namespace heart {

/// Penalties in dB, each ≥ 0; total() is what candidates are ranked by (smaller is better).
struct CandidateScore {
  double seam_db = 0;      // waveforms that disagree where fill and programme are faded
  double level_db = 0;     // level of the fill's thirds against that of the sides, beyond 3 dB
  double spectrum_db = 0;  // log-mel distance from the sides' spectra, glided across the gap
  double texture_db = 0;   // noise where the sides have tones, or the reverse; gaps above 100 ms
  double total() const { return seam_db + level_db + spectrum_db + texture_db; }
  std::string text() const;  // "seam 0.4, level 0.0, spectrum 3.1, texture 0.2 dB"
};

/// Scores a joined repair.
CandidateScore score_candidate(const Gap& gap, const Spliced& joined);

/// Whether a repair may be put in at all: right shape, finite, nowhere more than 2 dB above full
/// scale (or the context's peak; the splice clips the rest), and its level no more than 12 dB above
/// the louder and no more than 12 dB below the quieter side. `why` gets one sentence if not.
bool plausible(const Gap& gap, const Repair& repair, std::string* why = nullptr);

}  // namespace heart
