// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The one exception used inside models/, and its value form for borders where none may pass.
// Free of torch and GStreamer. Any thread.

#pragma once

#include <stdexcept>
#include <string>
#include <utility>
#include <variant>

namespace heart {

enum class Fault {
  kInput,      // a value given by the caller or the user is not usable
  kFile,       // a file is missing, truncated or does not hold what it should
  kMemory,     // host or device memory ran out; the object that threw stays usable
  kCancelled,  // the Cancel given to the call was raised
  kInternal,   // everything else
};

/// A fault and a text that says what was found, what was wanted and what to do.
class Error : public std::runtime_error {
 public:
  Error(Fault fault, const std::string& text) : std::runtime_error(text), fault_(fault) {}
  Fault fault() const { return fault_; }

 private:
  Fault fault_;
};

/// The same pair as a value, for results that leave a module.
struct Failure {
  Fault fault = Fault::kInternal;
  std::string text;
};

/// Either a value or the Failure that prevented it.
template <typename T>
class Outcome {
 public:
  Outcome(T value) : held_(std::move(value)) {}              // NOLINT: implicit on purpose
  Outcome(Failure failure) : held_(std::move(failure)) {}    // NOLINT: implicit on purpose

  explicit operator bool() const { return held_.index() == 0; }
  T& operator*() { return std::get<0>(held_); }
  const T& operator*() const { return std::get<0>(held_); }
  T* operator->() { return &std::get<0>(held_); }
  const T* operator->() const { return &std::get<0>(held_); }
  const Failure& failure() const { return std::get<1>(held_); }

 private:
  std::variant<T, Failure> held_;
};

}  // namespace heart
