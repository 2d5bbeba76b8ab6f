// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Cases of the tokenizer and of the prompt's texts, made with HuggingFace tokenizers and Python's str.lower.

#include "models/heartmula/prompt.h"
#include "models/text/tokenizer.h"
#include "tests/parity/parity.h"

#include <fstream>
#include <nlohmann/json.hpp>

namespace heart::parity {
namespace {

/// Calls `check(line)` for each; false counts as a difference.
template <typename Check>
void run_lines(const Case& test, Report& report, Check check) {
  std::ifstream stream(test.path());
  int64_t lines = 0, different = 0;
  for (std::string line; std::getline(stream, line);) {
    ++lines;
    if (!check(nlohmann::json::parse(line))) ++different;
  }
  report.require("has lines", lines > 0);
  report.exact("lines that differ", at::scalar_tensor(different, at::kLong),
               at::scalar_tensor(0, at::kLong));
}

void run_tokenizer(const Case& test, Report& report) {
  const Tokenizer pairs(test.beside("tokenizer") + "/tokenizer.json");
  run_lines(test, report, [&](const nlohmann::json& line) {
    return pairs.encode(line["text"].get<std::string>()) == line["ids"].get<std::vector<int64_t>>();
  });
  // The same file with its merges written the other way.
  const Tokenizer strings(test.beside("tokenizer") + "/tokenizer-merges-as-strings.json");
  run_lines(test, report, [&](const nlohmann::json& line) {
    return strings.encode(line["text"].get<std::string>()) ==
           line["ids"].get<std::vector<int64_t>>();
  });
}

void run_prompts(const Case& test, Report& report) {
  const std::string folder = test.beside("tokenizer");
  const Tokenizer tokenizer(folder + "/tokenizer.json");
  const GenerationIds ids = GenerationIds::from(Config::open(folder + "/gen_config.json"));
  run_lines(test, report, [&](const nlohmann::json& line) {
    const Prompt prompt =
        Prompt::from(tokenizer.encode(tags_prompt(line["tags"].get<std::string>())),
                     tokenizer.encode(lyrics_prompt(line["lyrics"].get<std::string>())), ids);
    auto expected = line["tag_ids"].get<std::vector<int64_t>>();
    const auto lyrics = line["lyrics_ids"].get<std::vector<int64_t>>();
    const bool is_slot_right = prompt.muq_position == static_cast<int64_t>(expected.size());
    expected.push_back(ids.empty);
    expected.insert(expected.end(), lyrics.begin(), lyrics.end());
    return is_slot_right && prompt.ids == expected;
  });
}

void run_text(const Case& test, Report& report) {
  for (int64_t i = 0; i < test.integer("count"); ++i) {
    const std::string n = std::to_string(i);
    report.require("tags " + n,
                   tags_prompt(test.text("in.tags." + n)) == test.text("out.tags." + n));
    report.require("lyrics " + n,
                   lyrics_prompt(test.text("in.lyrics." + n)) == test.text("out.lyrics." + n));
  }
}

const AddKind kinds_text[] = {
    {"tokenizer.jsonl", run_tokenizer}, {"prompt.jsonl", run_prompts}, {"text", run_text}};

}  // namespace
}  // namespace heart::parity
