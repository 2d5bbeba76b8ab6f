// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/train/parameter_bank.h"

#include "models/base/error.h"

#include <c10/core/GradMode.h>
#include <c10/core/InferenceMode.h>

namespace heart::train {

class ParameterBank::Views : public ParameterSource {
 public:
  Views(const ParameterBank& bank, at::Tensor values, at::Tensor gradient)
      : bank_(bank), values_(std::move(values)), gradient_(std::move(gradient)) {}

  bool has(const std::string& name) const override {
    return bank_.places_.count(name) || bank_.buffers_.count(name);
  }

  at::Tensor get(const std::string& name, at::IntArrayRef shape, const Init&) override {
    const auto buffer = bank_.buffers_.find(name);
    if (buffer != bank_.buffers_.end()) return buffer->second;
    const auto known = made_.find(name);
    if (known != made_.end()) return known->second;  // tied weights are one leaf
    const auto place = bank_.places_.find(name);
    if (place == bank_.places_.end() || at::IntArrayRef(place->second.shape) != shape) {
      throw Error(Fault::kInternal, name + " was not laid out as " + shape_text(shape));
    }
    at::Tensor leaf = bank_.view(values_, place->second).detach();
    if (gradient_.defined()) {
      leaf.set_requires_grad(true);
      leaf.mutable_grad() = bank_.view(gradient_, place->second).detach();
    }
    made_[name] = leaf;
    return leaf;
  }

 private:
  const ParameterBank& bank_;
  at::Tensor values_, gradient_;
  std::map<std::string, at::Tensor> made_;
};

ParameterBank::ParameterBank(const std::vector<SpecParameters::Spec>& specs,
                             const Options& options) {
  int64_t total = 0;
  std::vector<at::Tensor> parts, masks;
  for (const auto& spec : specs) {
    if (places_.count(spec.name) || buffers_.count(spec.name)) continue;
    const at::Tensor start = draw_initial(spec.name, spec.shape, spec.init, options.seed);
    if (options.is_buffer && options.is_buffer(spec.name)) {
      buffers_[spec.name] = start.to(options.device);
      continue;
    }
    places_[spec.name] = {spec.shape, total, spec.numel()};
    order_.push_back(spec.name);
    total += spec.numel();
    parts.push_back(start.flatten());
    masks.push_back(at::full({spec.numel()}, spec.shape.size() > 1 ? 1.0f : 0.0f));
  }
  if (total == 0) throw Error(Fault::kInput, "this network has no parameters to train");
  weights_ = at::cat(parts).to(options.device);     // [P]
  decay_mask_ = at::cat(masks).to(options.device);  // [P]
  average_ = weights_.clone();                      // [P]
  for (int i = 0; i < options.workers; ++i) gradients_.push_back(at::zeros_like(weights_));
}

at::Tensor ParameterBank::view(const at::Tensor& block, const Place& place) const {
  return block.narrow(0, place.begin, place.count).view(place.shape);
}

std::unique_ptr<ParameterSource> ParameterBank::source(int worker) {
  return std::make_unique<Views>(*this, weights_, gradients_.at(worker));
}

std::unique_ptr<ParameterSource> ParameterBank::average_source() {
  return std::make_unique<Views>(*this, average_, at::Tensor());
}

at::Tensor ParameterBank::buffer(const std::string& name) const {
  const auto found = buffers_.find(name);
  if (found == buffers_.end())
    throw Error(Fault::kInternal, name + " is no buffer of this network");
  return found->second;
}

void ParameterBank::clear_gradients() {
  for (auto& gradient : gradients_) gradient.zero_();
}

at::Tensor ParameterBank::sum_gradients() {
  for (size_t i = 1; i < gradients_.size(); ++i) gradients_[0].add_(gradients_[i]);
  return gradients_[0];
}

void ParameterBank::update_average(double decay) {
  c10::NoGradGuard no_grad;
  average_.lerp_(weights_, 1.0 - decay);
}

std::vector<std::pair<std::string, at::Tensor>> ParameterBank::named_average() const {
  std::vector<std::pair<std::string, at::Tensor>> named;
  for (const auto& name : order_) named.emplace_back(name, view(average_, places_.at(name)));
  for (const auto& buffer : buffers_) named.emplace_back(buffer.first, buffer.second);
  return named;
}

int ParameterBank::load(const TensorFiles& files) {
  c10::NoGradGuard no_grad;
  int taken = 0;
  const auto check = [&](const std::string& name, at::IntArrayRef shape) {
    if (at::IntArrayRef(files.entry(name).shape) != shape) {
      throw Error(Fault::kFile, files.path() + ": " + name + " is " +
                                    shape_text(files.entry(name).shape) +
                                    ", this run's config says " + shape_text(shape) +
                                    "; was it trained with another config?");
    }
  };
  for (const auto& entry : places_) {
    if (!files.has(entry.first)) continue;
    check(entry.first, entry.second.shape);
    const at::Tensor stored = files.tensor(entry.first);
    view(weights_, entry.second).copy_(stored);
    view(average_, entry.second).copy_(stored);
    ++taken;
  }
  for (auto& buffer : buffers_) {
    if (!files.has(buffer.first)) continue;
    check(buffer.first, buffer.second.sizes());
    buffer.second.copy_(files.tensor(buffer.first));
    ++taken;
  }
  return taken;
}

}  // namespace heart::train
