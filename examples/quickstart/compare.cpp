// SPDX-License-Identifier: LGPL-2.1-or-later
//
// heart-compare CLEAN DAMAGED REPAIRED LABELS: a table of every labelled span before and after, against the
// original, and on demand a picture of the three. The measures: models/audio/metrics.h.

#include "examples/quickstart/sound_file.h"
#include "examples/quickstart/spectrogram.h"
#include "models/audio/metrics.h"
#include "models/base/error.h"

#include <glib.h>

#include <cmath>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace {

struct Label {
  double begin_s, end_s;
  std::string text;
};

/// The plain lines of an Audacity label track, as heart-damage writes them.
std::vector<Label> read_labels(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw heart::Error(heart::Fault::kFile, path + ": cannot be read");
  std::vector<Label> labels;
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    std::string begin, end, text;
    std::getline(fields, begin, '\t');
    std::getline(fields, end, '\t');
    std::getline(fields, text);
    labels.push_back(
        {g_ascii_strtod(begin.c_str(), nullptr), g_ascii_strtod(end.c_str(), nullptr), text});
  }
  return labels;
}

void print_table(const heart::Sound& clean, const heart::Sound& damaged,
                 const heart::Sound& repaired, const std::vector<Label>& labels) {
  std::printf("%9s %9s | %9s %9s | %9s %9s %9s  %s\n", "", "", "before", "", "after", "", "", "");
  std::printf("%9s %9s | %9s %9s | %9s %9s %9s  %s\n", "at (s)", "long (ms)", "SNR (dB)",
              "mel (dB)", "SNR (dB)", "mel (dB)", "level", "remarks");
  std::vector<std::pair<size_t, size_t>> spans;
  const int rate = clean.rate_hz;
  for (const Label& label : labels) {
    const auto begin = static_cast<size_t>(std::llround(label.begin_s * rate));
    const auto end = static_cast<size_t>(std::llround(label.end_s * rate));
    spans.emplace_back(begin, end);
    const heart::GapMetrics before = heart::compare(clean.planes, damaged.planes, begin, end, rate);
    const heart::GapMetrics after = heart::compare(clean.planes, repaired.planes, begin, end, rate);
    std::printf("%9.3f %9.0f | %9.1f %9.1f | %9.1f %9.1f %+9.1f  %s\n", label.begin_s,
                (end - begin) * 1000.0 / rate, before.snr_db, before.logmel_db, after.snr_db,
                after.logmel_db, after.level_db, after.flags(end - begin, rate).c_str());
  }
  const size_t margin = static_cast<size_t>(rate) / 10;
  const size_t changed = heart::count_changed(damaged.planes, repaired.planes, spans, margin);
  std::printf(
      "\nSNR counts for short holes (silence 0, higher is nearer); mel is the distance of the "
      "spectra, "
      "for holes of 100 ms and more (lower is nearer).\nlength: %zu samples before, %zu after; "
      "samples changed beyond 100 ms of a hole: %zu\n",
      heart::length_of(damaged.planes), heart::length_of(repaired.planes), changed);
}

}  // namespace

int main(int argc, char** argv) {
  gchar* picture = nullptr;
  gchar** files = nullptr;
  const GOptionEntry entries[] = {{"picture", 'p', 0, G_OPTION_ARG_FILENAME, &picture,
                                   "Write spectrograms of all three", "PNG"},
                                  {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &files,
                                   nullptr, "CLEAN DAMAGED REPAIRED LABELS"},
                                  {}};
  GOptionContext* context = g_option_context_new(nullptr);
  g_option_context_set_summary(context, "Compares a repair with the original, span by span.");
  g_option_context_add_main_entries(context, entries, nullptr);
  GError* error = nullptr;
  const bool parsed = g_option_context_parse(context, &argc, &argv, &error);
  g_option_context_free(context);
  if (!parsed || files == nullptr || g_strv_length(files) != 4) {
    std::fprintf(stderr, "heart-compare: %s\n",
                 parsed ? "wanted CLEAN DAMAGED REPAIRED LABELS (--help)" : error->message);
    return 2;
  }
  try {
    const heart::Sound clean = heart::read_sound(files[0]);
    const heart::Sound damaged = heart::read_sound(files[1]);
    heart::Sound repaired = heart::read_sound(files[2]);
    const std::vector<Label> labels = read_labels(files[3]);
    if (heart::length_of(repaired.planes) != heart::length_of(clean.planes)) {
      throw heart::Error(heart::Fault::kInput,
                         std::string(files[2]) + ": another length than " + files[0]);
    }
    print_table(clean, damaged, repaired, labels);
    if (picture != nullptr) {
      std::vector<std::pair<double, double>> spans;
      for (const Label& label : labels) spans.emplace_back(label.begin_s, label.end_s);
      heart::write_spectrograms(picture, {clean, damaged, repaired}, spans);
    }
  } catch (const heart::Error& problem) {
    std::fprintf(stderr, "heart-compare: %s\n", problem.what());
    return 1;
  }
  return 0;
}
