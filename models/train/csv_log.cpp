// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/train/csv_log.h"

#include "models/base/error.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace heart::train {

CsvLog::CsvLog(const std::string& path, std::vector<std::string> columns, int64_t resume_step)
    : path_(path), columns_(std::move(columns)) {
  std::string head = "step";
  for (const auto& column : columns_) head += "," + column;
  std::vector<std::string> kept;
  {
    std::ifstream in(path_);
    std::string line;
    if (resume_step > 0 && std::getline(in, line)) {
      if (line != head) {
        throw Error(Fault::kFile,
                    path_ + ": its columns are " + line + ", wanted " + head + "; move it away");
      }
      while (std::getline(in, line)) {
        if (std::atoll(line.c_str()) <= resume_step) kept.push_back(line);
      }
    }
  }
  std::ofstream out(path_, std::ios::trunc);
  out << head << '\n';
  for (const auto& line : kept) out << line << '\n';
  if (!out.flush()) throw Error(Fault::kFile, path_ + ": cannot be written");
}

void CsvLog::row(int64_t step, const std::vector<double>& values) {
  if (values.size() != columns_.size()) {
    throw Error(Fault::kInternal, path_ + ": a row of " + std::to_string(values.size()) +
                                      " values for " + std::to_string(columns_.size()) +
                                      " columns");
  }
  std::string line = std::to_string(step);
  for (double value : values) {
    char text[32] = "";
    if (!std::isnan(value)) std::snprintf(text, sizeof text, "%.6g", value);
    line += "," + std::string(text);
  }
  std::ofstream out(path_, std::ios::app);
  out << line << '\n';
  if (!out.flush()) throw Error(Fault::kFile, path_ + ": cannot be written; is the disk full?");
}

}  // namespace heart::train
