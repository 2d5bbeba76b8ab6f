// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/train/train_loop.h"

#include "models/base/error.h"
#include "models/train/csv_log.h"
#include "models/train/process.h"
#include "models/train/run_state.h"

#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <torch/version.h>

#include <cmath>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <thread>

namespace heart::train {
namespace {

// Every part of one step; the workers' gradients are left for the caller to sum. [workers·parts, M]
std::vector<at::Tensor> run_parts(TrainingTask& task, const LoopOptions& options, int64_t step) {
  const int parts = options.workers * options.accumulate;
  const double share = 1.0 / parts;
  std::vector<at::Tensor> metrics(static_cast<size_t>(parts));
  std::vector<std::exception_ptr> faults(static_cast<size_t>(options.workers));
  const auto work = [&](int worker) {
    try {
      for (int i = 0; i < options.accumulate; ++i) {
        const int part = worker * options.accumulate + i;
        metrics[static_cast<size_t>(part)] = task.accumulate(worker, step, part, share);
      }
    } catch (...) {
      faults[static_cast<size_t>(worker)] = std::current_exception();
    }
  };
  if (options.workers == 1) {
    work(0);
  } else {
    std::vector<std::thread> threads;
    for (int worker = 0; worker < options.workers; ++worker) {
      threads.emplace_back([&, worker] {
        at::init_num_threads();
        at::set_num_threads(1);
        work(worker);
      });
    }
    for (auto& thread : threads) thread.join();
  }
  for (const auto& fault : faults) {
    if (fault) std::rethrow_exception(fault);
  }
  return metrics;
}

}  // namespace

#if TORCH_VERSION_MAJOR >= 2
MixedPrecision::MixedPrecision(at::Device device, bool is_on)
    : is_cuda_(device.is_cuda()), is_on_(is_on) {
  if (!is_on_) return;
  const auto type = is_cuda_ ? at::kCUDA : at::kCPU;
  at::autocast::set_autocast_dtype(type, at::kBFloat16);
  at::autocast::set_autocast_enabled(type, true);
}
MixedPrecision::~MixedPrecision() {
  if (!is_on_) return;
  at::autocast::clear_cache();
  at::autocast::set_autocast_enabled(is_cuda_ ? at::kCUDA : at::kCPU, false);
}
#else
MixedPrecision::MixedPrecision(at::Device device, bool is_on)
    : is_cuda_(device.is_cuda()), is_on_(is_on) {
  if (!is_on_) return;
  if (is_cuda_) {
    at::autocast::set_autocast_gpu_dtype(at::kBFloat16);
    at::autocast::set_enabled(true);
  } else {
    at::autocast::set_autocast_cpu_dtype(at::kBFloat16);
    at::autocast::set_cpu_enabled(true);
  }
}
MixedPrecision::~MixedPrecision() {
  if (!is_on_) return;
  at::autocast::clear_cache();
  is_cuda_ ? at::autocast::set_enabled(false) : at::autocast::set_cpu_enabled(false);
}
#endif

int64_t run_training(TrainingTask& task, const LoopOptions& options) {
  if (options.workers < 1 || options.accumulate < 1 || task.bank().workers() < options.workers) {
    throw Error(Fault::kInput, "workers and accumulate must be 1 or more");
  }
  std::filesystem::create_directories(options.run_dir);
  const std::string state_path = options.run_dir + "/state.safetensors";
  ParameterBank& bank = task.bank();
  AdamW optimiser(bank.weights(), options.adamw);
  Schedule schedule = options.schedule;
  schedule.total_steps = options.steps;

  int64_t step = 0;
  if (std::filesystem::exists(state_path)) {
    const RunState state = load_run(state_path, task.config(), bank, optimiser);
    if (state.seed != options.seed) {
      throw Error(Fault::kFile, state_path + ": this run has seed " + std::to_string(state.seed) +
                                    ", now " + std::to_string(options.seed) + " is given");
    }
    step = state.step;
    task.restore(state.extra);
    std::fprintf(stderr, "resuming %s at step %lld\n", options.run_dir.c_str(),
                 static_cast<long long>(step));
  }
  const auto save = [&] {
    RunState state;
    state.step = step;
    state.seed = options.seed;
    state.config = task.config();
    state.extra = task.state();
    save_run(state_path, state, bank, optimiser);
  };

  std::vector<std::string> columns = task.metrics();
  for (const auto& gauge : task.gauges()) columns.push_back(gauge);
  for (const char* name : {"rate", "norm", "seconds_per_step"}) columns.push_back(name);
  CsvLog log(options.run_dir + "/log.csv", columns, step);

  at::Tensor sum;
  int64_t summed = 0;
  const double begin = now_seconds();
  double last_report = begin;
  while (step < options.steps && !should_stop()) {
    if (options.max_seconds > 0 && now_seconds() - begin > options.max_seconds) break;
    bank.clear_gradients();
    task.before_step(step);
    const auto metrics = run_parts(task, options, step);
    const double rate = schedule.rate_at(step);
    const double norm =
        optimiser.step(bank.weights(), bank.sum_gradients(), bank.decay_mask(), rate);
    bank.update_average(average_decay_at(step, options.average_decay));
    task.after_step(step);
    ++step;

    const at::Tensor mean = at::stack(metrics).mean(0);  // [M]
    sum = summed == 0 ? mean : sum + mean;
    ++summed;
    if (step % options.report_every == 0 || step == options.steps) {
      const at::Tensor row = (sum / static_cast<double>(summed)).cpu().to(at::kDouble).contiguous();
      std::vector<double> values(row.data_ptr<double>(), row.data_ptr<double>() + row.numel());
      for (double gauge : task.read_gauges()) values.push_back(gauge);
      const double now = now_seconds();
      values.insert(values.end(), {rate, norm, (now - last_report) / static_cast<double>(summed)});
      last_report = now;
      summed = 0;
      log.row(step, values);
      std::fprintf(stderr, "%lld", static_cast<long long>(step));
      for (size_t i = 0; i < columns.size(); ++i) {
        std::fprintf(stderr, " %s %.4g", columns[i].c_str(), values[i]);
      }
      std::fprintf(stderr, "\n");
    }
    if (step % options.save_every == 0) save();
  }
  save();
  return step;
}

}  // namespace heart::train
