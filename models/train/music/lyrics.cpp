// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/train/music/lyrics.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <sstream>

namespace heart::music {
namespace {

using Words = std::vector<std::string>;

struct Vocabulary {
  Words nouns, verbs, adjectives, places;
};

const std::map<std::string, Vocabulary>& vocabularies() {
  static const std::map<std::string, Vocabulary> kTable = {
      {"happy",
       {{"sunshine", "summer", "smile", "morning", "song", "friend", "flower", "river", "rainbow",
         "feeling", "bird", "garden", "melody", "day"},
        {"dancing", "singing", "shining", "laughing", "running", "playing", "waking", "flying",
         "calling", "smiling"},
        {"golden", "bright", "sunny", "sweet", "happy", "brand new", "easy", "lovely", "warm",
         "free"},
        {"by the sea", "in the sun", "down the street", "on the hill", "under blue skies",
         "all day long", "with you", "in the park"}}},
      {"sad",
       {{"rain", "tear", "shadow", "letter", "memory", "goodbye", "winter", "window", "silence",
         "photograph", "stone", "promise", "night", "heart"},
        {"falling", "fading", "crying", "leaving", "waiting", "breaking", "missing", "drifting",
         "dreaming", "sinking"},
        {"lonely", "broken", "cold", "empty", "grey", "distant", "silent", "blue", "lost", "weary"},
        {"in the rain", "all alone", "without you", "in the dark", "behind the door",
         "down the empty road", "so far away", "at the station"}}},
      {"dark",
       {{"fire", "storm", "ghost", "blade", "wolf", "machine", "hunger", "thunder", "poison",
         "night", "iron", "blood", "raven", "chain"},
        {"burning", "rising", "hunting", "breaking", "screaming", "crawling", "turning", "bleeding",
         "hiding", "marching"},
        {"black", "hollow", "wild", "cruel", "endless", "heavy", "savage", "bitter", "buried",
         "frozen"},
        {"in the night", "under the ground", "through the smoke", "at the gates", "in the cold",
         "beyond the wall", "into the void", "on the edge"}}},
      {"calm",
       {{"ocean", "moon", "cloud", "water", "breeze", "silver", "whisper", "starlight", "valley",
         "island", "snow", "feather", "lake", "light"},
        {"floating", "breathing", "sleeping", "drifting", "glowing", "flowing", "dreaming",
         "resting", "listening", "wandering"},
        {"gentle", "slow", "soft", "quiet", "pale", "deep", "clear", "still", "tender", "hazy"},
        {"on the water", "in the sky", "through the trees", "in the evening", "under the stars",
         "across the sea", "by the fire", "at dawn"}}},
      {"energetic",
       {{"beat", "city", "engine", "lightning", "rhythm", "crowd", "neon", "highway", "rocket",
         "power", "night", "music", "electric", "floor"},
        {"jumping", "racing", "moving", "pumping", "rocking", "shaking", "driving", "rushing",
         "spinning", "shouting"},
        {"loud", "fast", "electric", "crazy", "high", "wild", "hot", "young", "reckless", "ready"},
        {"tonight", "on the floor", "in the city", "to the top", "down the line", "all night long",
         "in the spotlight", "out of control"}}},
      {"romantic",
       {{"love", "kiss", "heart", "rose", "candle", "eyes", "hand", "whisper", "honey", "angel",
         "darling", "velvet", "arms", "desire"},
        {"holding", "falling", "loving", "needing", "kissing", "touching", "wanting", "waiting",
         "believing", "staying"},
        {"tender", "sweet", "true", "beautiful", "precious", "close", "only", "gentle", "forever",
         "warm"},
        {"in your arms", "next to me", "in the moonlight", "by my side", "all my life",
         "under the stars", "till the morning", "in my dreams"}}},
  };
  return kTable;
}

const std::vector<Words>& rhymes() {
  static const std::vector<Words> kTable = {
      {"night", "light", "bright", "right", "sight", "tonight", "fight"},
      {"day", "way", "stay", "away", "say", "today", "play"},
      {"me", "free", "sea", "be", "see", "memory", "tree"},
      {"heart", "apart", "start", "art", "part"},
      {"love", "above", "dove", "of"},
      {"rain", "again", "pain", "train", "name", "remain"},
      {"sky", "high", "fly", "goodbye", "cry", "why", "by"},
      {"you", "true", "blue", "through", "new", "do"},
      {"mind", "find", "behind", "kind", "blind"},
      {"fire", "higher", "desire", "wire"},
      {"time", "mine", "line", "shine", "climb"},
      {"go", "know", "slow", "snow", "below", "glow"},
      {"dream", "stream", "seem", "scream", "gleam"},
      {"around", "sound", "ground", "found", "down"},
      {"alone", "home", "stone", "unknown", "phone"},
      {"door", "more", "before", "floor", "shore"}};
  return kTable;
}

const Vocabulary& vocabulary(const std::string& mood) {
  const auto& table = vocabularies();
  const auto found = table.find(mood);
  return found != table.end() ? found->second : table.at("calm");
}

/// Fills a template: N noun, V verb, A adjective, P place.
std::string fill(const std::string& form, const Vocabulary& words, Random& random) {
  std::string out;
  for (char c : form) {
    if (c == 'N')
      out += random.pick(words.nouns);
    else if (c == 'V')
      out += random.pick(words.verbs);
    else if (c == 'A')
      out += random.pick(words.adjectives);
    else if (c == 'P')
      out += random.pick(words.places);
    else
      out += c;
  }
  return out;
}

const Words& line_forms() {
  static const Words kForms = {"the N is V P",
                               "i am V P",
                               "A N and a A N",
                               "we are V like the N",
                               "you and i are V P",
                               "oh my A N",
                               "give me your N give me your N",
                               "i hear the N V P",
                               "there's a A N P",
                               "can you feel the N",
                               "every N is V now",
                               "don't you leave me V P",
                               "take me to the N",
                               "let the N be A",
                               "i'm still V for the N",
                               "la la la the N is V",
                               "V through the A N",
                               "when the N comes V",
                               "i remember the A N",
                               "we will never be so A",
                               "hold on to the N",
                               "no more N no more N",
                               "like a N V P",
                               "tell me why the N is A"};
  return kForms;
}

const Words& rhyme_forms() {
  static const Words kForms = {"i will find you in the R", "oh the N and the R",
                               "V V till the R",           "and the A N will R",
                               "there is nothing but R",   "i give it all for the R",
                               "the N was A and so R",     "we are V for the R"};
  return kForms;
}

bool is_vowel(char c) {
  return std::string("aeiouy").find(c) != std::string::npos;
}

}  // namespace

std::string make_line(const std::string& mood, Random& random) {
  return fill(random.pick(line_forms()), vocabulary(mood), random);
}

std::vector<std::string> make_verse(const std::string& mood, int lines, Random& random) {
  std::vector<std::string> out;
  const Words* rhyme = nullptr;
  std::string last;
  for (int i = 0; i < lines; ++i) {
    if (random.chance(0.45)) {
      out.push_back(make_line(mood, random));
      rhyme = nullptr;
      continue;
    }
    if (rhyme == nullptr) rhyme = &random.pick(rhymes());
    std::string word = random.pick(*rhyme);
    if (word == last) word = random.pick(*rhyme);
    last = word;
    std::string line = fill(random.pick(rhyme_forms()), vocabulary(mood), random);
    line.replace(line.find('R'), 1, word);
    out.push_back(line);
    if (i % 2 == 1) rhyme = nullptr;
  }
  return out;
}

std::vector<std::string> syllables_of(const std::string& line) {
  std::vector<std::string> out;
  std::istringstream in(line);
  std::string word;
  while (in >> word) {
    // A new syllable starts before the consonant in front of each further group of vowels; a silent
    // e at the end belongs to what is before it.
    std::vector<size_t> nuclei;
    for (size_t i = 0; i < word.size(); ++i) {
      const bool vowel = is_vowel(word[i]) && !(i == 0 && word[i] == 'y');
      const bool again = i > 0 && is_vowel(word[i - 1]);
      const bool silent_e = word[i] == 'e' && i + 1 == word.size() && !nuclei.empty() &&
                            !(i > 1 && word[i - 1] == 'l' && !is_vowel(word[i - 2]));
      if (vowel && !again && !silent_e) nuclei.push_back(i);
    }
    size_t begin = 0;
    for (size_t n = 1; n < nuclei.size(); ++n) {
      size_t cut = nuclei[n];
      if (cut > begin + 1 && !is_vowel(word[cut - 1])) --cut;
      out.push_back(word.substr(begin, cut - begin));
      begin = cut;
    }
    out.push_back(word.substr(begin));
  }
  return out;
}

}  // namespace heart::music
