// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Registering and finding custom metas. Any thread.

#include "gst/heart/custom_meta.h"

namespace heart {

const GstMetaInfo* register_custom_meta(const gchar* name) {
  const GstMetaInfo* info = gst_meta_get_info(name);
  if (!info) {
    // No tags: transforms take a meta with tags for bound to what they change, and drop it.
    const gchar* no_tags[] = {nullptr};
    info = gst_meta_register_custom(name, no_tags, nullptr, nullptr, nullptr);
  }
  if (!info || !gst_meta_info_is_custom(info)) {
    g_critical("the meta %s is registered by somebody else with another shape", name);
    return nullptr;
  }
  return info;
}

GstCustomMeta* next_custom_meta(GstBuffer* buffer, gpointer* state, const GstMetaInfo* info) {
  if (!info) return nullptr;
  return reinterpret_cast<GstCustomMeta*>(
      gst_buffer_iterate_meta_filtered(buffer, state, info->api));
}

}  // namespace heart
