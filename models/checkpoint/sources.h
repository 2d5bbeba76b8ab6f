// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Where parameters come from: a checkpoint on disk, a seeded start for training, or nowhere (a list of
// names and shapes only, for make-random and inspect).

#pragma once

#include "models/base/job.h"
#include "models/checkpoint/parameters.h"
#include "models/checkpoint/tensor_files.h"

#include <ATen/ATen.h>

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace heart {

/// A checkpoint as a source. A tensor that is wanted as it is stored, on the CPU, is a view of the
/// mapped file; any other is converted, and the pages of the original are given back.
/// Use      build the networks with it, then call finish(), before anything is computed
/// Errors   finish: Error{kFile} with every missing, mis-shaped and unknown tensor; get: Error{kCancelled}
class CheckpointParameters : public ParameterSource {
 public:
  struct Options {
    at::ScalarType dtype = at::kFloat;  // of floating tensors; integers stay as they are
    at::Device device = at::kCPU;
    /// Parts of the network that run elsewhere: tensors whose names begin so go to that device.
    std::vector<std::pair<std::string, at::Device>> elsewhere;
    /// Patterns (fnmatch: * and ?) of tensors that a checkpoint may hold without anyone asking for
    /// them, e.g. "*._codebook.cluster_size".
    std::vector<std::string> ignorable;
    const Cancel* cancel = nullptr;  // read before each tensor, if there is one
  };

  CheckpointParameters(TensorFiles files, Options options);

  bool has(const std::string& name) const override { return files_.has(name); }
  at::Tensor get(const std::string& name, at::IntArrayRef shape, const Init& init) override;

  /// All problems at once, then forgets them.
  void finish();
  const TensorFiles& files() const { return files_; }
  /// Of all tensors handed out, in the type and on the device they were wanted for; each counts once.
  uint64_t bytes_in_use() const { return bytes_in_use_; }

 private:
  at::Device device_of(const std::string& name) const;

  TensorFiles files_;
  Options options_;
  std::set<std::string> used_;
  uint64_t bytes_in_use_ = 0;
  std::vector<std::string> problems_;
};

/// Parameters to be trained: drawn on the CPU from the seed and the tensor's own name, so neither order
/// nor device matters; or, with start(), taken from a checkpoint (to resume or fine-tune).
class FreshParameters : public ParameterSource {
 public:
  struct Options {
    uint64_t seed = 0;
    bool requires_grad = true;
    at::Device device = at::kCPU;
    at::ScalarType dtype = at::kFloat;
  };

  explicit FreshParameters(Options options) : options_(options) {}

  /// Tensors found in `files` are copied from there; those it lacks start fresh unless `is_complete`,
  /// which makes a missing one an Error{kFile}. A mis-shaped one always is.
  void start_from(TensorFiles files, bool is_complete = true);

  /// Only what a checkpoint to start from holds; without one, no optional tensor exists.
  bool has(const std::string& name) const override;
  /// Asking twice for a name gives the same tensor.
  at::Tensor get(const std::string& name, at::IntArrayRef shape, const Init& init) override;

  /// In the order they were asked for. The tensors share storage with the networks built from here.
  const std::vector<std::pair<std::string, at::Tensor>>& named() const { return named_; }
  /// Names taken from the checkpoint given to start_from.
  const std::set<std::string>& started() const { return started_; }

 private:
  Options options_;
  std::vector<TensorFiles> files_;  // none or one
  bool is_complete_ = false;
  std::vector<std::pair<std::string, at::Tensor>> named_;
  std::set<std::string> started_;
};

/// Records what is asked for. The tensors handed out are on the meta device: they have shapes, no values
/// and no memory, so that a network of any size can be built and thrown away.
class SpecParameters : public ParameterSource {
 public:
  struct Spec {
    std::string name;
    std::vector<int64_t> shape;
    Init init;
    int64_t numel() const;
  };

  bool has(const std::string&) const override { return false; }
  at::Tensor get(const std::string& name, at::IntArrayRef shape, const Init& init) override;
  const std::vector<Spec>& specs() const { return specs_; }

 private:
  std::vector<Spec> specs_;
};

/// A fresh tensor as `init` says, from `seed` and `name` alone; f32 on the CPU.
at::Tensor draw_initial(const std::string& name, at::IntArrayRef shape, const Init& init,
                        uint64_t seed);

}  // namespace heart
