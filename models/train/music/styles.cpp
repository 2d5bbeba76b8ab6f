// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/train/music/styles.h"

#include "models/train/music/style_words.h"

#include <utility>

namespace heart::music {

const char* role_name(Role role) {
  static const char* const kNames[] = {"bass", "comp", "pad", "arp", "lead", "counter", "riff"};
  return kNames[static_cast<int>(role)];
}

const std::vector<Style>& all_styles() {
  static const std::vector<Style> kStyles = [] {
    std::vector<Style> styles = first_styles();
    std::vector<Style> more = second_styles();
    for (Style& style : more) styles.push_back(std::move(style));
    return styles;
  }();
  return kStyles;
}

double style_weight(const Style& style) {
  for (const char* broad : {"pop", "rock", "waltz", "ambient", "piano", "synth", "choir", "jazz"})
    if (style.name == broad) return 2.5;
  return 1;
}

const char* instrument_tag(int program) {
  struct Range {
    int last;
    const char* name;
  };
  static const std::vector<Range> kRanges = {{3, "piano"},
                                             {5, "electric piano"},
                                             {6, "harpsichord"},
                                             {7, "clavinet"},
                                             {8, "celesta"},
                                             {9, "glockenspiel"},
                                             {10, "music box"},
                                             {11, "vibraphone"},
                                             {12, "marimba"},
                                             {13, "xylophone"},
                                             {14, "bells"},
                                             {15, "dulcimer"},
                                             {18, "organ"},
                                             {19, "church organ"},
                                             {20, "reed organ"},
                                             {21, "accordion"},
                                             {22, "harmonica"},
                                             {23, "bandoneon"},
                                             {25, "acoustic guitar"},
                                             {28, "electric guitar"},
                                             {31, "distorted guitar"},
                                             {32, "double bass"},
                                             {37, "electric bass"},
                                             {39, "synth bass"},
                                             {40, "violin"},
                                             {41, "viola"},
                                             {42, "cello"},
                                             {43, "double bass"},
                                             {45, "strings"},
                                             {46, "harp"},
                                             {47, "timpani"},
                                             {51, "strings"},
                                             {54, "choir"},
                                             {55, "orchestra hit"},
                                             {56, "trumpet"},
                                             {57, "trombone"},
                                             {58, "tuba"},
                                             {59, "muted trumpet"},
                                             {60, "horn"},
                                             {63, "brass"},
                                             {67, "saxophone"},
                                             {68, "oboe"},
                                             {69, "english horn"},
                                             {70, "bassoon"},
                                             {71, "clarinet"},
                                             {72, "piccolo"},
                                             {73, "flute"},
                                             {74, "recorder"},
                                             {75, "pan flute"},
                                             {77, "shakuhachi"},
                                             {78, "whistle"},
                                             {79, "ocarina"},
                                             {87, "synth lead"},
                                             {95, "synth pad"},
                                             {103, "sound effects"},
                                             {104, "sitar"},
                                             {105, "banjo"},
                                             {106, "shamisen"},
                                             {107, "koto"},
                                             {108, "kalimba"},
                                             {109, "bagpipe"},
                                             {110, "fiddle"},
                                             {111, "shanai"},
                                             {127, "percussion"}};
  for (const Range& range : kRanges)
    if (program <= range.last) return range.name;
  return "percussion";
}

Engine synthetic_engine(int program) {
  if (program <= 5 || (program >= 8 && program <= 14)) return Engine::kFm;  // struck
  if (program == 6 || program == 7 || program == 15) return Engine::kPluck;
  if (program <= 23) return Engine::kOrgan;
  if (program <= 31) return Engine::kPluck;
  if (program <= 37) return program == 36 || program == 37 ? Engine::kFm : Engine::kPluck;
  if (program == 45 || program == 46) return Engine::kPluck;
  if (program >= 52 && program <= 54) return Engine::kVoice;
  if (program <= 51) return Engine::kAnalog;
  if (program <= 63) return Engine::kAnalog;
  if (program <= 79) return Engine::kFm;
  if (program == 85) return Engine::kVoice;
  if (program >= 96 && program <= 99) return Engine::kFm;
  if (program >= 104 && program <= 108) return Engine::kPluck;
  return Engine::kAnalog;
}

}  // namespace heart::music
