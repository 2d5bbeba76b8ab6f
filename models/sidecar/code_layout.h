// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Which axis of a tensor of codes is which. A size says it, because the number of codebooks is known; where
// sizes fit either way (8 frames of 8 codes), the user's word decides, and without one the order of HeartMuLa's
// own files, with a warning. A size alone is never trusted to mean the batch.

#pragma once

#include <ATen/ATen.h>

#include <string>

namespace heart {

/// The user's word on the last two axes; a batch of 1 may stand before them.
enum class CodeLayout {
  kAuto,           // by the number of codebooks; where that fits both axes, codebooks first
  kCodebookFirst,  // "KT", "BKT"
  kFrameFirst,     // "BTK"
};

/// Errors   Error{kInput}: none of auto, KT, BKT, BTK
CodeLayout code_layout_named(const std::string& name);

struct OrderedCodes {
  at::Tensor codes;     // [K, T]
  std::string warning;  // says what was chosen and how to choose otherwise; mostly empty
};

/// Shapes   [K, T], [T, K], [1, K, T] or [1, T, K] -> [K, T], a view. K may be one more: the last column is then
///          text and is dropped.
/// Errors   Error{kFile} "PATH: …": a batch of several songs, no axis with the codebooks, not where `layout`
///          says
OrderedCodes order_codes(const std::string& path, const at::Tensor& stored, int64_t codebooks,
                         CodeLayout layout);

}  // namespace heart
