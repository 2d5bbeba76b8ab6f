// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/checkpoint/sources.h"

#include "models/base/error.h"

#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <fnmatch.h>

namespace heart {

at::Tensor draw_initial(const std::string& name, at::IntArrayRef shape, const Init& init,
                        uint64_t seed) {
  if (init.kind == Init::Kind::kConstant) return at::full(shape, init.value, at::kFloat);
  uint64_t hash = 14695981039346656037ull;  // FNV-1a
  for (unsigned char c : name) hash = (hash ^ c) * 1099511628211ull;
  auto generator = at::detail::createCPUGenerator(hash ^ (seed * 0x9E3779B97F4A7C15ull));
  return at::randn(shape, generator, at::TensorOptions().dtype(at::kFloat)).mul_(init.value);
}

CheckpointParameters::CheckpointParameters(TensorFiles files, Options options)
    : files_(std::move(files)), options_(std::move(options)) {}

at::Device CheckpointParameters::device_of(const std::string& name) const {
  for (const auto& [prefix, device] : options_.elsewhere) {
    if (name.compare(0, prefix.size(), prefix) == 0) return device;
  }
  return options_.device;
}

at::Tensor CheckpointParameters::get(const std::string& name, at::IntArrayRef shape, const Init&) {
  if (options_.cancel) options_.cancel->check();
  const bool is_first = used_.insert(name).second;
  const at::Device device = device_of(name);
  const auto placeholder = [&] {
    return at::zeros({1}, at::TensorOptions().dtype(options_.dtype).device(device)).expand(shape);
  };
  if (!files_.has(name)) {
    problems_.push_back(name + " is missing, wanted " + shape_text(shape));
    return placeholder();
  }
  const SafetensorsFile::Entry& entry = files_.entry(name);
  if (at::IntArrayRef(entry.shape) != shape) {
    problems_.push_back(name + " is " + shape_text(entry.shape) + ", the config says " +
                        shape_text(shape));
    return placeholder();
  }
  if (entry.dtype == at::ScalarType::Undefined) {
    problems_.push_back(name + " is of type " + entry.type + ", wanted F32, F16 or BF16");
    return placeholder();
  }
  const at::Tensor stored = files_.tensor(name);
  const at::ScalarType dtype = stored.is_floating_point() ? options_.dtype : stored.scalar_type();
  const at::Tensor wanted = stored.to(device, dtype);
  if (is_first) bytes_in_use_ += wanted.nbytes();
  if (!wanted.is_same(stored)) files_.release_pages(name);
  return wanted;
}

void CheckpointParameters::finish() {
  std::vector<std::string> problems;
  problems.swap(problems_);
  for (const std::string& name : files_.names()) {
    if (used_.count(name)) continue;
    const bool is_ignorable = std::any_of(
        options_.ignorable.begin(), options_.ignorable.end(),
        [&](const auto& pattern) { return fnmatch(pattern.c_str(), name.c_str(), 0) == 0; });
    if (!is_ignorable) {
      problems.push_back(name + " " + shape_text(files_.entry(name).shape) + " is not known here");
    }
  }
  if (problems.empty()) return;
  std::string text = files_.path() + ": " + std::to_string(problems.size()) +
                     (problems.size() == 1 ? " tensor does" : " tensors do") +
                     " not fit the config; mixed releases, or the config of another model?";
  for (const std::string& problem : problems) text += "\n  " + problem;
  throw Error(Fault::kFile, text);
}

void FreshParameters::start_from(TensorFiles files, bool is_complete) {
  files_.clear();
  files_.push_back(std::move(files));
  is_complete_ = is_complete;
}

bool FreshParameters::has(const std::string& name) const {
  return !files_.empty() && files_.front().has(name);
}

at::Tensor FreshParameters::get(const std::string& name, at::IntArrayRef shape, const Init& init) {
  for (const auto& known : named_) {
    if (known.first != name) continue;
    if (known.second.sizes() != shape) {
      throw Error(Fault::kInternal, name + " was asked for as " + shape_text(known.second.sizes()) +
                                        " and as " + shape_text(shape));
    }
    return known.second;
  }
  at::Tensor tensor;
  if (has(name)) {
    const TensorFiles& files = files_.front();
    if (at::IntArrayRef(files.entry(name).shape) != shape) {
      throw Error(Fault::kFile, files.path() + ": " + name + " is " +
                                    shape_text(files.entry(name).shape) + ", the config says " +
                                    shape_text(shape));
    }
    // A copy even where nothing needs converting: training writes into it.
    tensor = files.tensor(name).to(options_.device, options_.dtype, false, /*copy=*/true);
    started_.insert(name);
  } else if (is_complete_) {
    throw Error(Fault::kFile,
                files_.front().path() + ": " + name + " is missing, wanted " + shape_text(shape));
  } else {
    tensor = draw_initial(name, shape, init, options_.seed).to(options_.device, options_.dtype);
  }
  tensor.set_requires_grad(options_.requires_grad && tensor.is_floating_point());
  named_.emplace_back(name, tensor);
  return tensor;
}

int64_t SpecParameters::Spec::numel() const {
  int64_t count = 1;
  for (int64_t dim : shape) count *= dim;
  return count;
}

at::Tensor SpecParameters::get(const std::string& name, at::IntArrayRef shape, const Init& init) {
  specs_.push_back({name, shape.vec(), init});
  return at::empty(shape, at::TensorOptions().dtype(at::kFloat).device(at::kMeta));
}

}  // namespace heart
