// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The log of a run: one comma-separated row per report, first column the step. A resumed run drops the
// rows that lie after the step it resumes from, so that curves have no loops.

#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace heart::train {

class CsvLog {
 public:
  /// Errors   Error{kFile}: cannot be written, or holds other columns
  CsvLog(const std::string& path, std::vector<std::string> columns, int64_t resume_step);

  /// One value per column, the step excluded; NaN leaves a field empty. On disk when it returns.
  void row(int64_t step, const std::vector<double>& values);

 private:
  std::string path_;
  std::vector<std::string> columns_;
};

}  // namespace heart::train
