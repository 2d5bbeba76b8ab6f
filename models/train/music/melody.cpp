// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/train/music/melody.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace heart::music {
namespace {

struct MotifNote {
  double beat, length;
  int step;  // from the note before
  bool silent;
};
using Motif = std::vector<MotifNote>;

Motif invent(const MelodyPlan& plan, double beats, Random& random) {
  // Lengths in beats and how they weigh at low, middle and high density.
  static const std::vector<double> kStraight = {0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4};
  static const std::vector<std::vector<double>> kWeights = {
      {0, 0.5, 0, 3, 2, 4, 1, 2}, {0.6, 5, 1, 4, 2, 1.5, 0.2, 0}, {4, 5, 1, 1, 0.4, 0.2, 0, 0}};
  static const std::vector<double> kCompound = {0.25, 0.5, 1, 1.5, 3};
  static const std::vector<std::vector<double>> kCompoundWeights = {
      {0, 1, 2, 4, 2}, {0.3, 5, 3, 3, 0.3}, {2, 7, 1, 0.6, 0}};
  const bool compound = plan.feel == Feel::kCompound;
  const auto& lengths = compound ? kCompound : kStraight;
  const double at = std::clamp(plan.density, 0.0, 1.0) * 1.999;
  const size_t low = static_cast<size_t>(at);
  const auto& table = compound ? kCompoundWeights : kWeights;
  std::vector<double> weights;
  for (size_t i = 0; i < lengths.size(); ++i)
    weights.push_back(table[low][i] + (at - static_cast<double>(low)) *
                                          (table[low + 1 < 3 ? low + 1 : low][i] - table[low][i]));
  Motif motif;
  double beat = random.chance(0.2) ? 0.5 : 0.0;
  const int trend = random.between(-1, 1);
  while (beat < beats - 1e-6) {
    double length = std::min(lengths[random.weighted(weights)], beats - beat);
    // Short notes come in pairs, so that the beat is found again.
    const double fraction = beat - std::floor(beat);
    if (fraction > 1e-6 && length > 1.0 - fraction && !random.chance(0.3)) length = 1.0 - fraction;
    int step = static_cast<int>(random.weighted({2, 5, 3})) * (random.chance(0.5) ? 1 : -1);
    if (random.chance(plan.leaps)) step += random.between(2, 4) * (step < 0 ? -1 : 1);
    if (random.chance(0.3)) step += trend;
    motif.push_back({beat, length, step, random.chance(plan.rest)});
    beat += length;
  }
  return motif;
}

Motif vary(const Motif& motif, Random& random) {
  Motif out = motif;
  switch (random.below(5)) {
    case 0:  // inverted
      for (MotifNote& note : out) note.step = -note.step;
      break;
    case 1:  // another end
      for (size_t i = out.size() / 2; i < out.size(); ++i) out[i].step = random.between(-2, 2);
      break;
    case 2: {  // one note split in two
      const size_t i = static_cast<size_t>(random.below(static_cast<int>(out.size())));
      if (out[i].length >= 0.5) {
        MotifNote second = out[i];
        out[i].length /= 2;
        second.beat += out[i].length;
        second.length = out[i].length;
        second.step = random.chance(0.5) ? 1 : -1;
        out.insert(out.begin() + static_cast<long>(i) + 1, second);
      }
      break;
    }
    case 3: {  // two notes joined
      const size_t i = static_cast<size_t>(random.below(static_cast<int>(out.size())));
      if (i + 1 < out.size()) {
        out[i].length += out[i + 1].length;
        out.erase(out.begin() + static_cast<long>(i) + 1);
      }
      break;
    }
    default:  // as it is
      break;
  }
  return out;
}

/// A note a semitone under a chord tone that is foreign to the scale (the leading note of a minor key,
/// the third of a borrowed chord) becomes that tone.
int agree(int pitch, const Chord& chord, int tonic_pitch, const std::vector<int>& scale) {
  for (int move : {1, -1}) {
    if (chord.has(pitch) || !chord.has(pitch + move)) continue;
    const int above_tonic = ((pitch + move - tonic_pitch) % 12 + 12) % 12;
    if (std::find(scale.begin(), scale.end(), above_tonic) == scale.end()) return pitch + move;
  }
  return pitch;
}

}  // namespace

std::vector<Note> make_melody(const MelodyPlan& plan, const std::vector<Change>& changes,
                              Random& random) {
  const int motif_bars = plan.bars % 2 == 0 && random.chance(plan.is_riff ? 0.5 : 0.35) ? 2 : 1;
  const double motif_beats = motif_bars * plan.bar_beats;
  const Motif a = invent(plan, motif_beats, random);
  const Motif b = invent(plan, motif_beats, random);
  static const std::vector<std::vector<int>> kForms = {{0, 0, 1, 0}, {0, 1, 0, 1}, {0, 0, 0, 1},
                                                       {0, 2, 1, 2}, {0, 0, 2, 1}, {0, 1, 2, 1}};
  const std::vector<int> form = random.pick(kForms);
  const std::vector<int>& scale = melody_scale(plan.mode);
  const double per_seven = static_cast<double>(scale.size()) / 7.0;
  const int low = static_cast<int>(plan.low_step * per_seven);
  const int high = static_cast<int>(plan.high_step * per_seven);
  const bool follows =
      random.chance(0.5);  // motifs start from the chord's root, not from the last note
  int position = random.between(low / 2, high / 2 + 1);
  std::vector<Note> notes;
  const int n_motifs = std::max(1, plan.bars / motif_bars);
  for (int m = 0; m < n_motifs; ++m) {
    const int letter = plan.is_riff ? 0 : form[static_cast<size_t>(m % 4)];
    Motif motif = letter == 1 ? b : a;
    if (!plan.is_riff && (letter == 2 || (m >= 4 && random.chance(0.25)) || random.chance(0.15)))
      motif = vary(motif, random);
    const double begin = m * motif_beats;
    if (plan.is_riff) position = 0;
    if (follows && !plan.is_riff) {
      // The step of the scale nearest to a chord tone close to where the melody is.
      const int target = nearest_chord_tone(chord_at(changes, m * motif_bars),
                                            scale_pitch(plan.tonic_pitch, scale, position));
      int best = position;
      for (int s = low; s <= high; ++s)
        if (std::abs(scale_pitch(plan.tonic_pitch, scale, s) - target) <
            std::abs(scale_pitch(plan.tonic_pitch, scale, best) - target))
          best = s;
      position = best;
    }
    const bool last = m + 1 == n_motifs;
    const bool phrase_end =
        !plan.is_riff && (last || m % 4 == 3 || (m % 2 == 1 && random.chance(0.4)));
    for (size_t i = 0; i < motif.size(); ++i) {
      const MotifNote& from = motif[i];
      if (begin + from.beat >= plan.bars * plan.bar_beats - 1e-6) break;
      position = std::clamp(position + (i == 0 && m == 0 ? 0 : from.step), low, high);
      if (position == low || position == high) position += position == low ? 1 : -1;
      if (from.silent && i != 0) continue;
      const Chord& chord = chord_at(changes, (begin + from.beat) / plan.bar_beats);
      int pitch = scale_pitch(plan.tonic_pitch, scale, position);
      const bool strong = std::fabs(from.beat - std::round(from.beat)) < 1e-6;
      if (plan.is_riff) {
        // A riff moves with the root of the chord instead of the scale.
        int shift = (chord.root - plan.tonic_pitch) % 12;
        if (shift < -6) shift += 12;
        if (shift > 6) shift -= 12;
        pitch += random.chance(0.9) ? shift : 0;
      } else if (strong && (from.length >= 1 || random.chance(0.6))) {
        pitch = nearest_chord_tone(chord, pitch);
      } else {
        pitch = agree(pitch, chord, plan.tonic_pitch, harmony_scale(plan.mode));
      }
      Note note;
      note.beat = begin + from.beat;
      note.length = from.length * (random.chance(0.85) ? 0.96 : 0.6);
      note.pitch = pitch;
      const double contour = 3.0 * position / std::max(1, high);
      note.velocity = std::clamp(
          82 + static_cast<int>(contour) + (strong ? 6 : 0) + random.between(-8, 8), 30, 120);
      const bool ending = phrase_end && (i + 1 == motif.size());
      if (ending) {
        note.pitch = nearest_chord_tone(chord, pitch);
        if (last && plan.closes)
          note.pitch = nearest_chord_tone(Chord{plan.tonic_pitch % 12, 0, {0}}, pitch);
        note.length = std::max(note.length, motif_beats - from.beat);
        note.length = std::min(note.length, plan.bars * plan.bar_beats - note.beat);
      }
      if (!plan.is_riff && from.length >= 0.5 && random.chance(plan.ornaments)) {
        Note grace = note;  // a short note from above or below
        grace.length = 0.1;
        grace.pitch += random.chance(0.5) ? 1 : -2;
        grace.velocity -= 12;
        note.beat += 0.1;
        note.length = std::max(0.15, note.length - 0.1);
        notes.push_back(grace);
      }
      notes.push_back(note);
      if (ending) break;
    }
  }
  return notes;
}

std::vector<Note> harmonise(const std::vector<Note>& melody, const std::vector<Change>& changes,
                            double bar_beats, int below_semitones) {
  std::vector<Note> out = melody;
  for (Note& note : out) {
    const Chord& chord = chord_at(changes, note.beat / bar_beats);
    note.pitch = nearest_chord_tone(chord, note.pitch - below_semitones);
    note.velocity = std::max(1, note.velocity - 14);
    note.syllable.clear();
  }
  return out;
}

std::vector<Note> make_counter(const MelodyPlan& plan, const std::vector<Change>& changes,
                               Random& random) {
  std::vector<Note> notes;
  int pitch = plan.tonic_pitch + random.between(-3, 5);
  const int per_bar = random.chance(0.5) ? 1 : 2;
  for (int bar = 0; bar < plan.bars; ++bar) {
    const bool moving = random.chance(0.3);
    const int parts = moving ? per_bar * 2 : per_bar;
    const double each = plan.bar_beats / parts;
    for (int i = 0; i < parts; ++i) {
      const Chord& chord = chord_at(changes, bar + static_cast<double>(i) / parts);
      pitch = nearest_chord_tone(chord, pitch + random.between(-3, 3));
      if (pitch > plan.tonic_pitch + 10) pitch = nearest_chord_tone(chord, pitch - 7);
      if (pitch < plan.tonic_pitch - 8) pitch = nearest_chord_tone(chord, pitch + 7);
      if (random.chance(plan.rest)) continue;
      Note note;
      note.beat = bar * plan.bar_beats + i * each;
      note.length = each * 0.97;
      note.pitch = pitch;
      note.velocity = 70 + random.between(-6, 6);
      notes.push_back(note);
    }
  }
  return notes;
}

}  // namespace heart::music
