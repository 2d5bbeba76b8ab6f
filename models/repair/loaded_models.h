// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Both networks and the tokenizer of one checkpoint directory on one device. They are loaded once per
// process, however many elements repair with them, and freed with the last.

#pragma once

#include "models/base/job.h"
#include "models/checkpoint/tensor_files.h"
#include "models/heartcodec/heartcodec.h"
#include "models/heartmula/heartmula.h"
#include "models/repair/model_module.h"
#include "models/repair/repair_cost.h"
#include "models/text/tokenizer.h"

#include <ATen/ATen.h>

#include <condition_variable>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>

namespace heart {

/// First come, first served: std::mutex may let one filler starve the others.
class Turnstile {
 public:
  class Pass {
   public:
    /// Errors   Error{kCancelled}: while it waited
    explicit Pass(Turnstile& turnstile, const Cancel& cancel);
    ~Pass();
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;

   private:
    Turnstile& turnstile_;
  };

 private:
  std::mutex mutex_;
  std::condition_variable moved_;
  uint64_t next_ticket_ = 0;
  std::list<uint64_t> waiting_;  // in the order they came
  bool is_taken_ = false;
};

struct LoadedModels {
  std::string name;  // of the checkpoint, for messages
  at::Device device = at::kCPU;
  GenerationIds ids;
  std::unique_ptr<Tokenizer> tokenizer;
  std::unique_ptr<HeartMula> lm;
  std::unique_ptr<codec::HeartCodec> codec;
  RepairCost cost;

  Turnstile turnstile;

  // The last prompt read, kept because repairs of one song share it. Only behind the turnstile.
  std::string prompt_key;
  Context prompt;

  /// The context after tags and lyrics; lyrics are cut where they would leave no room for `frames`.
  const Context& read_prompt(const std::string& tags, const std::string& lyrics, bool is_guided,
                             int64_t frames, const Cancel& cancel);
};

/// Storage of the language model's matrices, as the `weights` property names it. bf16 is what it was released
/// for; on a CPU "auto" takes it only where f32 would need a lot of memory.
/// Errors   Error{kInput}: unknown, or not offered by this build
at::ScalarType lm_dtype(const std::string& weights, const at::Device& device,
                        const TensorFiles& files);

/// Has libtorch compute with that many threads; 0: all cores, live all but one.
/// Threads  the one that computes
void use_threads(unsigned wanted, bool is_live);

/// The models of these settings, shared with whoever has them loaded already (`was_loaded`).
/// Errors   Error{kFile}, {kInput}, {kMemory}, {kCancelled}
/// Threads  any; others who want the same checkpoint wait for the first
std::shared_ptr<LoadedModels> acquire_models(const ModelSettings& settings, const Cancel& cancel,
                                             const Progress& progress, bool& was_loaded);

}  // namespace heart
