// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Small files read as a whole, with a bound, so that a wrong path costs neither memory nor an endless wait.
// Free of torch.

#pragma once

#include <cstdint>
#include <string>

namespace heart {

/// All bytes of a regular file; symbolic links are followed, devices and pipes are not read.
/// `what` names in an error what was wanted: "any JSON file of a checkpoint".
/// Errors   Error{kFile}: not there, not a regular file, more than `max_bytes`, cannot be read
std::string read_file_bytes(const std::string& path, uint64_t max_bytes, const char* what);

}  // namespace heart
