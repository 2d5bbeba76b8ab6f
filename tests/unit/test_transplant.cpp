// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The search for a transplant: finds what it was hidden, to the sample, and knows when there is
// nothing to find.

#include "models/audio/transplant.h"
#include "models/base/error.h"
#include "models/repair/transplant_filler.h"
#include "tests/unit/signals.h"

#include <glib.h>

#include <cmath>
#include <thread>

namespace {

using heart::Gap;
using heart::Planes;
using heart::Source;

constexpr int kRate = 48000;

// Unrelated noise in which [begin − margin, begin + length + margin) is heard again `apart` samples
// later (earlier where negative).
Planes noise_with_echo(size_t size, size_t begin, size_t length, long apart, size_t margin) {
  Planes planes = {signals::noise(size, 1, 0.2), signals::noise(size, 2, 0.2)};
  for (auto& plane : planes) {
    const std::vector<float> piece(plane.begin() + begin - margin,
                                   plane.begin() + begin + length + margin);
    std::copy(piece.begin(), piece.end(),
              plane.begin() + static_cast<long>(begin - margin) + apart);
  }
  return planes;
}

std::vector<Source> search(const Gap& gap) {
  return heart::find_sources(gap.left, gap.right, gap.length, kRate, {}, heart::Cancel());
}

void a_repetition_is_found_to_the_sample() {
  const size_t begin = 200000;
  for (long apart : {-150001L, -48000L, 60000L, 133333L}) {
    for (size_t length : {480u, 4800u, 24000u}) {
      const Planes audio = noise_with_echo(400000, begin, length, apart, 9600);
      const auto sources = search(signals::cut(audio, begin, length));
      g_assert_cmpuint(sources.size(), >, 0);
      const Source& best = sources.front();
      g_assert_true(best.in_left == (apart < 0));
      const long found = apart < 0 ? static_cast<long>(best.begin)
                                   : static_cast<long>(begin + length + best.begin);
      g_assert_cmpint(found, ==, static_cast<long>(begin) + apart);
      g_assert_cmpfloat(best.correlation, >, 0.999);
      for (size_t i = 1; i < sources.size(); ++i) {
        g_assert_cmpfloat(sources[i - 1].score, >=, sources[i].score);
      }
    }
  }
}

void filler_takes_one_source_for_all_channels() {
  const size_t begin = 200000, length = 9600;
  const Planes audio = noise_with_echo(400000, begin, length, 100000, 9600);
  heart::TransplantFiller filler;
  const auto repair = filler.fill(signals::cut(audio, begin, length), heart::Cancel(), {});
  g_assert_true(static_cast<bool>(repair));
  g_assert_cmpstr(repair->method.c_str(), ==, "transplant");
  g_assert_cmpuint(repair->candidates.size(), >=, 1);
  for (size_t c = 0; c < 2; ++c) {
    g_assert_cmpuint(repair->audio[c].size(), ==, repair->lead + length + repair->tail);
    g_assert_cmpfloat(
        signals::snr_db(audio[c].data() + begin, repair->audio[c].data() + repair->lead, length), >,
        40);
  }
}

void one_side_is_enough() {
  const size_t begin = 200000, length = 4800;
  for (long apart : {-100000L, 100000L}) {
    const Planes audio = noise_with_echo(400000, begin, length, apart, 9600);
    Gap gap = signals::cut(audio, begin, length);
    (apart < 0 ? gap.right : gap.left) = Planes(2);
    const auto sources = search(gap);
    g_assert_cmpuint(sources.size(), >, 0);
    const long found = apart < 0 ? static_cast<long>(sources[0].begin)
                                 : static_cast<long>(begin + length + sources[0].begin);
    g_assert_cmpint(found, ==, static_cast<long>(begin) + apart);
  }
}

void too_little_context_is_said() {
  const Planes audio = {signals::music(60000, 1)};
  heart::TransplantFiller filler;
  for (size_t context : {0u, 1u, 2400u, 4799u}) {
    const auto repair = filler.fill(signals::cut(audio, 30000, 4800, context), heart::Cancel(), {});
    g_assert_false(static_cast<bool>(repair));
    g_assert_true(repair.failure().fault == heart::Fault::kInput);
  }
}

void contexts_at_the_edge_of_enough_are_used_or_refused() {
  const Planes audio = {signals::music(60000, 1)};
  heart::TransplantFiller filler;
  for (size_t length : {1u, 2u, 511u, 512u, 513u, 2048u}) {
    for (size_t extra : {0u, 1u, 1440u, 2879u, 2880u, 2881u, 5000u}) {
      const Gap gap = signals::cut(audio, 30000, length, length + extra);
      const auto repair = filler.fill(gap, heart::Cancel(), {});
      if (!repair) continue;
      g_assert_cmpuint(repair->audio[0].size(), ==, repair->lead + length + repair->tail);
      for (float sample : repair->audio[0]) g_assert_true(std::isfinite(sample));
    }
  }
}

void silence_is_answered_with_silence() {
  const Planes silence = heart::make_planes(2, 200000);
  heart::TransplantFiller filler;
  const auto repair = filler.fill(signals::cut(silence, 100000, 9600), heart::Cancel(), {});
  g_assert_true(static_cast<bool>(repair));
  for (float sample : repair->audio[0]) g_assert_cmpfloat(sample, ==, 0);
}

void same_gap_gives_same_bits_on_every_thread() {
  const Planes audio = {signals::music(300000, 1), signals::music(300000, 2)};
  const Gap gap = signals::cut(audio, 150000, 14400);
  const auto once = [&] {
    heart::TransplantFiller filler;
    return filler.fill(gap, heart::Cancel(), {})->audio;
  };
  const Planes first = once();
  std::vector<Planes> others(2);
  std::vector<std::thread> threads;
  for (auto& other : others) threads.emplace_back([&] { other = once(); });
  for (auto& thread : threads) thread.join();
  for (const auto& other : others) g_assert_true(other == first);
}

void raised_cancel_ends_the_search() {
  heart::Cancel cancel;
  cancel.raise();
  heart::TransplantFiller filler;
  const Planes audio = {signals::music(200000, 1)};
  const auto repair = filler.fill(signals::cut(audio, 100000, 4800), cancel, {});
  g_assert_false(static_cast<bool>(repair));
  g_assert_true(repair.failure().fault == heart::Fault::kCancelled);
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/transplant/found", a_repetition_is_found_to_the_sample);
  g_test_add_func("/transplant/channels", filler_takes_one_source_for_all_channels);
  g_test_add_func("/transplant/one-side", one_side_is_enough);
  g_test_add_func("/transplant/too-little", too_little_context_is_said);
  g_test_add_func("/transplant/edges", contexts_at_the_edge_of_enough_are_used_or_refused);
  g_test_add_func("/transplant/silence", silence_is_answered_with_silence);
  g_test_add_func("/transplant/deterministic", same_gap_gives_same_bits_on_every_thread);
  g_test_add_func("/transplant/cancel", raised_cancel_ends_the_search);
  return g_test_run();
}
