// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Router, BestOf and the check of plausibility, with fillers that say what they were asked.

#include "models/repair/candidate_score.h"
#include "models/repair/router.h"
#include "tests/unit/signals.h"

#include <glib.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>

namespace {

using heart::Failure;
using heart::Fault;
using heart::Gap;
using heart::Outcome;
using heart::Planes;
using heart::Repair;

constexpr size_t kBegin = 48000;

const Planes& music() {
  static const Planes planes = {signals::music(96000, 1), signals::music(96000, 2)};
  return planes;
}

// Gives the original times a gain, or a failure.
struct Fake : heart::GapFiller {
  Fake(const char* name, double seconds, float gain) : name_(name), seconds(seconds), gain(gain) {}
  const char* name() const override { return name_; }
  double estimate_seconds(const Gap&) const override { return seconds; }
  Outcome<Repair> fill(const Gap& gap, const heart::Cancel& cancel,
                       const heart::Progress& progress) override {
    ++calls;
    if (progress) progress(1, "fake");
    if (cancel.is_raised()) return Failure{Fault::kCancelled, "cancelled"};
    if (failure) return *failure;
    Repair repair;
    repair.method = name_;
    repair.lead = repair.tail = 480;
    for (const auto& plane : music()) {
      repair.audio.emplace_back(plane.begin() + kBegin - 480,
                                plane.begin() + kBegin + gap.length + 480);
      for (float& sample : repair.audio.back()) sample *= gain;
    }
    repair.candidates.push_back({name_, 1.5, "own candidate"});
    return repair;
  }
  const char* name_;
  double seconds;
  float gain;
  std::optional<Failure> failure;
  int calls = 0;
};

Gap gap_of(size_t length) {
  return signals::cut(music(), kBegin, length);
}

void length_decides_who_is_asked() {
  const struct {
    double ms;
    int ar, transplant, model;
  } cases[] = {{1, 1, 0, 0},   {60, 1, 0, 0},    {60.1, 1, 1, 0},
               {100, 1, 1, 0}, {100.1, 0, 1, 1}, {900, 0, 1, 1}};
  for (const auto& c : cases) {
    const auto ar = std::make_shared<Fake>("ar", 0.01, 0.9f);
    const auto transplant = std::make_shared<Fake>("transplant", 0.02, 0.9f);
    const auto model = std::make_shared<Fake>("lm", 1, 0.9f);
    heart::Router router(ar, transplant, model);
    const Gap gap = gap_of(static_cast<size_t>(std::lround(c.ms * 48)));
    const auto repair = router.fill(gap, heart::Cancel(), {});
    g_assert_true(static_cast<bool>(repair));
    g_assert_cmpint(ar->calls, ==, c.ar);
    g_assert_cmpint(transplant->calls, ==, c.transplant);
    g_assert_cmpint(model->calls, ==, c.model);
    g_assert_cmpuint(repair->candidates.size(), ==, c.ar + c.transplant + c.model);
  }
}

void a_missing_model_leaves_the_transplant() {
  const auto ar = std::make_shared<Fake>("ar", 0.01, 1.0f);
  const auto transplant = std::make_shared<Fake>("transplant", 0.02, 1.0f);
  heart::Router router(ar, transplant, nullptr);
  const auto repair = router.fill(gap_of(24000), heart::Cancel(), {});
  g_assert_cmpstr(repair->method.c_str(), ==, "transplant");
  // Asked alone, a filler's own candidates are reported.
  g_assert_cmpstr(repair->candidates.at(0).detail.c_str(), ==, "own candidate");
}

void the_better_repair_wins_whatever_the_order() {
  for (bool good_first : {true, false}) {
    const auto good = std::make_shared<Fake>("good", good_first ? 0.1 : 0.2, 1.0f);
    const auto faint = std::make_shared<Fake>("faint", good_first ? 0.2 : 0.1, 0.3f);
    heart::BestOf best({faint, good});
    const auto repair = best.fill(gap_of(9600), heart::Cancel(), {});
    g_assert_cmpstr(repair->method.c_str(), ==, "good");
    g_assert_cmpuint(repair->candidates.size(), ==, 2);
    g_assert_cmpstr(repair->candidates[0].method.c_str(), ==, "good");
    g_assert_cmpfloat(repair->candidates[0].score, >, repair->candidates[1].score);
  }
}

void a_method_that_would_miss_the_deadline_is_not_started() {
  const auto quick = std::make_shared<Fake>("quick", 0.01, 0.9f);
  const auto slow = std::make_shared<Fake>("slow", 3600, 1.0f);
  heart::BestOf best({slow, quick});
  Gap gap = gap_of(9600);
  g_assert_cmpfloat(best.estimate_seconds(gap), >, 3600);
  gap.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  g_assert_cmpfloat_with_epsilon(best.estimate_seconds(gap), 0.01, 1e-9);
  const auto repair = best.fill(gap, heart::Cancel(), {});
  g_assert_cmpstr(repair->method.c_str(), ==, "quick");
  g_assert_cmpint(slow->calls, ==, 0);
  g_assert_cmpuint(repair->candidates.size(), ==, 2);
  g_assert_nonnull(std::strstr(repair->candidates[1].detail.c_str(), "slow needs about 3600"));

  gap.deadline = std::chrono::steady_clock::now() - std::chrono::seconds(1);
  const auto late = best.fill(gap, heart::Cancel(), {});
  g_assert_false(static_cast<bool>(late));
  g_assert_true(late.failure().fault == Fault::kInput);
  g_assert_cmpint(quick->calls, ==, 1);
}

void failures_are_passed_over_and_told() {
  const auto broken = std::make_shared<Fake>("broken", 0.01, 1.0f);
  broken->failure = Failure{Fault::kMemory, "device full"};
  const auto loud = std::make_shared<Fake>("loud", 0.02, 30.0f);
  const auto fine = std::make_shared<Fake>("fine", 0.03, 1.0f);
  heart::BestOf best({broken, loud, fine});
  const auto repair = best.fill(gap_of(9600), heart::Cancel(), {});
  g_assert_cmpstr(repair->method.c_str(), ==, "fine");
  g_assert_cmpuint(repair->candidates.size(), ==, 3);
  g_assert_cmpstr(repair->candidates[1].detail.c_str(), ==, "device full");

  heart::BestOf hopeless({broken, loud});
  const auto none = hopeless.fill(gap_of(9600), heart::Cancel(), {});
  g_assert_true(!none && none.failure().fault == Fault::kMemory);
  heart::BestOf nobody({nullptr});
  g_assert_false(static_cast<bool>(nobody.fill(gap_of(9600), heart::Cancel(), {})));
}

void prediction_is_the_router_s_last_resort() {
  const auto ar = std::make_shared<Fake>("ar", 0.01, 1.0f);
  const auto transplant = std::make_shared<Fake>("transplant", 0.02, 1.0f);
  transplant->failure = Failure{Fault::kInput, "context too short"};
  heart::Router router(ar, transplant, nullptr);
  const auto repair = router.fill(gap_of(24000), heart::Cancel(), {});
  g_assert_cmpstr(repair->method.c_str(), ==, "ar");
  g_assert_cmpstr(repair->candidates.back().detail.c_str(), ==, "context too short");
}

void cancel_ends_everything_at_once() {
  const auto first = std::make_shared<Fake>("first", 0.01, 1.0f);
  const auto second = std::make_shared<Fake>("second", 0.02, 1.0f);
  heart::Router router(first, second, second);
  heart::Cancel cancel;
  cancel.raise();
  const auto repair = router.fill(gap_of(24000), cancel, {});
  g_assert_true(!repair && repair.failure().fault == Fault::kCancelled);
  g_assert_cmpint(first->calls, ==, 0);
  g_assert_cmpint(second->calls, ==, 1);
}

void progress_never_goes_back() {
  const auto one = std::make_shared<Fake>("one", 0.01, 1.0f);
  const auto two = std::make_shared<Fake>("two", 0.02, 1.0f);
  heart::BestOf best({one, two});
  std::vector<double> shares;
  best.fill(gap_of(9600), heart::Cancel(),
            [&](double share, const char*) { shares.push_back(share); });
  g_assert_cmpuint(shares.size(), ==, 2);
  g_assert_cmpfloat(shares[0], ==, 0.5);
  g_assert_cmpfloat(shares[1], ==, 1);
}

void plausibility_is_about_shape_number_peak_and_level() {
  const Gap gap = gap_of(9600);
  Fake fake("test", 0, 1);
  const Repair good = *fake.fill(gap, heart::Cancel(), {});
  std::string why;
  g_assert_true(plausible(gap, good, &why));
  const auto refused = [&](void (*spoil)(Repair&)) {
    Repair bad = good;
    spoil(bad);
    why.clear();
    return !plausible(gap, bad, &why) && !why.empty();
  };
  const auto scale = [](Repair& r, float gain) {
    for (auto& plane : r.audio) {
      for (float& sample : plane) sample *= gain;
    }
  };
  g_assert_true(refused([](Repair& r) { r.audio.pop_back(); }));
  g_assert_true(refused([](Repair& r) { r.audio[1].pop_back(); }));
  g_assert_true(refused([](Repair& r) { r.tail = 0; }));
  g_assert_true(
      refused([](Repair& r) { r.audio[0][7] = std::numeric_limits<float>::quiet_NaN(); }));
  g_assert_true(refused([](Repair& r) { r.audio[0][700] = 1.3f; }));
  g_assert_false(refused([](Repair& r) { r.audio[0][700] = 1.2f; }));
  g_assert_true(refused([](Repair& r) {
    for (auto& plane : r.audio) plane.assign(plane.size(), 0.0f);
  }));
  Repair faint = good, quiet = good;
  scale(faint, 0.1f);  // −20 dB
  scale(quiet, 0.4f);  // −8 dB
  g_assert_false(plausible(gap, faint));
  g_assert_true(plausible(gap, quiet));
  // Between silences silence is right.
  Gap rest = gap;
  rest.left = rest.right = heart::make_planes(2, 48000);
  Repair nothing = good;
  nothing.audio = heart::make_planes(2, heart::length_of(good.audio));
  g_assert_true(plausible(rest, nothing));
}

void score_prefers_the_original() {
  const Gap gap = gap_of(9600);
  Fake right("right", 0, 1), faint("faint", 0, 0.2f);
  const Repair original = *right.fill(gap, heart::Cancel(), {});
  const auto score = [&](const Repair& repair) {
    return heart::score_candidate(gap, splice(gap, repair)).total();
  };
  Repair hiss = original;
  for (size_t c = 0; c < 2; ++c) hiss.audio[c] = signals::noise(hiss.audio[c].size(), 5, 0.1);
  Repair dead = original;
  dead.lead = dead.tail = 0;
  dead.audio = heart::make_planes(2, 9600);
  g_assert_cmpfloat(score(original), <, score(hiss));
  g_assert_cmpfloat(score(original), <, score(dead));
  g_assert_cmpfloat(score(hiss), <, score(dead));
}

}  // namespace

void noise_in_tonal_music_costs_texture_and_the_music_itself_does_not() {
  const Gap gap = gap_of(48000);
  heart::Spliced own;
  heart::Spliced noise;
  std::uint32_t state = 1;
  for (const auto& plane : music()) {
    own.audio.emplace_back(plane.begin() + kBegin, plane.begin() + kBegin + gap.length);
    std::vector<float> hiss(gap.length);
    for (float& sample : hiss) {
      state = state * 1664525u + 1013904223u;
      sample = 0.1f * (static_cast<float>(state >> 8) / 8388608.0f - 1.0f);
    }
    noise.audio.push_back(hiss);
  }
  g_assert_cmpfloat(heart::score_candidate(gap, own).texture_db, <, 2);
  g_assert_cmpfloat(heart::score_candidate(gap, noise).texture_db, >, 5);
}

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/router/texture",
                  noise_in_tonal_music_costs_texture_and_the_music_itself_does_not);
  g_test_add_func("/router/length", length_decides_who_is_asked);
  g_test_add_func("/router/no-model", a_missing_model_leaves_the_transplant);
  g_test_add_func("/router/better", the_better_repair_wins_whatever_the_order);
  g_test_add_func("/router/deadline", a_method_that_would_miss_the_deadline_is_not_started);
  g_test_add_func("/router/failures", failures_are_passed_over_and_told);
  g_test_add_func("/router/last-resort", prediction_is_the_router_s_last_resort);
  g_test_add_func("/router/cancel", cancel_ends_everything_at_once);
  g_test_add_func("/router/progress", progress_never_goes_back);
  g_test_add_func("/router/plausible", plausibility_is_about_shape_number_peak_and_level);
  g_test_add_func("/router/score", score_prefers_the_original);
  return g_test_run();
}
