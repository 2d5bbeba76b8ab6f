// SPDX-License-Identifier: LGPL-2.1-or-later

#include "tests/parity/parity.h"

#include "models/base/error.h"

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <sstream>

namespace heart::parity {
namespace fs = std::filesystem;

Case::Case(std::string path, at::Device device) : path_(std::move(path)), device_(device) {
  if (fs::path(path_).extension() == ".jsonl") {
    kind_ = fs::path(path_).filename().string();
    return;
  }
  file_ = SafetensorsFile::open(path_);
  kind_ = meta("kind");
}

bool Case::has(const std::string& name) const {
  return file_ && file_->entries().count(name);
}

at::Tensor Case::tensor(const std::string& name) const {
  const at::Tensor stored = file_->tensor(name);
  return stored.is_floating_point() ? stored : stored.to(at::kLong);
}

std::string Case::text(const std::string& name) const {
  const at::Tensor bytes = file_->tensor(name).contiguous();
  return std::string(static_cast<const char*>(bytes.data_ptr()), bytes.numel());
}

bool Case::has_meta(const std::string& key) const {
  return file_ && file_->metadata().count(key);
}

std::string Case::meta(const std::string& key) const {
  if (!has_meta(key)) throw Error(Fault::kFile, path_ + ": has no metadata " + key);
  return file_->metadata().at(key);
}

double Case::number(const std::string& key) const {
  return std::stod(meta(key));
}
int64_t Case::integer(const std::string& key) const {
  return std::stoll(meta(key));
}

std::string Case::beside(const std::string& name) const {
  return (fs::absolute(path_).parent_path().parent_path() / name).string();
}

void Report::note(const std::string& what, double error, double tolerance,
                  const std::string& detail) {
  ++comparisons_;
  const bool holds = error <= tolerance;  // false for NaN
  const double ratio = std::isnan(error) ? INFINITY : tolerance > 0 ? error / tolerance : error;
  if (ratio > ratio_) {
    ratio_ = ratio;
    error_ = error;
    tolerance_ = tolerance;
  }
  if (!holds) failures_.push_back(what + ": " + detail);
}

void Report::close(const std::string& what, const at::Tensor& got, const at::Tensor& want,
                   double tolerance) {
  close(what, got, want, at::full({}, tolerance, at::kDouble));
}

void Report::close(const std::string& what, const at::Tensor& got, const at::Tensor& want,
                   const at::Tensor& tolerance) {
  if (got.sizes() != want.sizes()) {
    note(what, INFINITY, 0,
         "is " + shape_text(got.sizes()) + ", expected " + shape_text(want.sizes()));
    return;
  }
  if (want.numel() == 0) return note(what, 0, 0, "");
  const at::Tensor a = got.detach().to(at::kCPU, at::kDouble);
  const at::Tensor b = want.to(at::kDouble);
  const at::Tensor allowed = tolerance.to(at::kDouble).expand(b.sizes());
  // Where the values are not numbers, the difference is not one either, and max() passes NaN on.
  const at::Tensor error = (a - b).abs().flatten();
  const at::Tensor ratio = error / allowed.flatten();
  const int64_t worst = at::isnan(ratio).any().item<bool>()
                            ? at::isnan(ratio).to(at::kLong).argmax().item<int64_t>()
                            : ratio.argmax().item<int64_t>();
  std::ostringstream detail;
  detail << "element " << worst << " of " << shape_text(want.sizes()) << " is "
         << a.flatten()[worst].item<double>() << ", expected " << b.flatten()[worst].item<double>()
         << " +- " << allowed.flatten()[worst].item<double>();
  note(what, error[worst].item<double>(), allowed.flatten()[worst].item<double>(), detail.str());
}

void Report::exact(const std::string& what, const at::Tensor& got, const at::Tensor& want) {
  if (got.sizes() != want.sizes()) {
    note(what, INFINITY, 0,
         "is " + shape_text(got.sizes()) + ", expected " + shape_text(want.sizes()));
    return;
  }
  const at::Tensor different =
      got.to(at::kCPU, at::kDouble).flatten().ne(want.to(at::kDouble).flatten());
  const int64_t count = different.sum().item<int64_t>();
  std::ostringstream detail;
  if (count) {
    const int64_t first = different.to(at::kLong).argmax().item<int64_t>();
    detail << count << " of " << want.numel() << " differ, the first at " << first << ": "
           << got.to(at::kCPU).flatten()[first].item<double>() << ", expected "
           << want.flatten()[first].item<double>();
  }
  note(what, static_cast<double>(count), 0, detail.str());
}

void Report::require(const std::string& what, bool holds) {
  note(what, holds ? 0 : 1, 0, "does not hold");
}

std::map<std::string, Runner>& kinds() {
  static std::map<std::string, Runner> table;
  return table;
}

}  // namespace heart::parity
