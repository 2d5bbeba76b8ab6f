// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/repair/model_module.h"

#include "models/base/module_path.h"

#include <dlfcn.h>
#include <mutex>

namespace heart {

Outcome<std::shared_ptr<ModelModule>> ModelModule::open() {
  static std::mutex mutex;
  static std::shared_ptr<ModelModule> opened;
  static const char kInside = 0;

  std::lock_guard<std::mutex> held(mutex);
  if (opened) return opened;
  std::string problem;
  void* handle = open_module(kModelModuleFile, &kInside, RTLD_NOW | RTLD_LOCAL, problem);
  if (handle == nullptr) return Failure{Fault::kFile, problem};
  void* factory = dlsym(handle, kModelModuleEntry);
  if (factory == nullptr) {
    return Failure{Fault::kFile, std::string(kModelModuleFile) + " has no " + kModelModuleEntry +
                                     "; it is of another version, reinstall gst-heartinpaint"};
  }
  opened = std::shared_ptr<ModelModule>(new ModelModule(factory));
  return opened;
}

Outcome<std::unique_ptr<ModelFiller>> ModelModule::create(const ModelSettings& settings) const {
  Failure failure{Fault::kFile, std::string(kModelModuleFile) +
                                    " is of another version; reinstall gst-heartinpaint"};
  auto create = reinterpret_cast<HeartModelsCreate>(factory_);
  std::unique_ptr<ModelFiller> filler(create(kModelModuleAbi, &settings, &failure));
  if (!filler) return failure;
  return filler;
}

}  // namespace heart
