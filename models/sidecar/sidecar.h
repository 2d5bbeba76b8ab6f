// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Codes beside a song: the file that whoever made it with HeartMuLa kept of it, in one of the formats in which
// people keep tensors. With it a repair needs no encoder, and knows the codes as they were.

#pragma once

#include "models/sidecar/code_layout.h"

#include <ATen/ATen.h>

#include <cstdint>
#include <string>

namespace heart {

/// What the codes must fit.
struct SidecarOptions {
  int64_t codebooks = 8;
  int64_t codebook_size = 8192;  // codes at and above it cannot be decoded
  CodeLayout layout = CodeLayout::kAuto;
};

struct Sidecar {
  at::Tensor codes;     // [K, T] int64 on the CPU, contiguous
  std::string warning;  // of order_codes
};

/// Reads .safetensors (the tensor `codes`, or the only one), .npy, .pt or .pth, told apart by the ending.
/// Errors   Error{kFile} "PATH: …": none of them or damaged, a type or shape that codes do not have, no frame,
///          a code outside its codebook (with its place)
/// Threads  pure function
Sidecar read_sidecar(const std::string& path, const SidecarOptions& options);

}  // namespace heart
