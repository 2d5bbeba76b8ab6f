// SPDX-License-Identifier: LGPL-2.1-or-later
//
// How codebooks are trained without gradients, which holes a training crop gets, and where crops come from.

#include "models/base/error.h"
#include "models/checkpoint/sources.h"
#include "models/heartcodec/conditioning.h"
#include "models/train/codebook_trainer.h"
#include "models/train/context_masks.h"
#include "models/train/latent_store.h"

#include <glib.h>
#include <glib/gstdio.h>

#include <cmath>
#include <filesystem>

namespace {

using heart::Parameters;
using namespace heart::train;
namespace codec = heart::codec;

codec::CodecConfig small_config() {
  codec::CodecConfig config;
  config.dim = 8;
  config.codebook_size = 4;
  config.codebook_dim = 2;
  config.num_quantizers = 2;
  return config;
}

struct SmallRvq {
  SmallRvq() : source({1, false, at::kCPU, at::kFloat}), rvq(small_config(), Parameters(source)) {}
  heart::FreshParameters source;
  codec::Rvq rvq;
};

// 4 clusters at (±10, ±10), 50 vectors each, radius about 0.1.
at::Tensor four_clusters(StepRandom& random) {
  const at::Tensor centres =
      at::tensor({10.f, 10.f, 10.f, -10.f, -10.f, 10.f, -10.f, -10.f}).view({4, 2});
  return (centres.repeat_interleave(50, 0) + 0.1 * random.normal({200, 2})).contiguous();
}

void kmeans_start_puts_an_entry_into_every_cluster() {
  // Lloyd's rounds may leave two starts in one cluster; over 20 seeds the error must fall to the
  // clusters' own radius (0.02 per vector) most times, and never be worse than one entry for all.
  int perfect = 0;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    StepRandom random(seed, 0, 0);
    const at::Tensor vectors = four_clusters(random);
    const at::Tensor entries = k_means(vectors, 4, 8, random);
    const at::Tensor codes = nearest_entry(vectors, entries);
    const double error =
        (vectors - entries.index_select(0, codes)).square().sum(-1).mean().item<double>();
    g_assert_cmpfloat(error, <, 110.0);
    if (error < 0.05) ++perfect;
  }
  g_assert_cmpint(perfect, >=, 2);
}

void start_quantises_residuals_layer_by_layer() {
  SmallRvq small;
  CodebookTrainer trainer(small.rvq, {});
  StepRandom random(5, 0, 0);
  const at::Tensor vectors = random.normal({400, 2});
  g_assert_false(trainer.is_started());
  trainer.start(vectors, random);
  g_assert_true(trainer.is_started());
  const auto quantized = small.rvq.quantize(vectors);
  const double first = quantized.residuals[1].square().mean().item<double>();
  const double both = (vectors - quantized.vectors).square().mean().item<double>();
  g_assert_cmpfloat(first, <, 0.5);  // 4 cells over a plane of unit variance
  g_assert_cmpfloat(both, <, first * 0.5);
}

void fewer_vectors_than_entries_still_give_different_entries() {
  StepRandom random(1, 0, 0);
  for (int64_t count : {1, 3, 4, 5}) {
    const at::Tensor entries = k_means(random.normal({count, 2}) * 3 + 1, 4, 0, random);
    g_assert_cmpint(entries.size(0), ==, 4);
    g_assert_true(at::isfinite(entries).all().item<bool>());
  }
}

void entry_follows_the_running_mean_of_its_vectors() {
  SmallRvq small;
  CodebookTrainer::Options options;
  options.decay = 0.75;
  options.dead_share = 0;  // nothing is moved here
  CodebookTrainer trainer(small.rvq, options);
  std::map<std::string, at::Tensor> state = {{"codebook_counts", at::ones({2, 4})},
                                             {"codebook_sums", at::zeros({2, 4, 2})},
                                             {"codebooks_started", at::ones({1}, at::kLong)}};
  trainer.restore(state);
  codec::Quantized quantized;
  quantized.codes = at::zeros({2, 2}, at::kLong);  // both vectors chose entry 0 of both layers
  quantized.residuals = at::tensor({1.f, 0.f, 3.f, 4.f}).view({1, 2, 2}).expand({2, 2, 2});
  StepRandom random(1, 0, 0);
  g_assert_cmpint(trainer.update(quantized, random), ==, 0);
  // Two choices of 4 entries in a batch of 2: count 4 in units of one per entry, sum (4, 4)·2.
  // counts 1 → 0.75 + 0.25·4 = 1.75, sums 0 → 0.25·(8, 8) = (2, 2).
  const at::Tensor entry = small.rvq.codebook(0)[0];
  g_assert_cmpfloat_with_epsilon(entry[0].item<float>(), 2 / 1.75, 1e-6);
  g_assert_cmpfloat_with_epsilon(entry[1].item<float>(), 2 / 1.75, 1e-6);
}

void entry_that_nobody_chooses_moves_to_a_vector_of_the_batch() {
  SmallRvq small;
  CodebookTrainer trainer(small.rvq, {});
  StepRandom random(2, 0, 0);
  const at::Tensor vectors = four_clusters(random);
  trainer.start(vectors, random);
  for (int k = 0; k < 2; ++k) small.rvq.codebook(k)[3].fill_(1000.0f);
  int64_t moved = 0;
  for (int step = 0; step < 200 && moved == 0; ++step) {
    auto state = trainer.state();
    state["codebook_sums"][0][3].copy_(1000.0f * state["codebook_counts"][0][3]);
    moved = trainer.update(small.rvq.quantize(vectors), random);
  }
  g_assert_cmpint(moved, >=, 1);
  g_assert_cmpfloat(small.rvq.codebook(0)[3].abs().max().item<float>(), <, 11.0);
}

void state_of_the_codebooks_survives_a_restore() {
  SmallRvq one, two;
  StepRandom random(3, 0, 0);
  const at::Tensor vectors = random.normal({64, 2});
  CodebookTrainer first(one.rvq, {});
  first.start(vectors, random);
  first.update(one.rvq.quantize(vectors), random);
  CodebookTrainer second(two.rvq, {});
  second.restore(first.state());
  for (int k = 0; k < 2; ++k) two.rvq.codebook(k).copy_(one.rvq.codebook(k));
  StepRandom a(4, 0, 0), b(4, 0, 0);
  first.update(one.rvq.quantize(vectors), a);
  second.update(two.rvq.quantize(vectors), b);
  g_assert_true(at::equal(one.rvq.codebook(1), two.rvq.codebook(1)));
}

void masks_come_in_the_shares_asked_for() {
  StepRandom random(9, 0, 0);
  const int64_t rows = 4000, length = 128;
  const at::Tensor mask = draw_masks(rows, length, {}, random);
  const at::Tensor given = mask == static_cast<int64_t>(codec::kInContext);
  const at::Tensor made = mask == static_cast<int64_t>(codec::kGenerate);
  g_assert_true((given | made).all().item<bool>());
  g_assert_true(made.any(1).all().item<bool>());
  const auto share = [&](const at::Tensor& which) { return which.sum().item<double>() / rows; };
  const at::Tensor first = given.select(1, 0), last = given.select(1, length - 1);
  // 0.03 is four standard deviations of a share near one half over 4000 rows
  g_assert_cmpfloat_with_epsilon(share(~first & ~last), 0.15, 0.03);
  g_assert_cmpfloat_with_epsilon(share(first & ~last), 0.20, 0.03);
  g_assert_cmpfloat_with_epsilon(share(~first & last), 0.15, 0.03);
  g_assert_cmpfloat_with_epsilon(share(first & last), 0.50, 0.03);
}

void shortest_crops_still_have_something_to_make() {
  StepRandom random(9, 0, 0);
  for (int64_t length : {2, 3, 8, 16, 96}) {
    const at::Tensor made =
        draw_masks(200, length, {}, random) == static_cast<int64_t>(codec::kGenerate);
    g_assert_true(made.any(1).all().item<bool>());
  }
}

LatentStore counting_store() {
  // Pieces of 5, 12 and 3 rows; row i holds (i, i).
  const at::Tensor rows = at::arange(20, at::kFloat).unsqueeze(-1).expand({20, 2}).contiguous();
  return LatentStore(rows.to(at::kHalf), {0, 5, 17, 20}, {"a", "b", "c"});
}

void crops_stay_inside_a_piece_and_on_the_grid() {
  const LatentStore store = counting_store();
  StepRandom random(1, 0, 0);
  for (int i = 0; i < 300; ++i) {
    const at::Tensor crop = store.crops(1, 4, 2, random);
    const int first = crop[0][0][0].item<int>(), last = crop[0][3][1].item<int>();
    g_assert_cmpint(last - first, ==, 3);
    g_assert_true((first >= 0 && last < 5 && first % 2 == 0) ||
                  (first >= 5 && last < 17 && (first - 5) % 2 == 0));
  }
  bool refused = false;
  try {
    store.crops(1, 13, 2, random);
  } catch (const heart::Error& error) {
    refused = error.fault() == heart::Fault::kInput;
  }
  g_assert_true(refused);
}

void store_is_read_back_as_it_was_saved() {
  gchar* folder = g_dir_make_tmp("heart-store-XXXXXX", nullptr);
  const std::string path = std::string(folder) + "/store.safetensors";
  counting_store().save(path);
  const LatentStore read = LatentStore::open(path);
  g_assert_cmpint(read.pieces(), ==, 3);
  g_assert_cmpint(read.length(1), ==, 12);
  g_assert_cmpstr(read.name(2).c_str(), ==, "c");
  g_assert_true(at::equal(read.piece(2), counting_store().piece(2)));
  std::filesystem::remove_all(folder);
  g_free(folder);
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
#define CLAIM(name) g_test_add_func("/train_codebooks/" #name, name)
  CLAIM(kmeans_start_puts_an_entry_into_every_cluster);
  CLAIM(start_quantises_residuals_layer_by_layer);
  CLAIM(fewer_vectors_than_entries_still_give_different_entries);
  CLAIM(entry_follows_the_running_mean_of_its_vectors);
  CLAIM(entry_that_nobody_chooses_moves_to_a_vector_of_the_batch);
  CLAIM(state_of_the_codebooks_survives_a_restore);
  CLAIM(masks_come_in_the_shares_asked_for);
  CLAIM(shortest_crops_still_have_something_to_make);
  CLAIM(crops_stay_inside_a_piece_and_on_the_grid);
  CLAIM(store_is_read_back_as_it_was_saved);
  return g_test_run();
}
