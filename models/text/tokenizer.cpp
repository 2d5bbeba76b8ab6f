// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/text/tokenizer.h"

#include "models/base/error.h"
#include "models/base/module_path.h"
#include "models/text/text_interface.h"

#include <dlfcn.h>

namespace heart {
namespace {

#if defined(__has_feature)
#  if __has_feature(address_sanitizer)
#    define HEART_HAS_ASAN 1
#  endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#  define HEART_HAS_ASAN 1
#endif

// Its own protobuf must win inside the module, libtorch's outside: DEEPBIND. Address sanitizer refuses that
// flag; there libtorch is itself in a module opened locally.
#ifdef HEART_HAS_ASAN
constexpr int kFlags = RTLD_NOW | RTLD_LOCAL;
#else
constexpr int kFlags = RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND;
#endif

const HeartTextInterface& load_interface();

/// The module stays loaded: its libraries do not survive being unloaded.
const HeartTextInterface& text_interface() {
  static const HeartTextInterface& interface = load_interface();
  return interface;
}

const HeartTextInterface& load_interface() {
  std::string problem;
  void* module = open_module("libhearttext.so", reinterpret_cast<const void*>(&text_interface),
                             kFlags, problem);
  if (!module) throw Error(Fault::kFile, "the tokenizer's module cannot be loaded: " + problem);
  const auto function =
      reinterpret_cast<HeartTextInterfaceFunction>(dlsym(module, HEART_TEXT_INTERFACE_SYMBOL));
  const HeartTextInterface* interface = function ? function() : nullptr;
  if (!interface || interface->version != HEART_TEXT_INTERFACE_VERSION) {
    dlclose(module);
    throw Error(Fault::kFile,
                "libhearttext.so is of another version; install modules of one build");
  }
  return *interface;
}

std::string taken(char* text) {
  const std::string copy = text ? text : "out of memory";
  text_interface().free(text);
  return copy;
}

bool starts_with(const std::string& text, const std::string& mark) {
  return text.compare(0, mark.size(), mark) == 0;
}
bool ends_with(const std::string& text, const std::string& mark) {
  return text.size() >= mark.size() &&
         text.compare(text.size() - mark.size(), mark.size(), mark) == 0;
}

}  // namespace

Tokenizer::Tokenizer(const std::string& tokenizer_json) {
  char* error = nullptr;
  text_ = text_interface().open(tokenizer_json.c_str(), &error);
  if (!text_) throw Error(Fault::kFile, taken(error));
}

Tokenizer::~Tokenizer() {
  text_interface().close(static_cast<HeartText*>(text_));
}

int64_t Tokenizer::vocabulary_size() const {
  return text_interface().vocabulary_size(static_cast<const HeartText*>(text_));
}

std::vector<int64_t> Tokenizer::encode(const std::string& text) const {
  int32_t* ids = nullptr;
  char* error = nullptr;
  const int64_t count = text_interface().encode(static_cast<const HeartText*>(text_), text.data(),
                                                text.size(), &ids, &error);
  if (count < 0) throw Error(Fault::kInput, taken(error));
  const std::vector<int64_t> found(ids, ids + count);
  text_interface().free(ids);
  return found;
}

std::string lower_case_text(const std::string& text) {
  size_t length = 0;
  char* lower = text_interface().lower_case(text.data(), text.size(), &length);
  if (!lower) throw Error(Fault::kMemory, "no memory to lower-case a text");
  const std::string copy(lower, length);
  text_interface().free(lower);
  return copy;
}

std::string tags_prompt(const std::string& tags) {
  std::string prompt = lower_case_text(tags);
  if (!starts_with(prompt, "<tag>")) prompt = "<tag>" + prompt;
  if (!ends_with(prompt, "</tag>")) prompt += "</tag>";
  return prompt;
}

std::string lyrics_prompt(const std::string& lyrics) {
  return lyrics.empty() ? "..." : lower_case_text(lyrics);
}

}  // namespace heart
