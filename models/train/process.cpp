// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/train/process.h"

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <unistd.h>

#ifdef __GLIBC__
#  include <malloc.h>
#endif

namespace heart::train {
namespace {

std::atomic<bool> stop_requested{false};

void on_signal(int number) {
  if (stop_requested.exchange(true)) {
    std::signal(number, SIG_DFL);
    std::raise(number);
  }
}

}  // namespace

void settle_environment(char** argv) {
  const char* const kMark = "HEART_TRAIN_SETTLED";
  if (std::getenv(kMark)) return;
  ::setenv(kMark, "1", 1);
  ::setenv("OMP_WAIT_POLICY", "passive", 0);
  ::setenv("GOMP_SPINCOUNT", "0", 0);
  ::execv("/proc/self/exe", argv);
  // Where /proc is not mounted, training works all the same, only slower beside other jobs.
}

void keep_memory() {
#ifdef __GLIBC__
  ::mallopt(M_MMAP_THRESHOLD, 1 << 30);
  ::mallopt(M_TRIM_THRESHOLD, 2000000000);
  ::mallopt(M_TOP_PAD, 64 << 20);
  ::mallopt(M_ARENA_MAX, 4);
#endif
}

void catch_stop_signals() {
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
}

bool should_stop() {
  return stop_requested.load();
}
void request_stop() {
  stop_requested.store(true);
}

double now_seconds() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double>(now).count();
}

}  // namespace heart::train
