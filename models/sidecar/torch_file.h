// SPDX-License-Identifier: LGPL-2.1-or-later
//
// One tensor that torch.save wrote, in its zip format (torch ≥ 1.6) or the one before. The pickle in it is
// read as data (pickle.h): nothing from the file is run, whatever it asks for.
// Source   torch/serialization.py (save, _legacy_save), torch/_utils.py (_rebuild_tensor_v2)

#pragma once

#include <ATen/ATen.h>

#include <string>

namespace heart {

/// The tensor of integers that the `bytes` of a .pt file hold, from any device, contiguous or not.
/// `path` is for error texts.
/// Shapes   as saved, int64
/// Errors   Error{kFile}: not such a file, damaged, anything but one tensor (a dict, a list, a module), a type
///          that no code has; each named
/// Threads  pure function
at::Tensor read_torch_file(const std::string& path, const std::string& bytes);

}  // namespace heart
