// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A filler that stands still until the test lets it go on: so a repair is under way for exactly as long as a
// test wants, without a clock. Given to the element by the engine's hook for fillers.

#pragma once

#include "models/repair/gap_filler.h"
#include "plugins/heartinpaint/fillers.h"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

namespace inpaint_test {

/// Threads  fill on the element's worker, all else on the test's
class GateFiller : public heart::GapFiller {
 public:
  struct Options {
    bool is_open = false;
    bool heeds_cancel =
        true;  // else it goes on to its end, as a library that cannot be interrupted
    double estimate_seconds = 0;
    bool fails = false;
  };
  explicit GateFiller(Options options) : options_(options) {}

  const char* name() const override { return "gate"; }
  double estimate_seconds(const heart::Gap&) const override { return options_.estimate_seconds; }

  heart::Outcome<heart::Repair> fill(const heart::Gap& gap, const heart::Cancel& cancel,
                                     const heart::Progress& progress) override {
    std::unique_lock<std::mutex> held(mutex_);
    gaps_.push_back(gap);
    changed_.notify_all();
    if (progress) progress(0.5, "standing still");
    // A raised Cancel wakes nobody, so it is looked at now and then.
    while (!options_.is_open && !(options_.heeds_cancel && cancel.is_raised())) {
      changed_.wait_for(held, std::chrono::milliseconds(1));
    }
    ++n_done_;
    if (options_.heeds_cancel && cancel.is_raised()) {
      return heart::Failure{heart::Fault::kCancelled, "cancelled"};
    }
    if (options_.fails) return heart::Failure{heart::Fault::kInternal, "the gate is broken"};
    heart::Repair repair;
    repair.audio = heart::make_planes(std::max(gap.left.size(), gap.right.size()), gap.length);
    for (auto& plane : repair.audio) std::fill(plane.begin(), plane.end(), kLevel);
    repair.method = "gate";
    return repair;
  }

  void open() {
    std::lock_guard<std::mutex> held(mutex_);
    options_.is_open = true;
    changed_.notify_all();
  }
  void close() {
    std::lock_guard<std::mutex> held(mutex_);
    options_.is_open = false;
  }
  /// Waits until the n-th gap is being filled.
  void wait_for_gap(size_t n) {
    std::unique_lock<std::mutex> held(mutex_);
    changed_.wait(held, [&] { return gaps_.size() >= n; });
  }
  std::vector<heart::Gap> gaps() {
    std::lock_guard<std::mutex> held(mutex_);
    return gaps_;
  }
  size_t n_done() {
    std::lock_guard<std::mutex> held(mutex_);
    return n_done_;
  }

  static constexpr float kLevel = 0.25f;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  Options options_;
  std::vector<heart::Gap> gaps_;
  size_t n_done_ = 0;
};

/// While it lives, elements that become ready repair by the gate.
class GateInUse {
 public:
  explicit GateInUse(GateFiller::Options options = {})
      : gate_(std::make_shared<GateFiller>(options)) {
    heart::engine::set_filler_factory([this](const heart::engine::Settings&) {
      ++n_made_;
      return gate_;
    });
  }
  ~GateInUse() {
    // So that no worker stands before it for ever.
    gate_->open();
    heart::engine::set_filler_factory({});
  }
  GateFiller* operator->() { return gate_.get(); }
  /// How often an element asked for its fillers, which is how often it would load a model.
  int n_made() const { return n_made_; }

 private:
  std::shared_ptr<GateFiller> gate_;
  int n_made_ = 0;
};

}  // namespace inpaint_test
