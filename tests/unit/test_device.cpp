// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Devices on a machine that need not have any: names that are refused, the way back to the CPU when memory
// runs out, and where each part of a codec runs.

#include "models/heartcodec/autoencoder.h"
#include "models/heartcodec/flow_solver.h"
#include "models/repair/device.h"
#include "models/repair/lm_filler.h"
#include "tests/unit/tiny_checkpoint.h"

#include <glib.h>

#include <c10/core/InferenceMode.h>

#include <cmath>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace heart;  // NOLINT

const at::Device kCpu(at::kCPU), kGpu(at::kCUDA, 0);

void an_impossible_device_is_refused_with_a_list_of_what_there_is() {
  for (const char* name :
       {"tpu", "CPU", "cuda:99", "cuda:", "cuda:x", "cuda:-1", "cuda0", "mps:7"}) {
    try {
      device_named(name);
      g_error("%s was taken", name);
    } catch (const Error& error) {
      g_assert_true(error.fault() == Fault::kInput);
      const std::string text = error.what();
      g_assert_nonnull(g_strrstr(text.c_str(), name));
      g_assert_nonnull(g_strrstr(text.c_str(), "this machine has auto, cpu"));
    }
  }
  g_assert_true(device_named("cpu").is_cpu());
  g_assert_true(at::hasCUDA() == device_named("auto").is_cuda());
}

struct Thrown {
  const char* what;
  void (*raise)();
  bool is_memory;
};

[[noreturn]] void raise_torch(const char* text) {
  throw c10::Error(c10::SourceLocation{__func__, __FILE__, __LINE__}, text);
}

const Thrown kThrown[] = {
    {"own, memory", [] { throw Error(Fault::kMemory, "full"); }, true},
    {"own, file", [] { throw Error(Fault::kFile, "out of memory.safetensors"); }, false},
    {"own, cancelled", [] { throw Error(Fault::kCancelled, "cancelled"); }, false},
    {"operator new", [] { throw std::bad_alloc(); }, true},
    {"CUDA", [] { raise_torch("CUDA out of memory. Tried to allocate 2.00 GiB"); }, true},
    {"MPS", [] { raise_torch("MPS backend out of memory (MPS allocated: 9 GB)"); }, true},
    {"cuBLAS", [] { raise_torch("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling"); }, true},
    {"CPU", [] { raise_torch("DefaultCPUAllocator: can't allocate memory: you tried"); }, true},
    {"shapes", [] { raise_torch("size mismatch, got 3, 3x4"); }, false},
    {"others", [] { throw std::runtime_error("out of memory"); }, false},
};

void want_of_memory_on_a_device_moves_the_work_to_the_cpu_and_warns() {
  for (const Thrown& row : kThrown) {
    std::vector<at::Device> tried;
    std::vector<std::string> warnings;
    bool has_passed = false;
    try {
      const int result = on_device_or_cpu(
          kGpu, [&](const std::string& text) { warnings.push_back(text); },
          [&](at::Device device) {
            tried.push_back(device);
            if (!device.is_cpu()) row.raise();
            return 7;
          });
      g_assert_cmpint(result, ==, 7);
    } catch (const std::exception&) {
      has_passed = true;
    }
    if (has_passed == row.is_memory) g_error("%s is taken for the wrong kind", row.what);
    g_assert_cmpuint(tried.size(), ==, row.is_memory ? 2 : 1);
    g_assert_cmpuint(warnings.size(), ==, row.is_memory ? 1 : 0);
    if (row.is_memory) {
      g_assert_true(tried[1].is_cpu());
      g_assert_true(g_str_has_prefix(warnings[0].c_str(), "cuda:0 has too little memory"));
      g_assert_null(g_strrstr(warnings[0].c_str(), "Exception raised from"));  // for people
    }
  }
}

void want_of_memory_on_the_cpu_itself_is_an_error() {
  int tries = 0;
  try {
    on_device_or_cpu(kCpu, {}, [&](at::Device) -> int {
      ++tries;
      throw std::bad_alloc();
    });
    g_assert_not_reached();
  } catch (const std::bad_alloc&) {
    g_assert_cmpint(tries, ==, 1);
  }
}

/// An encoder on a device that is full.
class FullEncoder : public codec::CodeEncoder {
 public:
  explicit FullEncoder(int* calls) : calls_(calls) {}
  at::Tensor features(const at::Tensor&, int64_t, const Cancel&, const Progress&) const override {
    ++*calls_;
    raise_torch("CUDA out of memory. Tried to allocate 2.00 GiB");
  }

 private:
  int* calls_;
};

void a_repair_that_fills_the_device_is_made_on_the_cpu() {
  const TinyCheckpoint tiny;
  ModelSettings settings;
  settings.location = tiny.path;
  settings.device = "cpu";
  settings.threads = 1;
  settings.flow_steps = 2;
  settings.context_before_seconds = settings.context_after_seconds = 1;
  std::vector<std::string> warnings;
  settings.warn = [&](const std::string& text) { warnings.push_back(text); };

  // First asked it gives models that say they are on another device, whose memory is full.
  std::vector<std::string> asked;
  int calls = 0;
  LmFiller filler(settings, [&](const ModelSettings& wanted, const Cancel& cancel,
                                const Progress& progress, bool& was_loaded) {
    asked.push_back(wanted.device);
    const auto models = acquire_models(wanted, cancel, progress, was_loaded);
    if (asked.size() == 1) {
      models->device = at::kMeta;
      models->codec->set_encoder(std::make_unique<FullEncoder>(&calls));
    }
    return models;
  });
  const Outcome<bool> loaded = filler.load(Cancel(), {});
  if (!loaded) g_error("%s", loaded.failure().text.c_str());

  Gap gap;
  gap.length = 4800;
  gap.left = gap.right = make_planes(2, 48000);
  for (int round = 1; round <= 2; ++round) {  // the second repair finds itself on the CPU already
    const Outcome<Repair> repair = filler.fill(gap, Cancel(), {});
    if (!repair) g_error("%s", repair.failure().text.c_str());
    g_assert_cmpuint(length_of(repair->audio), ==, repair->lead + gap.length + repair->tail);
    g_assert_cmpint(calls, ==, 1);
    g_assert_cmpuint(asked.size(), ==, 2);
    g_assert_cmpstr(asked[1].c_str(), ==, "cpu");
    g_assert_cmpuint(warnings.size(), ==, 1);
    g_assert_nonnull(g_strrstr(warnings[0].c_str(), "the CPU takes over"));
  }
}

void the_released_autoencoder_stays_on_the_cpu_where_the_device_is_mps() {
  using Type = codec::AutoencoderConfig::Type;
  const at::Device mps(at::kMPS);
  const struct {
    Type type;
    at::Device device, wanted;
  } rows[] = {{Type::kScalar, mps, kCpu},
              {Type::kTransform, mps, mps},
              {Type::kScalar, kGpu, kGpu},
              {Type::kTransform, kGpu, kGpu},
              {Type::kScalar, kCpu, kCpu}};
  for (const auto& row : rows) {
    codec::CodecConfig config;
    config.autoencoder.type = row.type;
    g_assert_true(codec::autoencoder_device(config, row.device) == row.wanted);
  }
}

void parts_named_elsewhere_are_loaded_to_their_device() {
  const TinyCheckpoint tiny;
  CheckpointParameters::Options options;
  options.device = at::kMeta;  // a device that every machine has
  options.elsewhere = {{"projection.", kCpu}};
  CheckpointParameters source(TensorFiles::open(tiny.path + "/HeartMuLa-tiny"), options);
  const Parameters root(source);
  const auto shape = [&](const char* name) { return source.files().entry(name).shape; };
  g_assert_true(root.get("projection.weight", shape("projection.weight")).device() == kCpu);
  g_assert_true(root.get("audio_head", shape("audio_head")).device().type() == at::kMeta);
}

void noise_is_drawn_on_the_cpu_and_by_the_seed_alone() {
  const at::Tensor a = codec::draw_noise(2, 5, 3, 11), b = codec::draw_noise(2, 5, 3, 11);
  g_assert_true(a.device() == kCpu);
  g_assert_true(at::equal(a, b));
  at::randn({100});  // the global generator has no say
  g_assert_true(at::equal(a, codec::draw_noise(2, 5, 3, 11)));
  g_assert_false(at::equal(a, codec::draw_noise(2, 5, 3, 12)));
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
#define ADD(test) g_test_add_func("/device/" #test, test)
  ADD(an_impossible_device_is_refused_with_a_list_of_what_there_is);
  ADD(want_of_memory_on_a_device_moves_the_work_to_the_cpu_and_warns);
  ADD(want_of_memory_on_the_cpu_itself_is_an_error);
  ADD(a_repair_that_fills_the_device_is_made_on_the_cpu);
  ADD(the_released_autoencoder_stays_on_the_cpu_where_the_device_is_mps);
  ADD(parts_named_elsewhere_are_loaded_to_their_device);
  ADD(noise_is_drawn_on_the_cpu_and_by_the_seed_alone);
#undef ADD
  return g_test_run();
}
