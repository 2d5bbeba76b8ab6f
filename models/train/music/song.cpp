// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/train/music/song.h"

#include <algorithm>

namespace heart::music {

double Song::seconds_at(double beat) const {
  if (tempo.empty()) return beat * 60 / bpm;
  double seconds = 0;
  for (size_t i = 0; i < tempo.size(); ++i) {
    const bool last = i + 1 == tempo.size();
    const double end = last ? beat : std::min(beat, tempo[i + 1].beat);
    const double begin = i == 0 ? 0 : tempo[i].beat;
    seconds += (end - begin) * 60 / tempo[i].bpm;
    if (last || beat <= tempo[i + 1].beat) break;
  }
  return seconds;
}

}  // namespace heart::music
