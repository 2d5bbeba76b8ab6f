// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Words to sing or to say, from a small grammar and a vocabulary by mood, and their syllables.
// Any thread.

#pragma once

#include "models/train/music/random.h"

#include <string>
#include <vector>

namespace heart::music {

/// One line of verse for a mood ("happy", "sad", "dark", "calm", "energetic", "romantic"; others are
/// taken as calm), in lower case without punctuation but the apostrophe.
std::string make_line(const std::string& mood, Random& random);

/// `lines` lines, every second one of which rhymes with the one before where a rhyme is known.
std::vector<std::string> make_verse(const std::string& mood, int lines, Random& random);

/// "tomorrow rain" → "to", "mor", "row", "rain". Every word gives at least one syllable.
std::vector<std::string> syllables_of(const std::string& line);

}  // namespace heart::music
