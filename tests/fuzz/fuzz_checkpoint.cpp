// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Any bytes as the weights of a network. The first byte says how they lie: one file, an index with two shards,
// or two shards without; where there are several, each but the last is preceded by its length in two bytes.
// What is accepted is read to its last byte, tensors do not overlap and fill their file.

#include "models/checkpoint/sources.h"
#include "tests/fuzz/model_error.h"
#include "tests/fuzz/temporary_file.h"

#include <algorithm>
#include <cstdint>
#include <vector>

using namespace heart;  // NOLINT

namespace {

void require_whole(const SafetensorsFile& file) {
  uint64_t bytes = 0;
  for (const auto& [name, entry] : file.entries()) {
    bytes += entry.end - entry.begin;
    REQUIRE(entry.begin <= entry.end && entry.end <= file.data_bytes());
    if (entry.dtype == at::ScalarType::Undefined) continue;
    const at::Tensor tensor = file.tensor(name);
    REQUIRE(tensor.sizes() == at::IntArrayRef(entry.shape));
    REQUIRE(static_cast<uint64_t>(tensor.nbytes()) == entry.end - entry.begin);
    const auto* data = static_cast<const uint8_t*>(tensor.data_ptr());
    volatile uint8_t sum = 0;
    for (size_t i = 0; i < tensor.nbytes(); ++i) sum = static_cast<uint8_t>(sum + data[i]);
  }
  REQUIRE(bytes == file.data_bytes());
}

/// Everything the files hold, asked for by its own shape and as f32: finish() must have no complaint.
void require_loadable(const std::string& path) {
  const TensorFiles files = TensorFiles::open(path, "decoder.");
  for (const auto& file : files.files()) require_whole(*file);
  CheckpointParameters source(files, {});
  bool is_known = true;
  for (const std::string& name : files.names()) {
    REQUIRE(source.has(name));
    const SafetensorsFile::Entry& entry = files.entry(name);
    is_known = is_known && entry.dtype != at::ScalarType::Undefined;
    const at::Tensor got = source.get(name, entry.shape, Init());
    REQUIRE(got.sizes() == at::IntArrayRef(entry.shape));
  }
  if (is_known) source.finish();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const int layout = data[0] % 3;
  const uint8_t* at = data + 1;
  const uint8_t* const end = data + size;
  std::vector<const char*> names = {"model.safetensors"};
  if (layout > 0) names = {"model-1.safetensors", "model-2.safetensors"};
  if (layout == 1) names.insert(names.begin(), "model.safetensors.index.json");
  for (const char* other : {"model.safetensors", "model-1.safetensors", "model-2.safetensors",
                            "model.safetensors.index.json"}) {
    unlink((fuzz::memory_folder() + other).c_str());
  }
  for (size_t i = 0; i < names.size(); ++i) {
    size_t length = static_cast<size_t>(end - at);
    if (i + 1 < names.size()) {
      if (length < 2) return 0;
      length = std::min<size_t>(length - 2, at[0] | at[1] << 8);
      at += 2;
    }
    fuzz::write_file(names[i], at, length);
    at += length;
  }
  fuzz::read_or_refuse([&] { require_loadable(fuzz::memory_folder()); });
  return 0;
}
