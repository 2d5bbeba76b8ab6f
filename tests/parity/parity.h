// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Golden cases: a file of inputs and expected outputs, made with the public reference, is run through
// our code and compared. Every kind of case is one function, registered in the file that defines it.

#pragma once

#include "models/checkpoint/safetensors.h"

#include <ATen/ATen.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace heart::parity {

/// One safetensors case, or a .jsonl file (of which only path, kind and folders are set).
class Case {
 public:
  Case(std::string path, at::Device device);

  const std::string& path() const { return path_; }
  const std::string& kind() const { return kind_; }
  at::Device device() const { return device_; }

  bool has(const std::string& name) const;
  /// "in.codes" as stored, on the CPU; integers (I32, U8) become int64. Throws where there is none.
  at::Tensor tensor(const std::string& name) const;
  at::Tensor in(const std::string& name) const { return tensor("in." + name); }
  at::Tensor out(const std::string& name) const { return tensor("out." + name); }
  /// A U8 tensor as the UTF-8 text that it is.
  std::string text(const std::string& name) const;

  bool has_meta(const std::string& key) const;
  std::string meta(const std::string& key) const;
  double number(const std::string& key) const;
  int64_t integer(const std::string& key) const;

  /// ../NAME beside the case's folder.
  std::string beside(const std::string& name) const;
  /// The folder of the case's checkpoint.
  std::string checkpoint() const { return beside(meta("checkpoint")); }

 private:
  std::string path_, kind_;
  at::Device device_;
  std::shared_ptr<const SafetensorsFile> file_;
};

/// Collects comparisons; the one that comes closest to (or farthest over) its tolerance is reported.
class Report {
 public:
  /// Largest |got - want| against an absolute tolerance. NaN and another shape fail.
  void close(const std::string& what, const at::Tensor& got, const at::Tensor& want,
             double tolerance);
  /// The same with a tolerance for each element (broadcast against `want`).
  void close(const std::string& what, const at::Tensor& got, const at::Tensor& want,
             const at::Tensor& tolerance);
  /// Every element equal; the error is the number of different ones.
  void exact(const std::string& what, const at::Tensor& got, const at::Tensor& want);
  /// A claim of any other form, e.g. about texts.
  void require(const std::string& what, bool holds);

  bool is_ok() const { return failures_.empty(); }
  double error() const { return error_; }
  double tolerance() const { return tolerance_; }
  /// What failed, one text each.
  const std::vector<std::string>& failures() const { return failures_; }
  int comparisons() const { return comparisons_; }

 private:
  void note(const std::string& what, double error, double tolerance, const std::string& detail);

  double error_ = 0, tolerance_ = 0, ratio_ = -1;
  int comparisons_ = 0;
  std::vector<std::string> failures_;
};

using Runner = void (*)(const Case&, Report&);

/// The registered kinds. The kind of a .jsonl file is its name ("prompt.jsonl").
std::map<std::string, Runner>& kinds();

/// `static const AddKind add{"codec-block", run_block};` in the file that defines run_block.
struct AddKind {
  AddKind(const char* kind, Runner runner) { kinds()[kind] = runner; }
};

}  // namespace heart::parity
