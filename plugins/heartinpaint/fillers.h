// SPDX-License-Identifier: LGPL-2.1-or-later
//
// From the settings to the fillers: which methods there are, and the networks' module where it is wanted.

#pragma once

#include "models/repair/gap_filler.h"
#include "plugins/heartinpaint/settings.h"

#include <functional>
#include <memory>
#include <string>

namespace heart::engine {

/// The fillers of one element. Each is used by one worker thread only.
struct Fillers {
  std::shared_ptr<GapFiller> method;                   // null for method none
  std::shared_ptr<ModelFiller> model;                  // inside `method`; null without networks
  std::shared_ptr<GapFiller> ar, transplant, silence;  // fallbacks on the main worker
  std::shared_ptr<GapFiller> quick_ar, quick_transplant, quick_silence;  // on the live worker
  std::string warning;  // why the networks are left out, if they were wanted

  GapFiller* fallback(Fallback which, bool is_quick) const;  // null for keep
};

/// Loads what the settings ask for. `warn` is told, now or during a repair, when the networks had to leave
/// their device for the CPU; it must live as long as the fillers.
/// Errors   kFile, kInput, kMemory, kCancelled: the networks cannot be used and the settings insist on them
/// Threads  any, one at a time
Outcome<Fillers> make_fillers(const Settings& settings, const Cancel& cancel,
                              const Progress& progress,
                              const std::function<void(const std::string&)>& warn);

/// Whether the method may use the networks.
bool wants_model(Method method);

/// Whether `make_fillers` would give other fillers for the other settings.
bool needs_other_fillers(const Settings& a, const Settings& b);

/// For tests: makes the filler of the method asked for. Empty: none.
using FillerFactory = std::function<std::shared_ptr<GapFiller>(const Settings&)>;
void set_filler_factory(FillerFactory factory);

}  // namespace heart::engine
