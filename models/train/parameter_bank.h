// SPDX-License-Identifier: LGPL-2.1-or-later
//
// All trained parameters of a network in one block of memory, its gradients in another, the moving
// average in a third. Networks built from the bank's sources see views of these blocks, so that
// optimiser, clipping, averaging and saving are a few operations on one long vector, and two workers
// train the same weights with gradients of their own.

#pragma once

#include "models/checkpoint/parameters.h"
#include "models/checkpoint/sources.h"

#include <ATen/ATen.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace heart::train {

/// Parameters and their averages, f32, on one device.
/// Shapes   weights, average, each gradient: [P], P the number of trained values
/// Threads  sources one at a time; afterwards each worker only touches its own gradient
class ParameterBank {
 public:
  struct Options {
    uint64_t seed = 0;
    at::Device device = at::kCPU;
    int workers = 1;
    /// Names of tensors that belong to the network but are not trained by gradient (codebooks). They
    /// are shared by all workers and by the averaged network.
    std::function<bool(const std::string&)> is_buffer;
  };

  /// Lays out and draws every tensor of `specs`; a name asked for twice is held once.
  ParameterBank(const std::vector<SpecParameters::Spec>& specs, const Options& options);

  /// Parameters that require gradients, which land in `gradient(worker)`.
  std::unique_ptr<ParameterSource> source(int worker);
  /// The moving averages, without gradients.
  std::unique_ptr<ParameterSource> average_source();

  at::Tensor weights() const { return weights_; }
  at::Tensor average() const { return average_; }
  at::Tensor gradient(int worker) const { return gradients_.at(worker); }
  /// 1 where weight decay applies (tensors of two and more axes), else 0.
  at::Tensor decay_mask() const { return decay_mask_; }
  at::Tensor buffer(const std::string& name) const;
  const std::map<std::string, at::Tensor>& buffers() const { return buffers_; }
  int64_t size() const { return weights_.numel(); }
  int workers() const { return static_cast<int>(gradients_.size()); }

  void clear_gradients();
  /// Adds the gradients of all workers into that of worker 0, in order, and returns it.
  at::Tensor sum_gradients();
  /// average += (1 − decay)·(weights − average)
  void update_average(double decay);

  /// The averaged parameters and the buffers under their names, as a checkpoint holds them.
  std::vector<std::pair<std::string, at::Tensor>> named_average() const;
  /// Copies what `files` holds under these names into weights and averages; Error{kFile} for a shape
  /// that differs. Returns how many tensors were taken.
  int load(const TensorFiles& files);

 private:
  struct Place {
    std::vector<int64_t> shape;
    int64_t begin = 0;
    int64_t count = 0;
  };
  class Views;

  at::Tensor view(const at::Tensor& block, const Place& place) const;

  std::vector<std::string> order_;
  std::map<std::string, Place> places_;
  std::map<std::string, at::Tensor> buffers_;
  at::Tensor weights_, average_, decay_mask_;
  std::vector<at::Tensor> gradients_;
};

}  // namespace heart::train
