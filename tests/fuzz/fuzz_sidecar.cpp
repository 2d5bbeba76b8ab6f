// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Any bytes as a codes sidecar. The first byte chooses format, layout and number of codebooks; the rest is the
// file. What is accepted are codes of that many codebooks.

#include "models/checkpoint/safetensors.h"
#include "models/sidecar/code_layout.h"
#include "models/sidecar/npy.h"
#include "models/sidecar/sidecar.h"
#include "models/sidecar/torch_file.h"
#include "tests/fuzz/model_error.h"
#include "tests/fuzz/temporary_file.h"

#include <cstdint>

using namespace heart;  // NOLINT

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const int format = data[0] & 3;
  const auto layout = static_cast<CodeLayout>((data[0] >> 2 & 3) % 3);
  const int64_t codebooks = data[0] & 16 ? 2 : 8;
  const std::string bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  fuzz::read_or_refuse([&] {
    if (format == 2) {
      SidecarOptions options;
      options.codebooks = codebooks;
      options.layout = layout;
      const Sidecar sidecar =
          read_sidecar(fuzz::write_file("codes.safetensors", data + 1, size - 1), options);
      REQUIRE(sidecar.codes.dim() == 2 && sidecar.codes.size(0) == codebooks);
      REQUIRE(sidecar.codes.min().item<int64_t>() >= 0);
      REQUIRE(sidecar.codes.max().item<int64_t>() < options.codebook_size);
      return;
    }
    const at::Tensor stored =
        format == 0 ? read_npy("x.npy", bytes) : read_torch_file("x.pt", bytes);
    REQUIRE(stored.scalar_type() == at::kLong && stored.is_contiguous());
    const OrderedCodes ordered = order_codes("x", stored, codebooks, layout);
    REQUIRE(ordered.codes.dim() == 2 && ordered.codes.size(0) == codebooks);
  });
  return 0;
}
