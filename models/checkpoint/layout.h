// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Which folder of a checkpoint directory holds what. Releases name their folders with suffixes that change
// (HeartMuLa-oss-3B, HeartMuLa-RL-oss-3B-20260123, HeartCodec-oss-20260123, HeartCodec-oss-encoder …).

#pragma once

#include <string>

namespace heart {

/// Paths of one checkpoint directory. `encoder` is empty where the release has none.
struct CheckpointLayout {
  std::string name;  // of the language model's folder, or of the directory itself if that says more
  std::string lm;    // folder with config.json and weights
  std::string codec;       // the codec's decoder side
  std::string encoder;     // the codec's encoder side
  std::string tokenizer;   // tokenizer.json
  std::string generation;  // gen_config.json, empty where absent

  /// Finds the folders by name: HeartMuLa*, HeartCodec*, HeartCodec*encoder*. Of several that fit, the last
  /// in alphabetical order, which is the newest of the dated ones.
  /// Errors   Error{kFile}: the directory is not there or lacks a part; the text names what was looked for
  static CheckpointLayout find(const std::string& directory);
};

}  // namespace heart
