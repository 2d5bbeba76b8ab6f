// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the user of a verb sees and presses: a progress bar on stderr, Ctrl-C, sizes as texts.

#pragma once

#include "models/base/job.h"

#include <chrono>
#include <cstdint>
#include <string>

namespace heart::tools {

/// Raised by the first SIGINT or SIGTERM; a second one ends the process at once.
const Cancel& interrupted();
void catch_interrupts();

/// A bar on stderr, where that is a terminal or `is_wanted`; removed at the end of its life.
/// Threads  one at a time
class Bar {
 public:
  explicit Bar(bool is_wanted);
  ~Bar();
  Bar(const Bar&) = delete;
  Bar& operator=(const Bar&) = delete;

  void show(double share, const std::string& stage);
  /// For computations; the bar must outlive it.
  Progress progress();

 private:
  bool is_shown_;
  bool is_terminal_;
  int last_percent_ = -1;
  std::string last_stage_;
  std::chrono::steady_clock::time_point last_;
};

/// A line on stderr, for what is amiss although all goes on.
void warn(const std::string& text);

/// "15.8 GB", "412 kB"; powers of ten, as shops and `ls --si` count.
std::string bytes_text(uint64_t bytes);
/// "3 940 165 632" with plain spaces.
std::string count_text(int64_t count);

}  // namespace heart::tools
