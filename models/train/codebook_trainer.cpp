// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/train/codebook_trainer.h"

#include "models/base/error.h"

#include <c10/core/GradMode.h>
#include <vector>

namespace heart::train {
namespace {

// `count` different rows of `vectors`, or with repetitions where it has fewer.
at::Tensor random_rows(const at::Tensor& vectors, int64_t count, StepRandom& random) {
  const int64_t rows = vectors.size(0);
  at::Tensor picked = at::randperm(rows, random.tensors(), at::kLong);
  if (rows < count) {
    const at::Tensor more = at::randint(rows, {count - rows}, random.tensors(), at::kLong);
    picked = at::cat({picked, more});
  }
  at::Tensor chosen = vectors.index_select(0, picked.slice(0, 0, count).to(vectors.device()));
  if (rows < count) {
    // Equal entries would share one cell for ever; 1 % of the spread tells them apart.
    const at::Tensor jitter = random.normal(chosen.sizes()).to(vectors.device());
    chosen = chosen + jitter * (0.01 * vectors.std().item<double>());
  }
  return chosen.contiguous();  // [count, Z]
}

// Sum of the vectors that chose each entry, and their number.
std::pair<at::Tensor, at::Tensor> gather_choices(const at::Tensor& vectors, const at::Tensor& codes,
                                                 int64_t entries) {
  auto sums = at::zeros({entries, vectors.size(1)}, vectors.options());  // [V, Z]
  sums.index_add_(0, codes, vectors);
  auto counts = at::bincount(codes, {}, entries).to(vectors.scalar_type());  // [V]
  return {sums, counts};
}

}  // namespace

at::Tensor nearest_entry(const at::Tensor& vectors, const at::Tensor& entries) {
  return (entries.square().sum(-1) - 2 * vectors.matmul(entries.t())).argmin(-1);
}

at::Tensor k_means(const at::Tensor& vectors, int64_t centres, int rounds, StepRandom& random) {
  c10::NoGradGuard no_grad;
  at::Tensor entries = random_rows(vectors, centres, random);  // [V, Z]
  for (int round = 0; round < rounds; ++round) {
    const at::Tensor codes = nearest_entry(vectors, entries);  // [N]
    const auto [sums, counts] = gather_choices(vectors, codes, centres);
    const at::Tensor means = sums / counts.clamp_min(1).unsqueeze(-1);
    // A cell that lost all its vectors starts again from a random one.
    const at::Tensor fresh = random_rows(vectors, centres, random);
    entries = at::where((counts > 0).unsqueeze(-1), means, fresh);
  }
  return entries;
}

CodebookTrainer::CodebookTrainer(const codec::Rvq& rvq, const Options& options)
    : rvq_(rvq), options_(options) {
  const at::Tensor entries = rvq_.codebook(0);
  counts_ = at::zeros({rvq_.num_quantizers(), entries.size(0)}, entries.options());
  sums_ = at::zeros({rvq_.num_quantizers(), entries.size(0), entries.size(1)}, entries.options());
}

void CodebookTrainer::start(const at::Tensor& vectors, StepRandom& random) {
  c10::NoGradGuard no_grad;
  at::Tensor residual = vectors.detach().to(at::kFloat);
  const int64_t size = rvq_.codebook_size();
  for (int64_t k = 0; k < rvq_.num_quantizers(); ++k) {
    const at::Tensor entries = k_means(residual, size, options_.kmeans_rounds, random);
    rvq_.codebook(k).copy_(entries);
    const at::Tensor codes = nearest_entry(residual, entries);
    const auto [sums, counts] = gather_choices(residual, codes, size);
    // As if every step so far had seen a batch like this one, scaled to one choice per entry.
    const double scale = static_cast<double>(size) / static_cast<double>(residual.size(0));
    counts_[k].copy_(counts * scale);
    sums_[k].copy_(sums * scale);
    residual = residual - entries.index_select(0, codes);
  }
  started_ = true;
}

int64_t CodebookTrainer::update(const codec::Quantized& quantized, StepRandom& random) {
  c10::NoGradGuard no_grad;
  if (!started_) throw Error(Fault::kInternal, "codebooks are moved before their k-means start");
  const int64_t size = rvq_.codebook_size();
  const double batch = static_cast<double>(quantized.codes.size(1));
  int64_t moved = 0;
  for (int64_t k = 0; k < rvq_.num_quantizers(); ++k) {
    const at::Tensor residual = quantized.residuals[k];  // [N, Z]
    auto [sums, counts] = gather_choices(residual, quantized.codes[k], size);
    // In units of one choice per entry and step, so that batches of any size weigh the same.
    const double unit = static_cast<double>(size) / batch;
    counts_[k].lerp_(counts * unit, 1 - options_.decay);
    sums_[k].lerp_(sums * unit, 1 - options_.decay);
    const at::Tensor dead = counts_[k] < options_.dead_share;  // [V]
    const int64_t dead_count = dead.sum().item<int64_t>();
    if (dead_count > 0) {
      const at::Tensor where = dead.nonzero().squeeze(-1);
      const at::Tensor fresh = random_rows(residual, dead_count, random);
      // Counted as half used: enough to live until the batches to come decide.
      counts_[k].index_fill_(0, where, 0.5);
      sums_[k].index_copy_(0, where, fresh * 0.5);
      moved += dead_count;
    }
    rvq_.codebook(k).copy_(sums_[k] / counts_[k].unsqueeze(-1));
  }
  return moved;
}

at::Tensor CodebookTrainer::use() const {
  return (counts_ >= options_.dead_share).to(at::kFloat).mean(-1).cpu();
}

std::map<std::string, at::Tensor> CodebookTrainer::state() const {
  return {{"codebook_counts", counts_},
          {"codebook_sums", sums_},
          {"codebooks_started", at::full({1}, started_ ? 1 : 0, at::kLong)}};
}

void CodebookTrainer::restore(const std::map<std::string, at::Tensor>& state) {
  counts_.copy_(state.at("codebook_counts"));
  sums_.copy_(state.at("codebook_sums"));
  started_ = state.at("codebooks_started").item<int64_t>() != 0;
}

}  // namespace heart::train
