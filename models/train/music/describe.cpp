// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/train/music/describe.h"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <vector>

namespace heart::music {

std::string choose_mood(const Style& style, bool minor, double bpm, Random& random) {
  const bool machine = style.human_ms < 1;
  const double fast = std::clamp((bpm - 60) / 100, 0.0, 1.0);
  static const std::vector<std::string> kMoods = {"happy", "sad",       "dark",
                                                  "calm",  "energetic", "romantic"};
  std::vector<double> weights = {minor ? 0.2 : 2 + 2 * fast,   minor ? 2 - fast : 0.4,
                                 minor ? 0.6 + 2 * fast : 0.1, 2.5 * (1 - fast),
                                 3 * fast + (machine ? 1 : 0), 1.5 * (1 - fast)};
  // What the style's own words say outweighs the rest.
  static const std::vector<std::pair<const char*, size_t>> kHints = {
      {"happy", 0}, {"dark", 2},     {"calm", 3},   {"relaxed", 3}, {"energetic", 4},
      {"dance", 4}, {"romantic", 5}, {"gentle", 3}, {"loud", 4}};
  for (const auto& [word, index] : kHints)
    if (style.tags.find(word) != std::string::npos) weights[index] += 4;
  return kMoods[random.weighted(weights)];
}

std::string describe(const Song& song, const Style& style, const std::string& mood, uint64_t seed) {
  static const char* const kKeys[] = {"c",       "c sharp", "d",      "e flat", "e",      "f",
                                      "f sharp", "g",       "a flat", "a",      "b flat", "b"};
  Random random(seed);
  std::vector<std::string> tags;
  auto add = [&](const std::string& tag) {
    if (!tag.empty() && std::find(tags.begin(), tags.end(), tag) == tags.end()) tags.push_back(tag);
  };
  std::istringstream more(style.tags);
  std::string word;
  while (std::getline(more, word, ','))
    if (random.chance(0.6)) add(word);
  // Instruments by how much they play, the loudest roles first.
  bool voice = false, speech = false, drums = false;
  for (const Part& part : song.parts) {
    if (part.notes.empty()) continue;
    voice = voice || part.role == "voice";
    speech = speech || part.role == "speech";
    drums = drums || part.is_drums;
    if (part.is_drums || part.role == "voice" || part.role == "speech") continue;
    const bool synth = part.engine == Engine::kAnalog || part.engine == Engine::kFm;
    if (random.chance(part.role == "lead" ? 0.95 : 0.6))
      add(synth && random.chance(0.6) ? "synthesizer" : instrument_tag(part.program));
    if (voice || speech) continue;
  }
  for (const Part& part : song.parts) {
    if (part.role == "voice" && !part.notes.empty())
      add(part.program == 53 ? "female vocals" : "male vocals");
    if (part.role == "speech" && !part.notes.empty()) add("spoken word");
  }
  if (!voice && !speech && random.chance(0.5)) add("instrumental");
  if (drums && random.chance(0.5)) add("drums");
  if (random.chance(0.85)) add(mood);
  if (random.chance(0.4)) add(song.bpm < 80 ? "slow" : song.bpm < 125 ? "mid tempo" : "fast");
  if (random.chance(0.7)) add(std::to_string(static_cast<int>(std::lround(song.bpm))) + " bpm");
  if (random.chance(0.6)) add(std::string(kKeys[song.key]) + " " + song.mode);
  if (song.metre_count != 4 && random.chance(0.7))
    add(std::to_string(song.metre_count) + "/" + std::to_string(song.metre_unit));
  for (size_t i = tags.size(); i > 1; --i)
    std::swap(tags[i - 1], tags[static_cast<size_t>(random.below(static_cast<int>(i)))]);
  std::string out = style.name;
  for (const std::string& tag : tags)
    if (tag != style.name) out += "," + tag;
  return out;
}

}  // namespace heart::music
