// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Integers of any width, sign, byte order and stride in memory, made one plain tensor: what the readers of
// .npy, .pt and .safetensors have in common. Reads nothing outside the bytes it is given.

#pragma once

#include <ATen/ATen.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace heart {

/// An array inside bytes that belong to someone else. Strides and the first element's place count elements,
/// and may be anything that a file says.
struct IntegerArray {
  const uint8_t* data = nullptr;
  size_t bytes = 0;
  int width = 0;  // bytes an element: 1, 2, 4 or 8
  bool is_signed = true;
  bool is_big_endian = false;
  std::vector<int64_t> shape;
  std::vector<int64_t> strides;
  int64_t first = 0;
};

/// Strides of a dense array, the last axis fastest, or the first (Fortran's order).
/// Errors   Error{kFile} "PATH: …": a negative size, more elements than 63 bits count
std::vector<int64_t> dense_strides(const std::string& path, const std::vector<int64_t>& shape,
                                   bool is_fortran_order = false);

/// A plain copy.
/// Shapes   as `array.shape`, int64
/// Errors   Error{kFile} "PATH: …": more than 8 axes, a size below 0, elements outside the bytes, more than
///          2^27 of them (a broadcast of one byte may claim any number), a value that int64 does not hold
/// Threads  pure function
at::Tensor to_int64(const std::string& path, const IntegerArray& array);

/// Throws Error{kFile} for a type that no code can have: "PATH: holds float32, wanted integers …".
[[noreturn]] void refuse_type(const std::string& path, const std::string& type);

}  // namespace heart
