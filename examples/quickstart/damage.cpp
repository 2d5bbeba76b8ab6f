// SPDX-License-Identifier: LGPL-2.1-or-later
//
// heart-damage IN CLEAN DAMAGED LABELS: cuts holes of several lengths into a piece of music, so that the
// quickstart has something to repair and something to compare with. CLEAN is the untouched excerpt as
// 16-bit WAV, DAMAGED the same with holes, LABELS an Audacity label track of them.

#include "examples/quickstart/sound_file.h"
#include "models/base/error.h"

#include <glib.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <random>
#include <sstream>
#include <string>
#include <vector>

namespace {

struct Hole {
  size_t begin, length;  // samples per channel
};

std::vector<double> parse_lengths(const std::string& list) {
  std::vector<double> lengths_ms;
  std::istringstream items(list);
  for (std::string item; std::getline(items, item, ',');) {
    const double value = g_ascii_strtod(item.c_str(), nullptr);
    if (!(value > 0)) {
      throw heart::Error(heart::Fault::kInput,
                         "--gaps: '" + item + "' is no length in ms; wanted a list as in 20,300");
    }
    lengths_ms.push_back(value);
  }
  return lengths_ms;
}

/// Places the holes in the given order, one in each of as many equal slots, none within 1 s of an end.
std::vector<Hole> place(const std::vector<double>& lengths_ms, size_t frames, int rate_hz,
                        unsigned seed) {
  std::mt19937 random(seed);
  std::vector<Hole> holes;
  const double slot_s = (static_cast<double>(frames) / rate_hz - 2) / lengths_ms.size();
  for (size_t i = 0; i < lengths_ms.size(); ++i) {
    const double free_s = slot_s - lengths_ms[i] / 1000;
    if (free_s < 0.4) {
      throw heart::Error(heart::Fault::kInput,
                         "the excerpt is too short for these holes; take a longer one or fewer");
    }
    const double before_s = std::uniform_real_distribution<double>(0.3, 0.7)(random) * free_s;
    holes.push_back({static_cast<size_t>((1 + i * slot_s + before_s) * rate_hz),
                     static_cast<size_t>(std::lround(lengths_ms[i] / 1000 * rate_hz))});
  }
  return holes;
}

void write_labels(const char* path, const std::vector<Hole>& holes, int rate_hz) {
  FILE* file = std::fopen(path, "w");
  if (file == nullptr)
    throw heart::Error(heart::Fault::kFile, std::string(path) + ": not writable");
  for (const Hole& hole : holes) {
    std::fprintf(file, "%.9f\t%.9f\t%g ms\n", static_cast<double>(hole.begin) / rate_hz,
                 static_cast<double>(hole.begin + hole.length) / rate_hz,
                 std::round(hole.length * 1000.0 / rate_hz));
  }
  std::fclose(file);
}

}  // namespace

int main(int argc, char** argv) {
  gchar* gaps = nullptr;
  gdouble begin_s = 0;
  gdouble length_s = 30;
  gint seed = 1;
  gchar** files = nullptr;
  const GOptionEntry entries[] = {
      {"gaps", 0, 0, G_OPTION_ARG_STRING, &gaps, "Lengths in ms (20,50,100,300,1000,2000)", "LIST"},
      {"begin", 0, 0, G_OPTION_ARG_DOUBLE, &begin_s, "Start of the excerpt in seconds (0)", "S"},
      {"length", 0, 0, G_OPTION_ARG_DOUBLE, &length_s,
       "Length of the excerpt in seconds, 0 for all (30)", "S"},
      {"seed", 0, 0, G_OPTION_ARG_INT, &seed, "Seed of the places (1)", "N"},
      {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &files, nullptr,
       "IN CLEAN DAMAGED LABELS"},
      {}};
  GOptionContext* context = g_option_context_new(nullptr);
  g_option_context_set_summary(context,
                               "Cuts holes into a piece of music and writes labels for them.");
  g_option_context_add_main_entries(context, entries, nullptr);
  GError* error = nullptr;
  const bool parsed = g_option_context_parse(context, &argc, &argv, &error);
  g_option_context_free(context);
  if (!parsed || files == nullptr || g_strv_length(files) != 4) {
    std::fprintf(stderr, "heart-damage: %s\n",
                 parsed ? "wanted IN CLEAN DAMAGED LABELS (--help)" : error->message);
    return 2;
  }

  try {
    const std::vector<double> lengths_ms =
        parse_lengths(gaps != nullptr ? gaps : "20,50,100,300,1000,2000");
    heart::Sound sound = heart::read_sound(files[0], begin_s, length_s);
    const std::vector<Hole> holes =
        place(lengths_ms, heart::length_of(sound.planes), sound.rate_hz, seed);
    heart::write_wav16(files[1], sound);
    for (const Hole& hole : holes) {
      for (std::vector<float>& plane : sound.planes) {
        std::fill_n(plane.begin() + hole.begin, hole.length, 0.0f);
      }
    }
    heart::write_wav16(files[2], sound);
    write_labels(files[3], holes, sound.rate_hz);
  } catch (const heart::Error& problem) {
    std::fprintf(stderr, "heart-damage: %s\n", problem.what());
    return 1;
  }
  return 0;
}
