// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/sidecar/sidecar.h"

#include "models/base/error.h"
#include "models/checkpoint/file_bytes.h"
#include "models/checkpoint/json_text.h"
#include "models/checkpoint/safetensors.h"
#include "models/sidecar/integer_array.h"
#include "models/sidecar/npy.h"
#include "models/sidecar/torch_file.h"

#include <algorithm>
#include <cctype>
#include <filesystem>

namespace heart {
namespace {

constexpr uint64_t kMaxBytes = uint64_t{1} << 30;
constexpr char kTooLong[] = "any song's codes";

at::Tensor read_safetensors_codes(const std::string& path) {
  const auto file = SafetensorsFile::open(path);
  const auto& entries = file->entries();
  auto found = entries.find("codes");
  if (found == entries.end() && entries.size() == 1) found = entries.begin();
  if (found == entries.end()) {
    std::string names;
    for (const auto& entry : entries) names += (names.empty() ? "" : ", ") + entry.first;
    throw Error(Fault::kFile, path + ": has no tensor \"codes\" but " +
                                  (names.empty() ? "none at all" : shortened(names)) +
                                  "; heart-models encode makes such files");
  }
  const SafetensorsFile::Entry& entry = found->second;
  const bool is_integer = entry.dtype == at::kLong || entry.dtype == at::kInt ||
                          entry.dtype == at::kShort || entry.dtype == at::kChar ||
                          entry.dtype == at::kByte;
  if (!is_integer) refuse_type(path, entry.type);
  const at::Tensor stored = file->tensor(found->first);
  IntegerArray array;
  array.data = static_cast<const uint8_t*>(stored.data_ptr());
  array.bytes = stored.numel() * stored.element_size();
  array.width = static_cast<int>(stored.element_size());
  array.is_signed = entry.dtype != at::kByte;
  array.shape = entry.shape;
  array.strides = dense_strides(path, array.shape);
  return to_int64(path, array);
}

at::Tensor read_any(const std::string& path) {
  std::string ending = std::filesystem::path(path).extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  if (ending == ".safetensors") return read_safetensors_codes(path);
  if (ending == ".npy") return read_npy(path, read_file_bytes(path, kMaxBytes, kTooLong));
  if (ending == ".pt" || ending == ".pth") {
    return read_torch_file(path, read_file_bytes(path, kMaxBytes, kTooLong));
  }
  throw Error(Fault::kFile, path + ": codes are read from .safetensors, .npy and .pt files" +
                                (ending.empty() ? "" : ", not from " + ending));
}

void check_range(const std::string& path, const at::Tensor& codes, int64_t codebook_size) {
  const at::Tensor is_wrong = codes.lt(0).logical_or(codes.ge(codebook_size)).flatten();
  if (!is_wrong.any().item<bool>()) return;
  const int64_t place = is_wrong.to(at::kByte).argmax().item<int64_t>();
  const int64_t frames = codes.size(1);
  const int64_t codebook = place / frames;
  const int64_t frame = place % frames;
  throw Error(Fault::kFile,
              path + ": code " + std::to_string(codes[codebook][frame].item<int64_t>()) +
                  " in codebook " + std::to_string(codebook) + " of frame " +
                  std::to_string(frame) + ", wanted 0 to " + std::to_string(codebook_size - 1) +
                  "; codes of another model, or is tokens-layout wrong?");
}

}  // namespace

Sidecar read_sidecar(const std::string& path, const SidecarOptions& options) {
  OrderedCodes ordered =
      order_codes(path, read_any(path), options.codebooks, options.layout);  // [K, T]
  if (ordered.codes.size(1) == 0) throw Error(Fault::kFile, path + ": holds no frame");
  Sidecar sidecar;
  sidecar.codes = ordered.codes.contiguous();
  sidecar.warning = std::move(ordered.warning);
  check_range(path, sidecar.codes, options.codebook_size);
  return sidecar;
}

}  // namespace heart
