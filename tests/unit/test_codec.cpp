// SPDX-License-Identifier: LGPL-2.1-or-later
//
// RVQ worked by hand, the solver under every pattern of masks, and windows of long input.

#include "models/base/error.h"
#include "models/checkpoint/sources.h"
#include "models/heartcodec/flow_solver.h"
#include "models/heartcodec/rvq.h"
#include "models/heartcodec/windows.h"

#include <glib.h>

#include <c10/core/GradMode.h>

namespace {

using namespace heart::codec;

heart::FreshParameters fresh() {
  heart::FreshParameters::Options options;
  options.seed = 3;
  options.requires_grad = false;
  return heart::FreshParameters(options);
}

CodecConfig small_config() {
  CodecConfig c;
  c.dim = 8;
  c.codebook_size = 2;
  c.codebook_dim = 2;
  c.num_quantizers = 2;
  c.attention_head_dim = 8;
  c.num_attention_heads = 2;
  c.num_layers = 2;
  c.num_layers_2 = 1;
  c.out_channels = 6;
  c.in_channels = 2 * 6 + 8;
  return c;
}

void rvq_takes_the_nearest_of_what_is_left() {
  auto source = fresh();
  const Rvq rvq(small_config(), heart::Parameters(source));
  rvq.codebook(0).copy_(at::tensor({0.f, 0.f, 4.f, 0.f}).view({2, 2}));
  rvq.codebook(1).copy_(at::tensor({1.f, 0.f, 0.f, -1.f}).view({2, 2}));
  // (5,0): nearest (4,0), left over (1,0) exactly entry 0. (0.5,-1): nearest (0,0), then (0,-1).
  const auto found = rvq.quantize(at::tensor({5.f, 0.f, 0.5f, -1.f}).view({2, 2}));
  g_assert_true(at::equal(found.codes, at::tensor({1, 0, 0, 1}, at::kLong).view({2, 2})));
  g_assert_true(at::equal(found.vectors, at::tensor({5.f, 0.f, 0.f, -1.f}).view({2, 2})));
  g_assert_true(at::equal(found.residuals[1], at::tensor({1.f, 0.f, 0.5f, -1.f}).view({2, 2})));
  g_assert_true(at::equal(rvq.lookup(found.codes.t().unsqueeze(2)).squeeze(1), found.vectors));
}

void rvq_as_wide_as_its_features_has_no_projections() {
  CodecConfig config = small_config();
  config.codebook_dim = config.dim;
  heart::SpecParameters specs;
  const Rvq listed(config, heart::Parameters(specs));
  for (const auto& spec : specs.specs()) {
    g_assert_true(spec.name.find("project") == std::string::npos);
  }
  auto source = fresh();
  const Rvq rvq(config, heart::Parameters(source));
  const auto codes = at::tensor({0, 1, 1, 0}, at::kLong).view({1, 2, 2});  // [B, K, T]
  g_assert_true(at::equal(rvq.decode(codes), rvq.lookup(codes)));
  g_assert_true(at::equal(rvq.encode(rvq.codebook(0).unsqueeze(0)).select(1, 0),
                          at::tensor({0, 1}, at::kLong).view({1, 2})));
}

void rvq_refuses_codes_outside_the_codebook() {
  auto source = fresh();
  const Rvq rvq(small_config(), heart::Parameters(source));
  for (const int64_t code : {-1, 2}) {
    try {
      rvq.decode(at::full({1, 2, 1}, code, at::kLong));
      g_assert_not_reached();
    } catch (const heart::Error& error) {
      g_assert_true(error.fault() == heart::Fault::kInput);
    }
  }
}

struct Solver {
  heart::FreshParameters source = fresh();
  Conditioning conditioning{small_config(), heart::Parameters(source)};
  VelocityNetwork velocity{small_config(), heart::Parameters(source)["estimator"]};

  at::Tensor run(const at::Tensor& mask, const at::Tensor& context, double guidance,
                 int64_t batch = 1) const {
    const int64_t length = mask.size(1);
    FlowInput input;
    input.noise = draw_noise(batch, length, 6, 21);
    input.mu = draw_noise(1, length, 8, 22);
    input.mask = mask;
    input.context = context;
    FlowOptions options;
    options.steps = 4;
    options.guidance = guidance;
    return solve_flow(velocity, conditioning, input, options);
  }
};

at::Tensor mask_of(const char* digits) {
  std::vector<int64_t> values;
  for (const char* d = digits; *d; ++d) values.push_back(*d - '0');
  return at::tensor(values, at::kLong).unsqueeze(0);
}

void only_given_latents_are_read() {
  const Solver solver;
  for (const char* digits : {"1122211", "2222222", "1111111", "2111112", "0112200", "2", "1"}) {
    for (const double guidance : {1.0, 1.25}) {
      const auto mask = mask_of(digits);
      const auto given = (mask == kInContext).unsqueeze(-1);
      const auto context = draw_noise(1, mask.size(1), 6, 5);
      const auto other = at::where(given, context, at::full({}, NAN));
      const auto latents = solver.run(mask, context, guidance);
      g_assert_true(at::equal(latents, solver.run(mask, other, guidance)));
      g_assert_true(at::isfinite(latents).all().item<bool>());
      g_assert_true(at::equal(at::where(given, latents, context), context));  // bit for bit
    }
  }
}

void both_sides_change_what_is_made() {
  const Solver solver;
  const auto mask = mask_of("1122211");
  const auto context = draw_noise(1, 7, 6, 5);
  const auto latents = solver.run(mask, context, 1.25);
  for (const int64_t place : {0, 1, 5, 6}) {
    auto moved = context.clone();
    moved.select(1, place).add_(0.5);
    const auto change = (solver.run(mask, moved, 1.25) - latents).slice(1, 2, 5);
    g_assert_cmpfloat(change.abs().max().item<double>(), >, 1e-6);
  }
}

void a_batch_is_its_rows() {
  const Solver solver;
  const auto mask = mask_of("11222");
  const auto context = draw_noise(1, 5, 6, 5);
  const auto rows = solver.run(mask, context, 1.25, 3);
  g_assert_true(rows.sizes() == at::IntArrayRef({3, 5, 6}));
  // The first row's noise is the same as that of a batch of one; sums of other sizes round otherwise.
  const auto alone = solver.run(mask, context, 1.25, 1);
  g_assert_cmpfloat((rows[0] - alone[0]).abs().max().item<double>(), <, 1e-4);
}

void solver_stops_when_told() {
  const Solver solver;
  heart::Cancel cancel;
  FlowInput input{draw_noise(1, 3, 6, 1), draw_noise(1, 3, 8, 2), mask_of("222"),
                  at::zeros({1, 3, 6})};
  int steps = 0;
  try {
    solve_flow(solver.velocity, solver.conditioning, input, FlowOptions(), cancel, {},
               [&](int64_t, const at::Tensor&) {
                 if (++steps == 3) cancel.raise();
               });
    g_assert_not_reached();
  } catch (const heart::Error& error) {
    g_assert_true(error.fault() == heart::Fault::kCancelled);
  }
  g_assert_cmpint(steps, ==, 3);
}

void windows_cover_all_codes() {
  struct Row {
    int64_t codes, count;
  };
  for (const Row& row : std::initializer_list<Row>{{1, 1},
                                                   {371, 1},
                                                   {372, 1},
                                                   {373, 2},
                                                   {424, 2},
                                                   {692, 2},
                                                   {693, 3},
                                                   {744, 3},
                                                   {3000, 10}}) {
    const auto plan = WindowPlan::make(row.codes, 29.76);
    g_assert_cmpint(plan.window, ==, 372);
    g_assert_cmpint(plan.hop, ==, 320);
    g_assert_cmpint(plan.count, ==, row.count);
    g_assert_cmpint(plan.total(), >=, row.codes);
  }
  const auto plan = WindowPlan::make(2, 7.44);
  const auto filled = fill_windows(at::tensor({5, 6}, at::kLong).unsqueeze(0), plan);
  g_assert_cmpint(filled.size(1), ==, 93);
  g_assert_cmpint(filled[0][92].item<int64_t>(), ==, 5);
  g_assert_cmpint(filled[0][91].item<int64_t>(), ==, 6);
}

void windows_join_without_a_step() {
  WindowJoiner joiner(4);
  for (int i = 0; i < 3; ++i) joiner.add(at::full({2, 10}, 0.5));
  const auto same = joiner.finish(21);
  g_assert_true(same.sizes() == at::IntArrayRef({2, 21}));
  g_assert_cmpfloat((same - 0.5).abs().max().item<double>(), <, 1e-7);
  joiner.add(at::zeros({1, 6}));
  joiner.add(at::ones({1, 6}));
  const auto rise = joiner.finish(8)[0];  // 0 0 | 0 1/3 2/3 1 | 1 1
  g_assert_cmpfloat((rise - at::tensor({0.f, 0.f, 0.f, 1 / 3.f, 2 / 3.f, 1.f, 1.f, 1.f}))
                        .abs()
                        .max()
                        .item<double>(),
                    <, 1e-6);
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  const c10::NoGradGuard no_grad;
  g_test_add_func("/codec/rvq_takes_the_nearest_of_what_is_left",
                  rvq_takes_the_nearest_of_what_is_left);
  g_test_add_func("/codec/rvq_as_wide_as_its_features_has_no_projections",
                  rvq_as_wide_as_its_features_has_no_projections);
  g_test_add_func("/codec/rvq_refuses_codes_outside_the_codebook",
                  rvq_refuses_codes_outside_the_codebook);
  g_test_add_func("/codec/only_given_latents_are_read", only_given_latents_are_read);
  g_test_add_func("/codec/both_sides_change_what_is_made", both_sides_change_what_is_made);
  g_test_add_func("/codec/a_batch_is_its_rows", a_batch_is_its_rows);
  g_test_add_func("/codec/solver_stops_when_told", solver_stops_when_told);
  g_test_add_func("/codec/windows_cover_all_codes", windows_cover_all_codes);
  g_test_add_func("/codec/windows_join_without_a_step", windows_join_without_a_step);
  return g_test_run();
}
