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

  /// `place` is a checkpoint directory, whose folders are found by name: HeartMuLa*, HeartCodec*,
  /// HeartCodec*encoder*; of several that fit, the last in alphabetical order, which is the newest of the dated
  /// ones. Or it is a .json file for parts that lie apart: {"lm": "…", "codec": "…", "encoder": "…",
  /// "tokenizer": "….json", "generation": "….json"}, paths relative to the file, the last three as above.
  /// Errors   Error{kFile}: not there or a part is lacking; the text names what was looked for
  static CheckpointLayout find(const std::string& place);
};

}  // namespace heart
