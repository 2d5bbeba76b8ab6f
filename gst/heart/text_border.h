// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Private. Where the readers of text meet the C API: encoding is checked, exceptions become GErrors
// with their place, lists become GPtrArrays. Nothing is thrown beyond it. Any thread.

#pragma once

#include "gst/heart/text_reader.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace heart {

using TextReader = std::function<RegionList(Cursor, std::vector<Notice>&)>;

/// Runs `read` over `text` without its byte order mark.
/// `name` stands in front of errors and warnings. `warnings` (may be nullptr) receives a
/// NULL-terminated array, or nullptr if nothing was passed over.
/// Returns the regions, (transfer full); nullptr with `error` set.
GPtrArray* at_text_border(std::string_view text, const std::string& name, gchar*** warnings,
                          GError** error, const TextReader& read);

}  // namespace heart
