// SPDX-License-Identifier: LGPL-2.1-or-later
//
// heart-fill-eval METHOD CASES OUT [PATTERN] [key=value…]
// Runs one filler over a folder of damaged WAVs and Audacity label files, without GStreamer, and
// writes float WAVs. CASES holds damaged/X.wav and labels/X.txt; OUT/X.wav is written.
// Prints per gap: file, start, length in ms, method, seconds, seconds estimated.

#include "models/repair/ar_filler.h"
#include "models/repair/router.h"
#include "models/repair/silence_filler.h"
#include "models/repair/splice.h"
#include "models/repair/transplant_filler.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fnmatch.h>
#include <fstream>
#include <map>
#include <memory>
#include <sndfile.h>
#include <sstream>

namespace {

using heart::Gap;
using heart::Planes;

struct Region {
  size_t begin, end;
};

std::vector<Region> read_labels(const std::filesystem::path& path, int rate_hz) {
  std::ifstream in(path);
  std::vector<Region> regions;
  for (std::string line; std::getline(in, line);) {
    double begin = 0, end = 0;
    if (line.empty() || line[0] == '\\') continue;
    if (std::sscanf(line.c_str(), "%lf\t%lf", &begin, &end) != 2) continue;
    regions.push_back({static_cast<size_t>(std::lround(begin * rate_hz)),
                       static_cast<size_t>(std::lround(end * rate_hz))});
  }
  std::sort(regions.begin(), regions.end(),
            [](const Region& a, const Region& b) { return a.begin < b.begin; });
  return regions;
}

Planes read_wav(const std::filesystem::path& path, int& rate_hz) {
  SF_INFO info{};
  SNDFILE* file = sf_open(path.c_str(), SFM_READ, &info);
  if (!file) throw heart::Error(heart::Fault::kFile, path.string() + ": " + sf_strerror(nullptr));
  std::vector<float> frames(static_cast<size_t>(info.frames) * info.channels);
  sf_readf_float(file, frames.data(), info.frames);
  sf_close(file);
  rate_hz = info.samplerate;
  Planes planes = heart::make_planes(info.channels, info.frames);
  for (size_t n = 0; n < static_cast<size_t>(info.frames); ++n) {
    for (int c = 0; c < info.channels; ++c) planes[c][n] = frames[n * info.channels + c];
  }
  return planes;
}

void write_wav(const std::filesystem::path& path, const Planes& planes, int rate_hz) {
  SF_INFO info{};
  info.samplerate = rate_hz;
  info.channels = static_cast<int>(planes.size());
  info.format = SF_FORMAT_WAV | SF_FORMAT_FLOAT;
  SNDFILE* file = sf_open(path.c_str(), SFM_WRITE, &info);
  if (!file) throw heart::Error(heart::Fault::kFile, path.string() + ": " + sf_strerror(nullptr));
  const size_t length = heart::length_of(planes);
  std::vector<float> frames(length * planes.size());
  for (size_t n = 0; n < length; ++n) {
    for (size_t c = 0; c < planes.size(); ++c) frames[n * planes.size() + c] = planes[c][n];
  }
  sf_writef_float(file, frames.data(), static_cast<sf_count_t>(length));
  sf_close(file);
}

double option(const std::map<std::string, double>& options, const char* key, double otherwise) {
  const auto it = options.find(key);
  return it == options.end() ? otherwise : it->second;
}

std::unique_ptr<heart::GapFiller> make_filler(const std::string& method,
                                              const std::map<std::string, double>& options) {
  if (method == "ar") {
    heart::ArOptions ar;
    ar.order = static_cast<int>(option(options, "order", ar.order));
    ar.context_ms = option(options, "context", ar.context_ms);
    ar.passes = static_cast<int>(option(options, "passes", ar.passes));
    return std::make_unique<heart::ArFiller>(ar);
  }
  if (method == "transplant") {
    heart::TransplantOptions t;
    t.edge_ms = option(options, "edge", t.edge_ms);
    t.surround_seconds = option(options, "surround", t.surround_seconds);
    t.decay_seconds = option(options, "decay", t.decay_seconds);
    t.waveform_weight = option(options, "waveform", t.waveform_weight);
    t.chroma_weight = option(options, "chroma", t.chroma_weight);
    t.distance_weight = option(options, "distance", t.distance_weight);
    return std::make_unique<heart::TransplantFiller>(t);
  }
  if (method == "auto") {
    return std::make_unique<heart::Router>(std::make_shared<heart::ArFiller>(),
                                           std::make_shared<heart::TransplantFiller>(), nullptr);
  }
  if (method == "best") {
    return std::make_unique<heart::BestOf>(std::vector<std::shared_ptr<heart::GapFiller>>{
        std::make_shared<heart::ArFiller>(), std::make_shared<heart::TransplantFiller>()});
  }
  if (method == "silence") return std::make_unique<heart::SilenceFiller>();
  throw heart::Error(heart::Fault::kInput,
                     "no method '" + method + "'; ar, transplant, auto, best, silence");
}

int run(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: heart-fill-eval METHOD CASES OUT [PATTERN] [key=value…]\n");
    return 2;
  }
  const std::string method = argv[1];
  const std::filesystem::path cases = argv[2], out = argv[3];
  std::string pattern = "*";
  std::map<std::string, double> options;
  for (int i = 4; i < argc; ++i) {
    const char* equals = std::strchr(argv[i], '=');
    if (equals) {
      options[std::string(argv[i], static_cast<size_t>(equals - argv[i]))] = std::atof(equals + 1);
    } else {
      pattern = argv[i];
    }
  }
  const auto filler = make_filler(method, options);
  heart::SpliceOptions splice_options;
  splice_options.match_level = option(options, "level", 1) != 0;
  splice_options.align = option(options, "align", 1) != 0;
  splice_options.min_fade_ms = option(options, "min_fade", splice_options.min_fade_ms);
  splice_options.max_fade_ms = option(options, "max_fade", splice_options.max_fade_ms);
  splice_options.guard_ms = option(options, "guard", splice_options.guard_ms);
  splice_options.backward_ms = option(options, "backward", splice_options.backward_ms);
  const bool raw = option(options, "raw", 0) != 0;  // put in as it is, no splice
  std::filesystem::create_directories(out);
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(cases / "damaged")) {
    if (fnmatch(pattern.c_str(), entry.path().stem().c_str(), 0) == 0) {
      files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  for (const auto& path : files) {
    int rate = 0;
    Planes audio = read_wav(path, rate);
    const size_t total = heart::length_of(audio), context = static_cast<size_t>(8) * rate;
    const auto regions = read_labels(cases / "labels" / (path.stem().string() + ".txt"), rate);
    for (size_t i = 0; i < regions.size(); ++i) {
      const Region& region = regions[i];
      const size_t next = i + 1 < regions.size() ? regions[i + 1].begin : total;
      Gap gap;
      gap.length = region.end - region.begin;
      gap.rate_hz = rate;
      gap.seed = 1;
      gap.begin_seconds = static_cast<double>(region.begin) / rate;
      for (const auto& plane : audio) {
        const size_t from = region.begin > context ? region.begin - context : 0;
        const size_t to = std::min(next, region.end + context);
        gap.left.emplace_back(plane.begin() + from, plane.begin() + region.begin);
        gap.right.emplace_back(plane.begin() + region.end, plane.begin() + to);
      }
      const double estimate = filler->estimate_seconds(gap);
      const auto start = std::chrono::steady_clock::now();
      const auto repair = filler->fill(gap, heart::Cancel(), {});
      if (!repair) {
        std::fprintf(stderr, "%s: %s\n", path.c_str(), repair.failure().text.c_str());
        continue;
      }
      heart::Spliced joined;
      if (raw) {
        joined.audio = repair->audio;
        joined.lead = repair->lead;
        joined.tail = repair->tail;
      } else {
        joined = heart::splice(gap, *repair, splice_options);
      }
      const double seconds =
          std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      for (size_t c = 0; c < audio.size(); ++c) {
        std::copy(joined.audio[c].begin(), joined.audio[c].end(),
                  audio[c].begin() + static_cast<long>(region.begin - joined.lead));
      }
      std::printf("%s\t%.3f\t%.1f\t%s\t%.3f\t%.3f\tlag %d level %.1f %.1f agree %.2f %.2f",
                  path.stem().c_str(), gap.begin_seconds, 1000.0 * gap.length / rate,
                  repair->method.c_str(), seconds, estimate, joined.lag_samples,
                  joined.level_left_db, joined.level_right_db, joined.agreement_left,
                  joined.agreement_right);
      for (const auto& candidate : repair->candidates) {
        std::printf("\t%s %.3f (%s)", candidate.method.c_str(), candidate.score,
                    candidate.detail.c_str());
      }
      std::printf("\n");
    }
    write_wav(out / (path.stem().string() + ".wav"), audio, rate);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "heart-fill-eval: %s\n", error.what());
    return 1;
  }
}
