// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The loop that all networks are trained by: workers that share gradients, accumulation, schedule,
// clipping, moving average, log, saving, resuming. What is learned is the task's business.

#pragma once

#include "models/train/optimiser.h"
#include "models/train/parameter_bank.h"

#include <ATen/ATen.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace heart::train {

struct LoopOptions {
  std::string run_dir;  // state.safetensors and log.csv go here
  uint64_t seed = 1;
  int64_t steps = 10000;  // the step at which the schedule and the run end
  int workers = 1;        // threads that each run one part of a step; 1 on a GPU
  int accumulate = 1;     // parts per worker and step
  bool is_bf16 = true;    // matrix products in bf16, everything else f32
  Schedule schedule;      // total_steps is taken from `steps`
  AdamW::Options adamw;
  double average_decay = 0.999;
  int64_t report_every = 50;
  int64_t save_every = 500;
  double max_seconds = 0;  // stop and save after so long; 0: no limit
};

/// What is learned.
/// Threads  accumulate is called by `workers` threads at once, each with its own number; everything
///          else by one thread between steps
class TrainingTask {
 public:
  virtual ~TrainingTask() = default;
  virtual ParameterBank& bank() = 0;
  /// JSON text of everything that shapes this run's weights; a run resumes only under the same.
  virtual std::string config() const = 0;
  virtual std::vector<std::string> metrics() const = 0;

  virtual void before_step(int64_t step) { (void)step; }
  /// Forward and backward pass of one part: adds `share` times its gradient to the worker's.
  /// Returns its metrics, [M] f32 on any device, without gradient.
  virtual at::Tensor accumulate(int worker, int64_t step, int part, double share) = 0;
  virtual void after_step(int64_t step) { (void)step; }
  /// Values for the log that are looked up, not averaged; named after the metrics.
  virtual std::vector<std::string> gauges() const { return {}; }
  virtual std::vector<double> read_gauges() { return {}; }

  virtual std::map<std::string, at::Tensor> state() const { return {}; }
  virtual void restore(const std::map<std::string, at::Tensor>& state) { (void)state; }
};

/// Trains until `steps`, a stop signal or the time limit; saves before it returns. Continues the run
/// in run_dir if there is one. Returns the number of steps done in all.
/// Errors   Error{kFile}: run_dir cannot be written or holds a run of another config
int64_t run_training(TrainingTask& task, const LoopOptions& options);

/// Matrix products in bf16 on this thread while it lives, where `is_on`; weights and results of
/// everything else stay f32.
class MixedPrecision {
 public:
  MixedPrecision(at::Device device, bool is_on);
  ~MixedPrecision();
  MixedPrecision(const MixedPrecision&) = delete;
  MixedPrecision& operator=(const MixedPrecision&) = delete;

 private:
  bool is_cuda_, is_on_;
};

}  // namespace heart::train
