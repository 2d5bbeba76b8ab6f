// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Fills gaps in two stages: HeartMuLa writes codes for the gap from the left context, the song's tags and
// lyrics, in several candidates ranked by how well the real right context follows them; HeartCodec turns
// the best one into sound, holding the real latents on both sides. The timing of all of it: lm_plan.h.

#pragma once

#include "models/repair/lm_plan.h"
#include "models/repair/loaded_models.h"
#include "models/repair/model_module.h"
#include "models/sidecar/sidecar.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace heart {

struct GapAudio;

/// A device whose memory does not suffice, for the weights or for a repair, is left for the CPU, for good.
/// Threads  as ModelFiller; fillers that share weights take turns, in the order they came
class LmFiller : public ModelFiller {
 public:
  /// Where the networks come from; tests put others in.
  using Loader = std::function<std::shared_ptr<LoadedModels>(
      const ModelSettings& settings, const Cancel& cancel, const Progress& progress,
      bool& was_loaded)>;

  explicit LmFiller(const ModelSettings& settings, Loader loader = acquire_models);

  const char* name() const override { return "lm"; }
  const char* model() const override { return models_ ? models_->name.c_str() : ""; }
  double load_seconds() const override { return load_seconds_; }
  const char* load_warning() const override { return sidecar_ ? sidecar_->warning.c_str() : ""; }
  Outcome<bool> load(const Cancel& cancel, const Progress& progress) override;
  double estimate_seconds(const Gap& gap) const override;
  Outcome<Repair> fill(const Gap& gap, const Cancel& cancel, const Progress& progress) override;

 private:
  struct Written;            // codes of the gap and what was thought of them
  struct Sides {             // codes known on both sides of the gap
    at::Tensor left, right;  // [K, T]
  };

  void load_on(at::Device device, const Cancel& cancel, const Progress& progress);
  Repair fill_pairs(const Gap& gap, const Cancel& cancel, const Progress& progress);
  RepairWork work_of(const LmPlan& plan) const;
  int64_t begin_at_codec(const Gap& gap) const;
  LmPlan plan_for(const Gap& gap, int64_t left, int64_t gap_samples, int64_t right) const;
  Sides sides_of(const Gap& gap, const GapAudio& audio, const LmPlan& plan,
                 const Cancel& cancel) const;
  Sides sides_in_sidecar(const Gap& gap, const LmPlan& plan) const;
  Written write_codes(const Gap& gap, const GapAudio& audio, const LmPlan& plan, uint64_t seed,
                      const Cancel& cancel, const Progress& progress);
  at::Tensor solve_latents(const GapAudio& audio, const LmPlan& plan, const at::Tensor& codes,
                           uint64_t seed, const Cancel& cancel, const Progress& progress);

  const ModelSettings settings_;
  const Loader loader_;
  std::shared_ptr<LoadedModels> models_;
  std::optional<Sidecar> sidecar_;  // codes of the whole stream, from its start
  double load_seconds_ = 0;
};

}  // namespace heart
