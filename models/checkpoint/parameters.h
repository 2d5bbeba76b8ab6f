// SPDX-License-Identifier: LGPL-2.1-or-later
//
// How networks get their weights. A network's constructor asks for each of its tensors by the name and
// shape of the released checkpoints; where they come from (a mapped file, a seeded start for training, a
// list for make-random and inspect) is the source's business, so names and shapes stand in one place.
// Networks are const after construction and run under autograd as well as under inference mode.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ATen/ATen.h>

namespace heart {

/// How a parameter starts when nothing was trained yet.
struct Init {
  enum class Kind { kNormal, kConstant } kind = Kind::kNormal;
  double value = 0.02;  // standard deviation, or the constant

  static Init normal(double stddev) { return {Kind::kNormal, stddev}; }
  static Init constant(double value) { return {Kind::kConstant, value}; }
  static Init zeros() { return constant(0); }
  static Init ones() { return constant(1); }
  /// Variance 1/fan_in, the usual start of a linear or convolution.
  static Init fan_in(int64_t inputs);
};

/// A source of named tensors.
/// Threads  one at a time while networks are being built
class ParameterSource {
 public:
  virtual ~ParameterSource() = default;
  virtual bool has(const std::string& name) const = 0;
  /// The tensor of that name. A missing or mis-shaped one is recorded, and a placeholder of the
  /// right shape comes back, so that every problem of a checkpoint is found in one pass.
  virtual at::Tensor get(const std::string& name, at::IntArrayRef shape, const Init& init) = 0;
};

/// A source seen from inside one prefix: `scope["attn"].get("q_proj.weight", {D, D})`.
class Parameters {
 public:
  explicit Parameters(ParameterSource& source, std::string prefix = "")
      : source_(&source), prefix_(std::move(prefix)) {}

  Parameters operator[](const std::string& name) const {
    return Parameters(*source_, prefix_ + name + ".");
  }
  Parameters operator[](int64_t index) const { return (*this)[std::to_string(index)]; }

  bool has(const std::string& name) const { return source_->has(prefix_ + name); }
  at::Tensor get(const std::string& name, at::IntArrayRef shape, const Init& init = {}) const {
    return source_->get(prefix_ + name, shape, init);
  }

 private:
  ParameterSource* source_;
  std::string prefix_;
};

}  // namespace heart
