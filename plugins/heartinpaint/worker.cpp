// SPDX-License-Identifier: LGPL-2.1-or-later

#include "plugins/heartinpaint/worker.h"

#include <utility>

#ifdef __linux__
#  include <pthread.h>
#endif

namespace heart::engine {

void Worker::start() {
  std::lock_guard<std::mutex> held(mutex_);
  if (thread_.joinable()) return;
  is_stopping_ = false;
  thread_ = std::thread([this] { run(); });
}

void Worker::submit(std::function<void()> task) {
  {
    std::lock_guard<std::mutex> held(mutex_);
    if (is_stopping_) return;
    tasks_.push_back(std::move(task));
  }
  changed_.notify_one();
}

void Worker::stop() {
  std::deque<std::function<void()>> dropped;
  {
    std::lock_guard<std::mutex> held(mutex_);
    is_stopping_ = true;
    dropped.swap(tasks_);
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Worker::run() {
#ifdef __linux__
  pthread_setname_np(pthread_self(), name_.substr(0, 15).c_str());
#endif
  for (;;) {
    std::function<void()> task;
    {
      std::unique_lock<std::mutex> held(mutex_);
      changed_.wait(held, [this] { return is_stopping_ || !tasks_.empty(); });
      if (is_stopping_) return;
      task = std::move(tasks_.front());
      tasks_.pop_front();
    }
    task();
  }
}

}  // namespace heart::engine
