// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/sidecar/code_layout.h"

#include "models/base/error.h"
#include "models/checkpoint/safetensors.h"

namespace heart {

CodeLayout code_layout_named(const std::string& name) {
  if (name == "auto") return CodeLayout::kAuto;
  if (name == "KT" || name == "BKT") return CodeLayout::kCodebookFirst;
  if (name == "BTK") return CodeLayout::kFrameFirst;
  throw Error(Fault::kInput, "tokens-layout '" + name +
                                 "' is not known; there are auto, KT, BKT and BTK (B batch, K "
                                 "codebooks, T frames)");
}

OrderedCodes order_codes(const std::string& path, const at::Tensor& stored, int64_t codebooks,
                         CodeLayout layout) {
  const std::string wanted = "[" + std::to_string(codebooks) + ", frames] or [1, " +
                             std::to_string(codebooks) + ", frames], or frames first";
  const auto refuse = [&](const std::string& what) {
    throw Error(Fault::kFile, path + ": holds " + shape_text(stored.sizes()) + what);
  };
  if (stored.dim() < 2 || stored.dim() > 3) refuse(", wanted " + wanted);
  if (stored.dim() == 3 && stored.size(0) != 1) {
    refuse(", a batch of " + std::to_string(stored.size(0)) +
           "; save the one song that is meant, " + wanted);
  }
  const at::Tensor codes = stored.dim() == 3 ? stored[0] : stored;
  const auto fits = [&](int64_t axis) {
    return codes.size(axis) == codebooks || codes.size(axis) == codebooks + 1;
  };
  OrderedCodes ordered;
  bool is_frame_first = layout == CodeLayout::kFrameFirst;
  if (layout == CodeLayout::kAuto) {
    if (!fits(0) && !fits(1)) {
      refuse(", wanted " + wanted +
             " (one more where text goes along); are these codes of another "
             "model?");
    }
    is_frame_first = !fits(0);
    if (fits(0) && fits(1)) {
      ordered.warning = path + ": in " + shape_text(stored.sizes()) + " either axis may be the " +
                        std::to_string(codebooks) +
                        " codebooks; taken as codebooks first. tokens-layout=KT confirms that, "
                        "tokens-layout=BTK takes frames first";
    }
  } else if (!fits(is_frame_first ? 1 : 0)) {
    refuse(std::string(", tokens-layout says the ") + (is_frame_first ? "last" : "first") +
           " axis of a song is its codebooks, which are " + std::to_string(codebooks));
  }
  ordered.codes = (is_frame_first ? codes.t() : codes).narrow(0, 0, codebooks);  // [K, T]
  return ordered;
}

}  // namespace heart
