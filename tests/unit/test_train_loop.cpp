// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The trainer's loop on a network small enough to check by hand: schedule, optimiser, averages, shared
// gradients, and a run that is cut off and continued.

#include "models/base/error.h"
#include "models/train/csv_log.h"
#include "models/train/optimiser.h"
#include "models/train/parameter_bank.h"
#include "models/train/process.h"
#include "models/train/step_random.h"
#include "models/train/train_loop.h"

#include <glib.h>
#include <glib/gstdio.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>

namespace {

using heart::Init;
using heart::Parameters;
using heart::SpecParameters;
using namespace heart::train;

std::string fresh_folder() {
  gchar* made = g_dir_make_tmp("heart-train-XXXXXX", nullptr);
  g_assert_nonnull(made);
  const std::string path = made;
  g_free(made);
  return path;
}

struct Line {
  explicit Line(const Parameters& scope)
      : weight(scope.get("weight", {1, 4}, Init::fan_in(4))),
        bias(scope.get("bias", {1}, Init::zeros())) {}
  at::Tensor weight, bias;
};

// Learns y = x · (1, -2, 3, 0.5) + 1 from noise-free pairs drawn anew at every step.
class LineTask : public TrainingTask {
 public:
  explicit LineTask(int workers) : bank_(specs(), {7, at::kCPU, workers, {}}) {
    for (int i = 0; i < workers; ++i) {
      const auto source = bank_.source(i);
      lines_.emplace_back(Parameters(*source));
    }
  }
  static std::vector<SpecParameters::Spec> specs() {
    SpecParameters source;
    Line line{Parameters(source)};
    return source.specs();
  }
  ParameterBank& bank() override { return bank_; }
  std::string config() const override { return "{\"line\":4}"; }
  std::vector<std::string> metrics() const override { return {"loss"}; }
  at::Tensor accumulate(int worker, int64_t step, int part, double share) override {
    StepRandom random(3, step, static_cast<uint64_t>(part));
    const at::Tensor x = random.normal({16, 4});
    const at::Tensor truth = at::tensor({1.0f, -2.0f, 3.0f, 0.5f});
    const at::Tensor y = x.matmul(truth).unsqueeze(-1) + 1;
    const Line& line = lines_[static_cast<size_t>(worker)];
    const at::Tensor loss = (at::linear(x, line.weight, line.bias) - y).square().mean();
    (loss * share).backward();
    return loss.detach().unsqueeze(0);
  }

 private:
  ParameterBank bank_;
  std::vector<Line> lines_;
};

LoopOptions options_for(const std::string& folder, int64_t steps) {
  LoopOptions options;
  options.run_dir = folder;
  options.steps = steps;
  options.is_bf16 = false;
  options.schedule.peak = 0.05;
  options.schedule.warmup_steps = 5;
  options.report_every = 10;
  options.save_every = 1000;
  options.adamw.weight_decay = 0;
  return options;
}

double loss_of(LineTask& task) {
  at::Tensor loss = task.accumulate(0, 999, 0, 0.0);
  return loss.item<double>();
}

void schedule_rises_linearly_and_falls_on_a_cosine() {
  Schedule schedule{1.0, 10, 110, 0.1};
  g_assert_cmpfloat(schedule.rate_at(0), ==, 0.1);
  g_assert_cmpfloat(schedule.rate_at(9), ==, 1.0);
  g_assert_cmpfloat_with_epsilon(schedule.rate_at(60), 0.1 + 0.9 * 0.5, 1e-12);
  g_assert_cmpfloat_with_epsilon(schedule.rate_at(110), 0.1, 1e-12);
  g_assert_cmpfloat_with_epsilon(schedule.rate_at(100000), 0.1, 1e-12);
}

void average_forgets_the_random_start() {
  g_assert_cmpfloat(average_decay_at(0, 0.999), ==, 0.1);
  g_assert_cmpfloat(average_decay_at(90, 0.999), ==, 0.91);
  g_assert_cmpfloat(average_decay_at(1000000, 0.999), ==, 0.999);
}

void first_adamw_step_moves_each_weight_by_the_rate() {
  at::Tensor weights = at::tensor({1.0f, 2.0f, 3.0f});
  const at::Tensor gradient = at::tensor({0.3f, -0.4f, 0.0f});
  AdamW::Options options;
  options.weight_decay = 0.1;
  AdamW adamw(weights, options);
  const double norm = adamw.step(weights, gradient, at::tensor({0.0f, 1.0f, 1.0f}), 0.01);
  g_assert_cmpfloat_with_epsilon(norm, 0.5, 1e-6);
  // m/√v is the gradient's sign after one step; decay takes rate · 0.1 of the weights it applies to.
  const float wanted[] = {1.0f - 0.01f, 2.0f * (1 - 0.001f) + 0.01f, 3.0f * (1 - 0.001f)};
  for (int i = 0; i < 3; ++i) {
    g_assert_cmpfloat_with_epsilon(weights[i].item<float>(), wanted[i], 1e-5);  // f32
  }
}

void long_gradient_is_clipped_and_a_broken_one_is_left_out() {
  at::Tensor weights = at::zeros({2});
  AdamW adamw(weights, {});
  const double norm = adamw.step(weights, at::tensor({30.0f, 40.0f}), at::zeros({2}), 0.0);
  g_assert_cmpfloat_with_epsilon(norm, 50.0, 1e-4);
  // (1 − beta1) · clipped gradient (0.6, 0.8)
  g_assert_cmpfloat_with_epsilon(adamw.first_moment()[0].item<float>(), 0.06, 1e-6);
  const double broken = adamw.step(weights, at::tensor({NAN, 0.0f}), at::zeros({2}), 1.0);
  g_assert_true(std::isinf(broken));
  g_assert_cmpint(adamw.steps_done(), ==, 1);
  g_assert_cmpfloat(weights.abs().sum().item<float>(), ==, 0.0);
}

void loss_falls_to_almost_nothing() {
  const std::string folder = fresh_folder();
  LineTask task(1);
  const double before = loss_of(task);
  task.bank().clear_gradients();
  g_assert_cmpint(run_training(task, options_for(folder, 300)), ==, 300);
  const double after = loss_of(task);
  g_assert_cmpfloat(before, >, 1.0);
  g_assert_cmpfloat(after, <, 0.01);  // the fit is exact; what is left is the last learning rate
  std::filesystem::remove_all(folder);
}

void two_workers_take_the_step_of_one_with_two_parts() {
  const std::string one_folder = fresh_folder(), two_folder = fresh_folder();
  LineTask one(1), two(2);
  LoopOptions options = options_for(one_folder, 40);
  options.accumulate = 2;
  run_training(one, options);
  options = options_for(two_folder, 40);
  options.workers = 2;
  run_training(two, options);
  const at::Tensor difference = (one.bank().weights() - two.bank().weights()).abs().max();
  g_assert_cmpfloat(difference.item<float>(), <, 1e-5);  // f32 sums in another order
  std::filesystem::remove_all(one_folder);
  std::filesystem::remove_all(two_folder);
}

void cut_off_run_continues_bit_for_bit() {
  const std::string whole_folder = fresh_folder(), cut_folder = fresh_folder();
  LineTask whole(2);
  LoopOptions options = options_for(whole_folder, 60);
  options.workers = 2;
  run_training(whole, options);

  options.run_dir = cut_folder;
  options.save_every = 23;
  {
    LineTask first(2);
    // The schedule's end stays 60: the run is stopped, not shortened.
    options.max_seconds = 1e-9;
    g_assert_cmpint(run_training(first, options), ==, 0);
  }
  options.max_seconds = 0;
  struct Stopping : LineTask {
    using LineTask::LineTask;
    void after_step(int64_t step) override {
      if (step == 30) throw heart::Error(heart::Fault::kInternal, "cut off");
    }
  };
  {
    Stopping second(2);
    bool was_cut = false;
    try {
      run_training(second, options);
    } catch (const heart::Error&) {
      was_cut = true;  // as if killed: the last save is that of step 23
    }
    g_assert_true(was_cut);
  }
  LineTask third(2);
  g_assert_cmpint(run_training(third, options), ==, 60);
  g_assert_true(at::equal(third.bank().weights(), whole.bank().weights()));
  g_assert_true(at::equal(third.bank().average(), whole.bank().average()));
  std::filesystem::remove_all(whole_folder);
  std::filesystem::remove_all(cut_folder);
}

void run_of_another_config_or_seed_is_refused() {
  const std::string folder = fresh_folder();
  LineTask task(1);
  run_training(task, options_for(folder, 2));
  struct Other : LineTask {
    using LineTask::LineTask;
    std::string config() const override { return "{\"line\":5}"; }
  };
  Other other(1);
  LoopOptions options = options_for(folder, 4);
  for (int i = 0; i < 2; ++i) {
    std::string text;
    try {
      LineTask same(1);
      options.seed = i == 0 ? 1 : 2;
      i == 0 ? run_training(other, options) : run_training(same, options);
    } catch (const heart::Error& error) {
      text = error.what();
      g_assert_true(error.fault() == heart::Fault::kFile);
    }
    g_assert_nonnull(std::strstr(text.c_str(), i == 0 ? "\"line\":5" : "seed 1, now 2"));
  }
  std::filesystem::remove_all(folder);
}

void log_drops_rows_after_the_step_it_resumes_from() {
  const std::string folder = fresh_folder();
  const std::string path = folder + "/log.csv";
  {
    CsvLog log(path, {"a", "b"}, 0);
    log.row(10, {1, NAN});
    log.row(20, {2, 3});
  }
  {
    CsvLog log(path, {"a", "b"}, 10);
    log.row(15, {4, 5});
  }
  std::ifstream in(path);
  std::string text((std::istreambuf_iterator<char>(in)), {});
  g_assert_cmpstr(text.c_str(), ==, "step,a,b\n10,1,\n15,4,5\n");
  std::filesystem::remove_all(folder);
}

void buffers_are_shared_and_untrained() {
  SpecParameters specs;
  Parameters scope(specs);
  scope.get("book.embed", {3, 2}, Init::normal(1));
  scope.get("weight", {2, 2}, Init::normal(1));
  scope.get("weight", {2, 2}, Init::normal(1));  // tied: held once
  ParameterBank bank(specs.specs(), {1, at::kCPU, 2, [](const std::string& name) {
                                       return name.find("embed") != std::string::npos;
                                     }});
  g_assert_cmpint(bank.size(), ==, 4);
  const auto first = bank.source(0), second = bank.source(1), average = bank.average_source();
  at::Tensor book = first->get("book.embed", {3, 2}, {});
  g_assert_false(book.requires_grad());
  book.fill_(5);
  g_assert_true(at::equal(second->get("book.embed", {3, 2}, {}), book));
  g_assert_true(at::equal(average->get("book.embed", {3, 2}, {}), book));
  const at::Tensor a = first->get("weight", {2, 2}, {}), b = second->get("weight", {2, 2}, {});
  g_assert_true(a.requires_grad() && b.requires_grad());
  g_assert_true(a.data_ptr() == b.data_ptr());
  g_assert_true(first->get("weight", {2, 2}, {}).is_same(a));
  g_assert_true(a.grad().data_ptr() != b.grad().data_ptr());
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
#define CLAIM(name) g_test_add_func("/train_loop/" #name, name)
  CLAIM(schedule_rises_linearly_and_falls_on_a_cosine);
  CLAIM(average_forgets_the_random_start);
  CLAIM(first_adamw_step_moves_each_weight_by_the_rate);
  CLAIM(long_gradient_is_clipped_and_a_broken_one_is_left_out);
  CLAIM(loss_falls_to_almost_nothing);
  CLAIM(two_workers_take_the_step_of_one_with_two_parts);
  CLAIM(cut_off_run_continues_bit_for_bit);
  CLAIM(run_of_another_config_or_seed_is_refused);
  CLAIM(log_drops_rows_after_the_step_it_resumes_from);
  CLAIM(buffers_are_shared_and_untrained);
  return g_test_run();
}
