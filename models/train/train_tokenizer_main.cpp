// SPDX-License-Identifier: LGPL-2.1-or-later
//
// heart-train-tokenizer [--size N] [--audio-eos ID] FOLDER < TEXTS: trains a tokenizer on the lines of
// standard input and writes FOLDER/tokenizer.json and FOLDER/gen_config.json.

#include "models/train/tokenizer_trainer.h"

#include <cstdio>
#include <cstring>
#include <exception>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

int main(int argc, char** argv) try {
  int64_t size = 2048, audio_eos = 8193;
  std::string folder;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--size") == 0 && i + 1 < argc) {
      size = std::stoll(argv[++i]);
    } else if (std::strcmp(argv[i], "--audio-eos") == 0 && i + 1 < argc) {
      audio_eos = std::stoll(argv[++i]);
    } else {
      folder = argv[i];
    }
  }
  if (folder.empty()) {
    std::fprintf(stderr,
                 "usage: heart-train-tokenizer [--size 2048] [--audio-eos 8193] FOLDER < TEXTS\n");
    return 2;
  }
  heart::TokenizerTrainer trainer;
  int64_t lines = 0;
  for (std::string line; std::getline(std::cin, line); ++lines) trainer.add(line);
  const heart::TrainedTokenizer tokenizer = trainer.train(size);
  tokenizer.write(folder + "/tokenizer.json");
  std::ofstream ids(folder + "/gen_config.json");
  ids << nlohmann::ordered_json{{"text_bos_id", tokenizer.bos},
                                {"text_eos_id", tokenizer.eos},
                                {"audio_eos_id", audio_eos},
                                {"empty_id", 0}}
             .dump(1)
      << "\n";
  std::printf("%lld lines -> %lld ids (%zu pieces, %zu merges)\n", static_cast<long long>(lines),
              static_cast<long long>(tokenizer.vocabulary_size()), tokenizer.pieces.size(),
              tokenizer.merges.size());
  return ids ? 0 : 1;
} catch (const std::exception& e) {
  std::fprintf(stderr, "heart-train-tokenizer: %s\n", e.what());
  return 1;
}
