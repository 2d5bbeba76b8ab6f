// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/tools/console.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <unistd.h>

namespace heart::tools {
namespace {

Cancel cancel;

void on_signal(int number) {
  if (cancel.is_raised()) {
    std::signal(number, SIG_DFL);
    std::raise(number);
  }
  cancel.raise();
}

}  // namespace

const Cancel& interrupted() {
  return cancel;
}

void catch_interrupts() {
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
}

Bar::Bar(bool is_wanted)
    : is_shown_(is_wanted || isatty(STDERR_FILENO)), is_terminal_(isatty(STDERR_FILENO)) {}

Bar::~Bar() {
  if (is_shown_ && is_terminal_ && last_percent_ >= 0) std::fputs("\r\033[K", stderr);
}

void Bar::show(double share, const std::string& stage) {
  if (!is_shown_) return;
  const int percent = static_cast<int>(std::clamp(share, 0.0, 1.0) * 100);
  const auto now = std::chrono::steady_clock::now();
  const bool is_news = percent != last_percent_ || stage != last_stage_;
  // A file or pipe gets a line per tenth, a terminal at most twenty redraws a second.
  if (is_terminal_
          ? !is_news || (stage == last_stage_ && now - last_ < std::chrono::milliseconds(50))
          : percent / 10 == last_percent_ / 10 && stage == last_stage_) {
    return;
  }
  last_percent_ = percent;
  last_stage_ = stage;
  last_ = now;
  constexpr int kWidth = 40;
  const int full = percent * kWidth / 100;
  std::fprintf(stderr, "%s[%.*s%.*s] %3d %%  %s%s", is_terminal_ ? "\r" : "", full,
               "########################################", kWidth - full,
               "........................................", percent, stage.c_str(),
               is_terminal_ ? "\033[K" : "\n");
  std::fflush(stderr);
}

Progress Bar::progress() {
  return [this](double share, const char* stage) { show(share, stage); };
}

void warn(const std::string& text) {
  std::fprintf(stderr, "heart-models: warning: %s\n", text.c_str());
}

std::string bytes_text(uint64_t bytes) {
  static const char* const kUnits[] = {"B", "kB", "MB", "GB", "TB"};
  double value = static_cast<double>(bytes);
  size_t unit = 0;
  while (value >= 999.5 && unit + 1 < std::size(kUnits)) {
    value /= 1000;
    ++unit;
  }
  char text[32];
  std::snprintf(text, sizeof text, unit == 0 || value >= 99.95 ? "%.0f %s" : "%.1f %s", value,
                kUnits[unit]);
  return text;
}

std::string count_text(int64_t count) {
  std::string text = std::to_string(count);
  for (size_t i = text.size(); i > 3; i -= 3) text.insert(i - 3, " ");
  return text;
}

}  // namespace heart::tools
