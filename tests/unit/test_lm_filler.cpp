// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Both stages of the LM filler on a tiny random checkpoint: shapes, seeds, rates, channels, one-sided gaps,
// cancelling, and the good audio that its own version of the context must agree with.

#include "models/repair/lm_filler.h"
#include "tests/unit/tiny_checkpoint.h"

#include <glib.h>

#include <cmath>
#include <initializer_list>
#include <memory>
#include <string>
#include <thread>

namespace {

using namespace heart;  // NOLINT

const TinyCheckpoint& tiny() {
  static TinyCheckpoint checkpoint;
  return checkpoint;
}

ModelSettings settings() {
  ModelSettings settings;
  settings.location = tiny().path;
  settings.device = "cpu";
  settings.threads = 1;
  settings.candidates = 2;
  settings.flow_steps = 3;
  settings.context_before_seconds = settings.context_after_seconds = 1;
  return settings;
}

std::unique_ptr<LmFiller> loaded(const ModelSettings& with) {
  auto filler = std::make_unique<LmFiller>(with);
  const Outcome<bool> outcome = filler->load(Cancel(), {});
  if (!outcome) g_error("%s", outcome.failure().text.c_str());
  return filler;
}

/// Three partials, each channel with its own level.
Gap tone_gap(int rate_hz, size_t channels, double gap_s, double left_s = 1, double right_s = 1) {
  Gap gap;
  gap.rate_hz = rate_hz;
  gap.length = static_cast<size_t>(gap_s * rate_hz);
  gap.seed = 7;
  gap.crossfade_samples = static_cast<size_t>(rate_hz / 10);
  const auto left = static_cast<size_t>(left_s * rate_hz);
  const auto right = static_cast<size_t>(right_s * rate_hz);
  gap.left = make_planes(channels, left);
  gap.right = make_planes(channels, right);
  for (size_t c = 0; c < channels; ++c) {
    const auto value = [&](double n) {
      double sum = 0;
      for (const double hz : {220.0, 277.2, 331.0}) sum += std::sin(2 * G_PI * hz * n / rate_hz);
      return static_cast<float>(sum * 0.1 / (1 + static_cast<double>(c)));
    };
    for (size_t i = 0; i < left; ++i) gap.left[c][i] = value(static_cast<double>(i));
    for (size_t i = 0; i < right; ++i) {
      gap.right[c][i] = value(static_cast<double>(left + gap.length + i));
    }
  }
  return gap;
}

Repair must_fill(LmFiller& filler, const Gap& gap) {
  Outcome<Repair> repair = filler.fill(gap, Cancel(), {});
  if (!repair) g_error("%s", repair.failure().text.c_str());
  g_assert_cmpuint(length_of(repair->audio), ==, repair->lead + gap.length + repair->tail);
  for (const auto& plane : repair->audio) {
    for (const float sample : plane) g_assert_true(std::isfinite(sample));
  }
  return std::move(*repair);
}

void every_rate_and_channel_count_comes_back_in_shape() {
  auto filler = loaded(settings());
  for (const int rate : {8000, 44100, 48000, 96000}) {
    for (const size_t channels : {1u, 2u, 6u}) {
      const Gap gap = tone_gap(rate, channels, 0.25);
      const Repair repair = must_fill(*filler, gap);
      g_assert_cmpuint(repair.audio.size(), ==, channels);
      g_assert_cmpstr(repair.method.c_str(), ==, "lm");
      g_assert_cmpuint(repair.candidates.size(), ==, 2);
      g_assert_cmpuint(repair.lead, >, 0);
      g_assert_cmpuint(repair.tail, >, 0);
    }
  }
}

/// Relative error of the filler's own version of the context, over the band that its codec keeps exactly.
double error_of(const std::vector<float>& made, size_t made_begin, const std::vector<float>& real,
                size_t real_begin, size_t count) {
  double difference = 0;
  double power = 0;
  for (size_t i = 0; i < count; ++i) {
    const double d = made[made_begin + i] - real[real_begin + i];
    difference += d * d;
    power += static_cast<double>(real[real_begin + i]) * real[real_begin + i];
  }
  return std::sqrt(difference / power);
}

void held_context_comes_back_in_phase_at_every_rate() {
  auto filler = loaded(settings());
  for (const int rate : {8000, 44100, 48000, 96000}) {
    // Whole frames: then both sides begin on the grid and are held up to the gap.
    const Gap gap = tone_gap(rate, 2, 0.32);
    const Repair repair = must_fill(*filler, gap);
    // Next to the gap the transform's windows reach into it; 10 ms away they do not.
    const size_t guard = static_cast<size_t>(rate / 100);
    g_assert_cmpuint(repair.lead, >, 3 * guard);
    g_assert_cmpuint(repair.tail, >, 3 * guard);
    const double left = error_of(repair.audio[0], guard, gap.left[0],
                                 gap.left[0].size() - repair.lead + guard, repair.lead - 2 * guard);
    const double right = error_of(repair.audio[0], repair.lead + gap.length + guard, gap.right[0],
                                  guard, repair.tail - 2 * guard);
    // The tones lie in the exact band; what is left is the noise bands' own and the resampler's.
    g_assert_cmpfloat(left, <, 0.05);
    g_assert_cmpfloat(right, <, 0.05);
  }
}

void same_seed_gives_the_same_bits_and_another_does_not() {
  auto filler = loaded(settings());
  Gap gap = tone_gap(48000, 2, 0.5);
  const Repair first = must_fill(*filler, gap);
  const Repair second = must_fill(*filler, gap);
  g_assert_true(first.audio == second.audio);
  gap.seed = 8;
  g_assert_false(must_fill(*filler, gap).audio == first.audio);
}

void one_side_is_enough_and_none_is_refused() {
  auto filler = loaded(settings());
  const Repair end = must_fill(*filler, tone_gap(48000, 2, 0.2, 1, 0));
  g_assert_cmpuint(end.tail, ==, 0);
  g_assert_cmpuint(end.candidates.size(), ==, 1);
  const Repair begin = must_fill(*filler, tone_gap(48000, 2, 0.2, 0, 1));
  g_assert_cmpuint(begin.lead, ==, 0);
  const Outcome<Repair> none = filler->fill(tone_gap(48000, 2, 0.2, 0.05, 0.05), Cancel(), {});
  g_assert_false(static_cast<bool>(none));
  g_assert_true(none.failure().fault == Fault::kInput);
}

void long_gap_is_solved_in_windows() {
  auto filler = loaded(settings());
  // 33 s are more latents than one window has.
  const Gap gap = tone_gap(48000, 1, 31);
  must_fill(*filler, gap);
}

void cancelled_fill_says_so() {
  auto filler = loaded(settings());
  Cancel cancel;
  cancel.raise();
  const Outcome<Repair> repair = filler->fill(tone_gap(48000, 2, 0.5), cancel, {});
  g_assert_false(static_cast<bool>(repair));
  g_assert_true(repair.failure().fault == Fault::kCancelled);
}

/// A repair may take its time, and somebody else's cancel must not wait for it.
void waiting_for_the_model_ends_with_the_cancel_and_keeps_the_order() {
  Turnstile turnstile;
  auto first = std::make_unique<Turnstile::Pass>(turnstile, Cancel());
  Cancel cancel;
  Fault fault = Fault::kInternal;
  std::thread cancelled([&] {
    try {
      Turnstile::Pass pass(turnstile, cancel);
    } catch (const Error& error) {
      fault = error.fault();
    }
  });
  cancel.raise();
  cancelled.join();  // while the first still has its pass
  g_assert_true(fault == Fault::kCancelled);
  // Its place in the line is gone with it.
  std::thread next([&] { Turnstile::Pass pass(turnstile, Cancel()); });
  first.reset();
  next.join();
}

void cancelled_load_says_so_and_leaves_nothing() {
  Cancel cancel;
  cancel.raise();
  LmFiller filler(settings());
  const Outcome<bool> outcome = filler.load(cancel, {});
  g_assert_false(outcome);
  g_assert_true(outcome.failure().fault == Fault::kCancelled);
  g_assert_cmpstr(filler.model(), ==, "");

  // In the middle of it, too: the codec is not begun.
  Cancel later;
  std::string last;
  const Outcome<bool> half = LmFiller(settings()).load(later, [&](double, const char* stage) {
    last = stage;
    if (last == "language model") later.raise();
  });
  g_assert_false(half);
  g_assert_true(half.failure().fault == Fault::kCancelled);
  g_assert_cmpstr(last.c_str(), ==, "language model");
  g_assert_true(static_cast<bool>(filler.load(Cancel(), {})));
}

void progress_rises_to_one() {
  auto filler = loaded(settings());
  double last = 0;
  const Outcome<Repair> repair =
      filler->fill(tone_gap(48000, 6, 0.3), Cancel(), [&](double share, const char*) {
        g_assert_cmpfloat(share, >=, last - 1e-9);
        last = share;
      });
  g_assert_true(static_cast<bool>(repair));
  g_assert_cmpfloat(last, ==, 1);
}

void weights_are_shared_between_fillers() {
  auto first = loaded(settings());
  auto second = loaded(settings());
  g_assert_cmpfloat(first->load_seconds() * second->load_seconds(), ==, 0);
  // Two at once take turns and give what each gives alone.
  const Gap gap = tone_gap(48000, 2, 0.2);
  const Repair alone = must_fill(*first, gap);
  Repair a, b;
  std::thread other([&] { a = must_fill(*first, gap); });
  b = must_fill(*second, gap);
  other.join();
  g_assert_true(a.audio == alone.audio);
  g_assert_true(b.audio == alone.audio);
}

void estimate_grows_with_the_gap() {
  auto filler = loaded(settings());
  const double small = filler->estimate_seconds(tone_gap(48000, 2, 0.2));
  const double large = filler->estimate_seconds(tone_gap(48000, 2, 5));
  g_assert_cmpfloat(small, >, 0);
  g_assert_cmpfloat(large, >, small);
}

/// The gap's surroundings as the filler sees them, in codes of the tiny checkpoint: [K, T] with zeros in the gap.
at::Tensor codes_around(const Gap& gap, int64_t gap_frames) {
  codec::HeartCodec::LoadOptions options;
  const auto codec = codec::HeartCodec::load(tiny().path + "/HeartCodec-tiny",
                                             tiny().path + "/HeartCodec-tiny-encoder", options);
  const int64_t frame = 2 * codec->autoencoder().samples_per_latent();
  const auto codes_of = [&](const Planes& planes) {
    std::vector<at::Tensor> channels;
    for (const auto& plane : planes) {
      channels.push_back(at::tensor(at::ArrayRef<float>(plane), at::kFloat));
    }
    const auto frames = static_cast<int64_t>(length_of(planes)) / frame;
    const at::Tensor wave = at::stack(channels).slice(1, 0, frames * frame);  // [2, S]
    return codec->encode_codes(wave.unsqueeze(0), 48000, Cancel()).squeeze(0).narrow(1, 0, frames);
  };
  const at::Tensor left = codes_of(gap.left);
  return at::cat({left, at::zeros({left.size(0), gap_frames}, at::kLong), codes_of(gap.right)}, 1);
}

void codes_of_a_sidecar_repair_as_those_of_the_encoder_do() {
  // 12 frames, a gap of 2 and 11 frames, all on the grid that begins with the song.
  Gap gap = tone_gap(48000, 2, 0.16, 0.96, 0.88);
  gap.begin_seconds = 0.96;
  const std::string file = tiny().path + "/codes.safetensors";
  write_safetensors(file, {{"codes", codes_around(gap, 2).to(at::kInt)}});
  auto with_encoder = loaded(settings());
  ModelSettings with = settings();
  with.tokens_location = file;
  auto with_codes = loaded(with);
  g_assert_cmpstr(with_codes->load_warning(), ==, "");
  const Repair a = must_fill(*with_encoder, gap);
  const Repair b = must_fill(*with_codes, gap);
  g_assert_true(a.audio == b.audio);
  // The same sound at other times is not what the codes stand for.
  gap.begin_seconds = 0.97;
  g_assert_false(must_fill(*with_codes, gap).audio == a.audio);
}

void a_sidecar_that_does_not_fit_the_song_is_refused() {
  ModelSettings with = settings();
  with.tokens_location = tiny().path + "/short.safetensors";
  write_safetensors(with.tokens_location, {{"codes", at::zeros({4, 20}, at::kLong)}});
  auto filler = loaded(with);
  const struct {
    size_t channels;
    double begin_seconds;  // of the gap, with a second of context on both sides
    double right_seconds;
    const char* words;  // null: it fits
  } rows[] = {
      {2, 1.0, 0.2, nullptr},
      {2, 1.55, 0, nullptr},
      {2, 1.2, 0.5, "holds frames 0 to 19"},
      {2, 1.7, 0, "is the song longer than its codes"},
      {2, 0.5, 0.2, "is the song longer than its codes"},  // more before it than the song has
      {6, 1.0, 0.2, "this stream has 3 pairs"},
  };
  for (const auto& row : rows) {
    Gap gap = tone_gap(48000, row.channels, 0.1, 1, row.right_seconds);
    gap.begin_seconds = row.begin_seconds;
    const Outcome<Repair> repair = filler->fill(gap, Cancel(), {});
    g_assert_cmpint(static_cast<bool>(repair), ==, row.words == nullptr);
    if (!row.words) continue;
    g_assert_true(repair.failure().fault == Fault::kInput);
    if (!strstr(repair.failure().text.c_str(), row.words)) {
      g_error("said \"%s\", wanted \"%s\"", repair.failure().text.c_str(), row.words);
    }
  }
}

void axes_of_a_sidecar_that_fit_either_way_are_warned_of() {
  ModelSettings with = settings();
  with.tokens_location = tiny().path + "/square.safetensors";
  write_safetensors(with.tokens_location, {{"codes", at::zeros({4, 4}, at::kLong)}});
  auto guessing = loaded(with);
  g_assert_nonnull(strstr(guessing->load_warning(), "either axis may be the 4 codebooks"));
  with.tokens_layout = "BTK";
  auto told = loaded(with);
  g_assert_cmpstr(told->load_warning(), ==, "");
}

void codes_of_a_sidecar_need_no_encoder() {
  const std::string copy = tiny().path + "-without-encoder";
  std::filesystem::copy(tiny().path, copy, std::filesystem::copy_options::recursive);
  std::filesystem::remove_all(copy + "/HeartCodec-tiny-encoder");
  ModelSettings with = settings();
  with.location = copy;
  LmFiller without(with);
  const Outcome<bool> refused = without.load(Cancel(), {});
  g_assert_false(static_cast<bool>(refused));
  g_assert_nonnull(strstr(refused.failure().text.c_str(), "tokens-location"));
  with.tokens_location = tiny().path + "/some.safetensors";
  write_safetensors(with.tokens_location, {{"codes", at::zeros({4, 40}, at::kLong)}});
  auto filler = loaded(with);
  Gap gap = tone_gap(48000, 1, 0.2);
  gap.begin_seconds = 1;
  must_fill(*filler, gap);
  std::filesystem::remove_all(copy);
}

void faults_name_what_is_wrong() {
  struct Row {
    const char* location;
    const char* device;
    const char* weights;
    Fault fault;
    const char* words;
  };
  const Row rows[] = {
      {"/nowhere/at/all", "cpu", "auto", Fault::kFile, "/nowhere/at/all"},
      {nullptr, "cuda:99", "auto", Fault::kInput, "cuda:99"},
      {nullptr, "toaster", "auto", Fault::kInput, "auto, cpu"},
      {nullptr, "cpu", "q3", Fault::kInput, "q3"},
  };
  for (const Row& row : rows) {
    ModelSettings with = settings();
    if (row.location != nullptr) with.location = row.location;
    with.device = row.device;
    with.weights = row.weights;
    LmFiller filler(with);
    const Outcome<bool> outcome = filler.load(Cancel(), {});
    g_assert_false(static_cast<bool>(outcome));
    g_assert_true(outcome.failure().fault == row.fault);
    g_assert_nonnull(strstr(outcome.failure().text.c_str(), row.words));
  }
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  // Before anything is loaded, so that there is something to load.
  g_test_add_func("/lm-filler/cancelled-load-says-so-and-leaves-nothing",
                  cancelled_load_says_so_and_leaves_nothing);
  g_test_add_func("/lm-filler/every-rate-and-channel-count-comes-back-in-shape",
                  every_rate_and_channel_count_comes_back_in_shape);
  g_test_add_func("/lm-filler/held-context-comes-back-in-phase-at-every-rate",
                  held_context_comes_back_in_phase_at_every_rate);
  g_test_add_func("/lm-filler/same-seed-gives-the-same-bits-and-another-does-not",
                  same_seed_gives_the_same_bits_and_another_does_not);
  g_test_add_func("/lm-filler/one-side-is-enough-and-none-is-refused",
                  one_side_is_enough_and_none_is_refused);
  g_test_add_func("/lm-filler/long-gap-is-solved-in-windows", long_gap_is_solved_in_windows);
  g_test_add_func("/lm-filler/waiting-for-the-model-ends-with-the-cancel-and-keeps-the-order",
                  waiting_for_the_model_ends_with_the_cancel_and_keeps_the_order);
  g_test_add_func("/lm-filler/cancelled-fill-says-so", cancelled_fill_says_so);
  g_test_add_func("/lm-filler/progress-rises-to-one", progress_rises_to_one);
  g_test_add_func("/lm-filler/weights-are-shared-between-fillers",
                  weights_are_shared_between_fillers);
  g_test_add_func("/lm-filler/estimate-grows-with-the-gap", estimate_grows_with_the_gap);
  g_test_add_func("/lm-filler/codes-of-a-sidecar-repair-as-those-of-the-encoder-do",
                  codes_of_a_sidecar_repair_as_those_of_the_encoder_do);
  g_test_add_func("/lm-filler/a-sidecar-that-does-not-fit-the-song-is-refused",
                  a_sidecar_that_does_not_fit_the_song_is_refused);
  g_test_add_func("/lm-filler/axes-of-a-sidecar-that-fit-either-way-are-warned-of",
                  axes_of_a_sidecar_that_fit_either_way_are_warned_of);
  g_test_add_func("/lm-filler/codes-of-a-sidecar-need-no-encoder",
                  codes_of_a_sidecar_need_no_encoder);
  g_test_add_func("/lm-filler/faults-name-what-is-wrong", faults_name_what_is_wrong);
  return g_test_run();
}
