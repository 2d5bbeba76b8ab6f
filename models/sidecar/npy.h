// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Arrays that numpy.save wrote: a magic number, a header that is a Python literal, the bytes.
// Source   numpy.org, "NEP 1: A simple file format for NumPy arrays"; versions 1.0, 2.0 and 3.0

#pragma once

#include <ATen/ATen.h>

#include <string>

namespace heart {

/// The array of integers that the `bytes` of a .npy file hold, in any byte order, C's and Fortran's order
/// of axes. `path` is for error texts.
/// Shapes   as in the file, int64
/// Errors   Error{kFile}: not such a file, cut off or with something behind, another type (named)
/// Threads  pure function
at::Tensor read_npy(const std::string& path, const std::string& bytes);

}  // namespace heart
