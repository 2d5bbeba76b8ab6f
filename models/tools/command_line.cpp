// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/tools/command_line.h"

#include "models/base/error.h"

#include <memory>

namespace heart::tools {

CommandLine::CommandLine(std::string verb, std::string files, std::string summary,
                         std::string details)
    : verb_(std::move(verb)),
      files_(std::move(files)),
      summary_(std::move(summary)),
      details_(std::move(details)) {}

GOptionEntry& CommandLine::add(const char* name, GOptionArg type, void* place, const char* argument,
                               const char* help) {
  entries_.push_back({name, 0, 0, type, place, help, argument});
  return entries_.back();
}

// Texts are taken as bytes ("filenames"): GOption would refuse lyrics in UTF-8 under the C locale.
void CommandLine::text(const char* name, std::string& value, const char* argument,
                       const char* help) {
  gchar*& place = strings_.emplace_back(nullptr);
  add(name, G_OPTION_ARG_FILENAME, &place, argument, help);
  take_.push_back([&place, &value] {
    if (place) value = place;
    g_free(place);
  });
}

void CommandLine::texts(const char* name, std::vector<std::string>& values, const char* argument,
                        const char* help) {
  gchar**& place = lists_.emplace_back(nullptr);
  add(name, G_OPTION_ARG_FILENAME_ARRAY, &place, argument, help);
  take_.push_back([&place, &values] {
    for (gchar** item = place; item && *item; ++item) values.push_back(*item);
    g_strfreev(place);
  });
}

void CommandLine::integer(const char* name, int64_t& value, const char* argument,
                          const char* help) {
  gint64& place = integers_.emplace_back(value);
  add(name, G_OPTION_ARG_INT64, &place, argument, help);
  take_.push_back([&place, &value] { value = place; });
}

void CommandLine::number(const char* name, double& value, const char* argument, const char* help) {
  gdouble& place = numbers_.emplace_back(value);
  add(name, G_OPTION_ARG_DOUBLE, &place, argument, help);
  take_.push_back([&place, &value] { value = place; });
}

void CommandLine::flag(const char* name, bool& value, const char* help) {
  gboolean& place = flags_.emplace_back(value);
  add(name, G_OPTION_ARG_NONE, &place, nullptr, help);
  take_.push_back([&place, &value] { value = place; });
}

std::vector<std::string> CommandLine::parse(int argc, char** argv, size_t least, size_t most) {
  const auto free_context = [](GOptionContext* c) { g_option_context_free(c); };
  std::unique_ptr<GOptionContext, decltype(free_context)> context(
      g_option_context_new(files_.c_str()), free_context);
  g_option_context_set_summary(context.get(), summary_.c_str());
  if (!details_.empty()) g_option_context_set_description(context.get(), details_.c_str());
  std::vector<GOptionEntry> entries = entries_;
  entries.push_back({nullptr, 0, 0, G_OPTION_ARG_NONE, nullptr, nullptr, nullptr});
  g_option_context_add_main_entries(context.get(), entries.data(), nullptr);
  g_set_prgname(("heart-models " + verb_).c_str());

  GError* error = nullptr;
  if (!g_option_context_parse(context.get(), &argc, &argv, &error)) {
    const std::string text = error->message;
    g_error_free(error);
    throw Error(Fault::kInput, text + "; heart-models " + verb_ + " --help lists the options");
  }
  for (const auto& take : take_) take();
  std::vector<std::string> files;
  for (int i = 1; i < argc; ++i) {
    if (std::string(argv[i]) != "--") files.push_back(argv[i]);
  }
  if (files.size() < least || files.size() > most) {
    throw Error(Fault::kInput, std::to_string(files.size()) + " files were named, wanted " +
                                   files_ + "; see heart-models " + verb_ + " --help");
  }
  return files;
}

}  // namespace heart::tools
