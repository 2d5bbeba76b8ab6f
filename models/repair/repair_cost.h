// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a repair by the networks costs on this machine, so that a live pipeline can be told beforehand
// whether one will be ready in time. Measured once after loading, corrected by every repair since.

#pragma once

#include <mutex>

namespace heart {

/// Work of one repair in the units that cost time.
struct RepairWork {
  double prefill_positions = 0;
  double frames = 0;            // drawn, all candidates of one being one
  double velocity_latents = 0;  // latents times evaluations
  double coded_samples = 0;     // through encoder and autoencoder, both ways
};

/// Seconds per unit.
struct UnitCosts {
  double prefill_position = 0;
  double frame = 0;
  double velocity_latent = 0;
  double coded_sample = 0;
};

/// Threads  any
class RepairCost {
 public:
  void set(const UnitCosts& units);
  double estimate(const RepairWork& work) const;
  /// A repair of this work took so long: estimates lean towards what really happens, and a slow machine
  /// is believed faster than a fast one.
  void learn(const RepairWork& work, double seconds);

 private:
  double estimate_locked(const RepairWork& work) const;

  mutable std::mutex mutex_;
  UnitCosts units_;
  double correction_ = 1;
};

}  // namespace heart
