// SPDX-License-Identifier: LGPL-2.1-or-later
//
// heart-models VERB …: looks into checkpoints, makes and converts them, and runs codec and language model
// on files. Exit status: 0 done, 1 failed or something found amiss, 2 wrong usage, 130 interrupted.

#include "models/base/error.h"
#include "models/tools/console.h"
#include "models/tools/verbs.h"

#include <c10/util/Exception.h>

#include <cstdio>
#include <cstring>
#include <new>

namespace {

struct Verb {
  const char* name;
  int (*run)(int, char**);
  const char* summary;
};

const Verb kVerbs[] = {
    {"check", heart::tools::run_check,
     "whether this machine can run a checkpoint: time and memory"},
    {"decode", heart::tools::run_decode, "codes to sound"},
    {"encode", heart::tools::run_encode, "sound to codes"},
    {"generate", heart::tools::run_generate,
     "music from tags and lyrics, or the continuation of codes"},
    {"inspect", heart::tools::run_inspect, "what a checkpoint holds, and whether it is whole"},
    {"make-random", heart::tools::run_make_random, "a checkpoint of any size with random weights"},
    {"quantize", heart::tools::run_quantize,
     "a copy of a checkpoint stored in another number format"},
};

int usage(std::FILE* stream) {
  std::fprintf(stream, "usage: heart-models VERB [options] files\n\n");
  for (const Verb& verb : kVerbs) std::fprintf(stream, "  %-12s %s\n", verb.name, verb.summary);
  std::fprintf(stream, "\nheart-models VERB --help explains a verb.\n");
  return stream == stdout ? 0 : 2;
}

int fail(const heart::Error& error) {
  if (error.fault() == heart::Fault::kCancelled) {
    std::fprintf(stderr, "heart-models: interrupted, nothing was written\n");
    return 130;
  }
  std::fprintf(stderr, "heart-models: %s\n", error.what());
  return error.fault() == heart::Fault::kInput ? 2 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return usage(stderr);
  if (!std::strcmp(argv[1], "--help") || !std::strcmp(argv[1], "-h")) return usage(stdout);
  for (const Verb& verb : kVerbs) {
    if (std::strcmp(argv[1], verb.name) != 0) continue;
    heart::tools::catch_interrupts();
    try {
      return verb.run(argc - 1, argv + 1);
    } catch (const heart::Error& error) {
      return fail(error);
    } catch (const std::bad_alloc&) {
      std::fprintf(stderr, "heart-models: out of memory\n");
    } catch (const c10::Error& error) {
      std::fprintf(stderr, "heart-models: %s\n", error.what_without_backtrace());
    } catch (const std::exception& error) {
      std::fprintf(stderr, "heart-models: %s\n", error.what());
    }
    return 1;
  }
  std::fprintf(stderr, "heart-models: no verb %s\n", argv[1]);
  return usage(stderr);
}
