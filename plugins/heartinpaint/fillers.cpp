// SPDX-License-Identifier: LGPL-2.1-or-later

#include "plugins/heartinpaint/fillers.h"

#include "models/repair/ar_filler.h"
#include "models/repair/router.h"
#include "models/repair/silence_filler.h"
#include "models/repair/transplant_filler.h"

#include <tuple>
#include <utility>
#include <vector>

namespace heart::engine {
namespace {

FillerFactory& test_factory() {
  static FillerFactory factory;
  return factory;
}

// A checkpoint or device that somebody named must not be passed over in silence.
bool is_insisted_on(const Settings& settings) {
  return settings.method == Method::kLm || !settings.model_location.empty() ||
         settings.device != "auto" || !settings.tokens_location.empty();
}

Outcome<std::shared_ptr<ModelFiller>> load_model(
    const Settings& settings, const Cancel& cancel, const Progress& progress,
    const std::function<void(const std::string&)>& warn, bool& has_module) {
  has_module = false;
  Outcome<std::shared_ptr<ModelModule>> module = ModelModule::open();
  if (!module) return module.failure();
  has_module = true;
  ModelSettings wanted = model_settings(settings);
  wanted.warn = warn;
  Outcome<std::unique_ptr<ModelFiller>> filler = (*module)->create(wanted);
  if (!filler) return filler.failure();
  const Outcome<bool> loaded = (*filler)->load(cancel, progress);
  if (!loaded) return loaded.failure();
  return std::shared_ptr<ModelFiller>(std::move(*filler));
}

}  // namespace

bool wants_model(Method method) {
  return method == Method::kAuto || method == Method::kLm || method == Method::kBest;
}

void set_filler_factory(FillerFactory factory) {
  test_factory() = std::move(factory);
}

GapFiller* Fillers::fallback(Fallback which, bool is_quick) const {
  switch (which) {
    case Fallback::kAr:
      return (is_quick ? quick_ar : ar).get();
    case Fallback::kTransplant:
      return (is_quick ? quick_transplant : transplant).get();
    case Fallback::kSilence:
      return (is_quick ? quick_silence : silence).get();
    case Fallback::kKeep:
      return nullptr;
  }
  return nullptr;
}

bool needs_other_fillers(const Settings& a, const Settings& b) {
  const auto key = [](const Settings& s) {
    return std::tie(s.method, s.model_location, s.device, s.weights, s.threads, s.temperature,
                    s.top_k, s.cfg_scale, s.candidates, s.flow_steps, s.guidance_scale,
                    s.context_before, s.context_after, s.tokens_location, s.tokens_layout);
  };
  return key(a) != key(b);
}

Outcome<Fillers> make_fillers(const Settings& settings, const Cancel& cancel,
                              const Progress& progress,
                              const std::function<void(const std::string&)>& warn) {
  Fillers f;
  f.ar = std::make_shared<ArFiller>();
  f.transplant = std::make_shared<TransplantFiller>();
  f.silence = std::make_shared<SilenceFiller>();
  f.quick_ar = std::make_shared<ArFiller>();
  f.quick_transplant = std::make_shared<TransplantFiller>();
  f.quick_silence = std::make_shared<SilenceFiller>();
  const auto unless_cancelled = [&](Fillers&& made) -> Outcome<Fillers> {
    if (cancel.is_raised()) return Failure{Fault::kCancelled, "cancelled"};
    return std::move(made);
  };
  if (test_factory()) {
    f.method = test_factory()(settings);
    return unless_cancelled(std::move(f));
  }
  if (wants_model(settings.method)) {
    bool has_module = false;
    auto model = load_model(settings, cancel, progress, warn, has_module);
    if (model) {
      f.model = *model;
    } else {
      const Failure& failure = model.failure();
      const bool may_go_on =
          has_module ? !is_insisted_on(settings) : settings.method != Method::kLm;
      if (!may_go_on || failure.fault == Fault::kCancelled) return failure;
      f.warning = failure.text;
    }
  }
  switch (settings.method) {
    case Method::kAuto:
      f.method = std::make_shared<Router>(f.ar, f.transplant, f.model);
      break;
    case Method::kBest: {
      std::vector<std::shared_ptr<GapFiller>> all = {f.ar, f.transplant};
      if (f.model) all.push_back(f.model);
      f.method = std::make_shared<BestOf>(std::move(all));
      break;
    }
    case Method::kLm:
      f.method = f.model;
      break;
    case Method::kAr:
      f.method = f.ar;
      break;
    case Method::kTransplant:
      f.method = f.transplant;
      break;
    case Method::kNone:
      break;
  }
  return unless_cancelled(std::move(f));
}

}  // namespace heart::engine
