// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/train/music/music_source.h"

#include "models/train/music/augment.h"
#include "models/train/music/composer.h"

namespace heart::music {

MusicSource::MusicSource(uint64_t first_seed, const SourceOptions& options)
    : options_(options), next_seed_(first_seed), renderer_(options.use_soundfont, options.espeak) {}

Song MusicSource::song(uint64_t seed) const {
  ComposeOptions options;
  options.seconds = options_.seconds;
  options.style = options_.style;
  return compose(seed, options);
}

Piece MusicSource::make(uint64_t seed) {
  const Song composed = song(seed);
  Piece piece;
  piece.seed = seed;
  piece.style = composed.style;
  piece.tags = composed.tags;
  piece.lyrics = composed.lyrics;
  piece.audio = renderer_.render(composed, options_.seconds);
  if (options_.augment) {
    const Treatment treatment = choose_treatment(seed);
    treat(treatment, piece.audio);
    for (const std::string& tag : treatment.tags())
      if (("," + piece.tags + ",").find("," + tag + ",") == std::string::npos)
        piece.tags += "," + tag;
  }
  return piece;
}

Piece MusicSource::next() {
  return make(next_seed_++);
}

}  // namespace heart::music
