// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The networks as the element sees them: a GapFiller that has to be loaded first, made by one C factory
// function of libheartmodels.so, which is opened on demand. So the plugin never links libtorch, is listed
// in an instant, and works with its classical methods where libtorch is missing.

#pragma once

#include "models/repair/gap_filler.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace heart {

/// How the two networks are to be loaded and asked. Texts as the element's properties have them.
struct ModelSettings {
  std::string
      location;  // checkpoint directory; empty: $HEARTINPAINT_MODEL, else the installed nano
  std::string device = "auto";   // auto, cpu, cuda, cuda:N, mps
  std::string weights = "auto";  // storage of the LM's matrices: auto, f32, bf16, q8, q4
  unsigned threads = 0;          // 0: all cores, or all but one for a gap of a live stream

  double temperature = 0.2;
  int top_k = 30;
  double cfg_scale = 1.0;
  int candidates = 4;  // LM continuations ranked by the right context

  int flow_steps = 10;
  double guidance_scale = 1.25;

  double context_before_seconds = 8;
  double context_after_seconds = 8;

  std::string tokens_location;         // codes sidecar; empty: the codes come from the encoder
  std::string tokens_layout = "auto";  // auto, KT, BKT, BTK

  /// Told what the user should know although all goes on: a device without enough memory. Called on the
  /// thread that loads or fills; may be empty.
  std::function<void(const std::string&)> warn;
};

/// The LM filler behind the module's border.
/// Threads  one thread at a time; several fillers of one process share the loaded weights
class ModelFiller : public GapFiller {
 public:
  /// Reads the checkpoint (or finds it already loaded by another filler with equal location, device and
  /// weights). Nothing else may be called before. Never throws.
  /// Errors   kFile, kInput: checkpoint or device not usable, with the remedy; kMemory; kCancelled
  virtual Outcome<bool> load(const Cancel& cancel, const Progress& progress) = 0;
  /// Name of the loaded checkpoint, for messages ("nano", "HeartMuLa-oss-3B"); empty before `load`.
  virtual const char* model() const = 0;
  /// Seconds that `load` took; 0 when the weights were there already.
  virtual double load_seconds() const = 0;
  /// What the user should know about a load that went well, such as a guess; empty otherwise.
  virtual const char* load_warning() const = 0;
};

/// Opened libheartmodels.so. It stays mapped until the process ends: libtorch cannot be unloaded.
class ModelModule {
 public:
  /// Looks in the folders of $HEARTINPAINT_MODULE_PATH, beside and around the calling binary, then in the
  /// installed place. The same module is returned to every caller.
  /// Errors   kFile: not found, not loadable (libtorch missing) or of another version; the text says which
  /// Threads  any
  static Outcome<std::shared_ptr<ModelModule>> open();

  /// A filler with these settings; not loaded yet, and cheap. Never throws.
  /// Errors   kInput: an impossible setting
  Outcome<std::unique_ptr<ModelFiller>> create(const ModelSettings& settings) const;

 private:
  explicit ModelModule(void* factory) : factory_(factory) {}
  void* factory_;
};

/// Raised with every change of the structs and classes that cross the module's border.
constexpr uint32_t kModelModuleAbi = 4;

extern "C" {
/// The module's entry. Returns null and fills `failure` when `abi` is not its own or a setting is impossible.
using HeartModelsCreate = ModelFiller* (*)(uint32_t abi, const ModelSettings* settings,
                                           Failure* failure);
}
constexpr char kModelModuleEntry[] = "heart_models_create";
constexpr char kModelModuleFile[] = "libheartmodels.so";

}  // namespace heart
