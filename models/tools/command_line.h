// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The options of one verb, over GOption: declared one by one with the variable that takes the value, so
// that default, help and use stand together. Main thread.

#pragma once

#include <glib.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <vector>

namespace heart::tools {

/// Errors   parse: Error{kInput} for an unknown option, a value that does not fit, too few or many files
class CommandLine {
 public:
  /// `files` is what --help shows behind the options ("IN.wav OUT.safetensors").
  CommandLine(std::string verb, std::string files, std::string summary, std::string details = "");
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  // `value` keeps what it holds where the option is not given, and must outlive parse().
  void text(const char* name, std::string& value, const char* argument, const char* help);
  void texts(const char* name, std::vector<std::string>& values, const char* argument,
             const char* help);
  void integer(const char* name, int64_t& value, const char* argument, const char* help);
  void number(const char* name, double& value, const char* argument, const char* help);
  void flag(const char* name, bool& value, const char* help);

  /// The files named beside the options, `least` to `most` of them. --help prints and ends the program.
  std::vector<std::string> parse(int argc, char** argv, size_t least, size_t most);

 private:
  GOptionEntry& add(const char* name, GOptionArg type, void* place, const char* argument,
                    const char* help);

  std::string verb_, files_, summary_, details_;
  std::vector<GOptionEntry> entries_;
  std::deque<gchar*> strings_;  // deques: GOption keeps addresses of their elements
  std::deque<gchar**> lists_;
  std::deque<gint64> integers_;
  std::deque<gdouble> numbers_;
  std::deque<gboolean> flags_;
  std::vector<std::function<void()>> take_;  // copies what was given into the caller's variables
};

}  // namespace heart::tools
