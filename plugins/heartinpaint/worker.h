// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A thread that does one task after the other. The element has one for repairs and, live, one for
// fallbacks, so that a filler which does not return holds up nobody but its successors.

#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace heart::engine {

/// Threads  any may submit; stop is called by one
class Worker {
 public:
  explicit Worker(std::string name) : name_(std::move(name)) {}
  ~Worker() { stop(); }

  void start();
  /// Tasks must not throw. Ignored while stopped.
  void submit(std::function<void()> task);
  /// Drops what has not begun, waits for what has.
  void stop();

 private:
  void run();

  const std::string name_;
  std::mutex mutex_;
  std::condition_variable changed_;  // woken by submit and stop
  std::deque<std::function<void()>> tasks_;
  bool is_stopping_ = true;
  std::thread thread_;
};

}  // namespace heart::engine
