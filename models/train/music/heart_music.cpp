// SPDX-License-Identifier: LGPL-2.1-or-later
//
// heart-music: makes music with words from seeds, as WAV and JSON or as one packed file.

#include "models/base/error.h"
#include "models/train/music/music_source.h"
#include "models/train/music/pack.h"
#include "models/train/music/styles.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <sys/stat.h>

namespace {

using heart::music::MusicSource;
using heart::music::SourceOptions;

constexpr char kUsage[] =
    "heart-music render [options] FOLDER   one SEED.wav (48 kHz, 16 bit, stereo) and SEED.json per "
    "piece\n"
    "heart-music pack [options] FILE       all pieces in one file, see models/train/music/pack.h\n"
    "heart-music styles                    the names of the styles\n"
    "  --seed N        seed of the first piece; the others follow (1000)\n"
    "  --count M       pieces (1)\n"
    "  --length S      seconds of each (24)\n"
    "  --style NAME    only this style\n"
    "  --stem          name files by style and seed\n"
    "  --midi          write SEED.mid as well (render)\n"
    "  --plain         no room, noise, equaliser or level spread\n"
    "  --no-soundfont  own synthesis alone\n"
    "  --no-espeak     speech from the own formants\n";

struct Arguments {
  std::string command, target;
  uint64_t seed = 1000, count = 1;
  bool midi = false, stem = false;
  SourceOptions options;
};

[[noreturn]] void wrong(const std::string& what) {
  throw heart::Error(heart::Fault::kInput, what + "\n" + kUsage);
}

double number(const std::string& option, const char* text) {
  char* end = nullptr;
  const double value = text != nullptr ? std::strtod(text, &end) : 0;
  if (text == nullptr || end == text || *end != '\0' || !(value >= 0))
    wrong(option + " wants a number, not \"" + (text != nullptr ? text : "") + "\"");
  return value;
}

Arguments parse(int argc, char** argv) {
  Arguments out;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const char* value = i + 1 < argc ? argv[i + 1] : nullptr;
    if (word == "--seed")
      out.seed = static_cast<uint64_t>(number(word, value)), ++i;
    else if (word == "--count")
      out.count = static_cast<uint64_t>(number(word, value)), ++i;
    else if (word == "--length")
      out.options.seconds = number(word, value), ++i;
    else if (word == "--style" && value != nullptr)
      out.options.style = value, ++i;
    else if (word == "--midi")
      out.midi = true;
    else if (word == "--stem")
      out.stem = true;
    else if (word == "--plain")
      out.options.augment = false;
    else if (word == "--no-soundfont")
      out.options.use_soundfont = false;
    else if (word == "--no-espeak")
      out.options.espeak = false;
    else if (word.rfind("--", 0) == 0)
      wrong("\"" + word + "\" is no option");
    else if (out.command.empty())
      out.command = word;
    else if (out.target.empty())
      out.target = word;
    else
      wrong("\"" + word + "\" is one word too many");
  }
  if (!(out.options.seconds > 0)) wrong("--length wants more than 0 seconds");
  return out;
}

void render(const Arguments& arguments) {
  mkdir(arguments.target.c_str(),
        0777);  // may exist; a failure shows when the first file is written
  MusicSource source(arguments.seed, arguments.options);
  for (uint64_t i = 0; i < arguments.count; ++i) {
    const heart::music::Piece piece = source.next();
    const heart::music::Song song = source.song(piece.seed);
    char name[32];
    std::snprintf(name, sizeof name, "%08llu", static_cast<unsigned long long>(piece.seed));
    const std::string stem =
        arguments.target + "/" + (arguments.stem ? piece.style + "-" : "") + name;
    heart::music::write_json(stem + ".json", piece, song);
    if (arguments.midi) heart::music::write_midi(stem + ".mid", song);
    heart::music::write_wav(stem + ".wav", piece.audio);
  }
}

void pack(const Arguments& arguments) {
  heart::music::PackWriter writer(arguments.target);
  MusicSource source(arguments.seed, arguments.options);
  for (uint64_t i = 0; i < arguments.count; ++i) writer.add(source.next());
  writer.close();
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const Arguments arguments = parse(argc, argv);
    if (arguments.command == "styles") {
      for (const auto& style : heart::music::all_styles()) std::printf("%s\n", style.name.c_str());
    } else if (arguments.command == "render" && !arguments.target.empty()) {
      render(arguments);
    } else if (arguments.command == "pack" && !arguments.target.empty()) {
      pack(arguments);
    } else {
      wrong("what shall be made?");
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "heart-music: %s\n", error.what());
    return 1;
  }
  return 0;
}
