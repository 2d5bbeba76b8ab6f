// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Private. Registering a custom meta without tags, once per process whoever comes first. Any thread.

#pragma once

#include <gst/gst.h>

namespace heart {

/// The info of the custom meta `name`; nullptr, with a critical, if another kind of meta took the name.
/// An application may have registered it already, which is fine: it carries a structure all the same.
const GstMetaInfo* register_custom_meta(const gchar* name);

/// The next meta of that kind on a buffer. `*state` is nullptr at first.
GstCustomMeta* next_custom_meta(GstBuffer* buffer, gpointer* state, const GstMetaInfo* info);

}  // namespace heart
