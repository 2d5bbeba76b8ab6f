// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The custom meta that marks synthetic audio. Any thread that may touch the buffer.

#include "gst/heart/custom_meta.h"
#include "gst/heart/region_fields.h"
#include <gst/heart/repaired_meta.h>

const GstMetaInfo* gst_heart_repaired_meta_get_info() {
  static const GstMetaInfo* const kInfo = heart::register_custom_meta(GST_HEART_REPAIRED_META_NAME);
  return kInfo;
}

GstCustomMeta* gst_heart_buffer_add_repaired_meta(GstBuffer* buffer, guint64 region_id,
                                                  const gchar* method, const gchar* model,
                                                  gint64 seed, GstClockTime start,
                                                  GstClockTime duration) {
  g_return_val_if_fail(GST_IS_BUFFER(buffer) && method, nullptr);
  if (!gst_heart_repaired_meta_get_info()) return nullptr;
  GstCustomMeta* meta = gst_buffer_add_custom_meta(buffer, GST_HEART_REPAIRED_META_NAME);
  if (!meta) return nullptr;  // the buffer was not writable: GStreamer has said so
  GstStructure* structure = gst_custom_meta_get_structure(meta);
  gst_structure_set(structure, "region-id", G_TYPE_UINT64, region_id, "seed", G_TYPE_INT64, seed,
                    "start", G_TYPE_UINT64, start, "duration", G_TYPE_UINT64, duration, nullptr);
  heart::write_text(structure, "method", method);
  heart::write_text(structure, "model", model);
  return meta;
}

GstCustomMeta* gst_heart_buffer_iterate_repaired_meta(GstBuffer* buffer, gpointer* state) {
  g_return_val_if_fail(GST_IS_BUFFER(buffer) && state, nullptr);
  return heart::next_custom_meta(buffer, state, gst_heart_repaired_meta_get_info());
}

gboolean gst_heart_repaired_meta_parse(GstCustomMeta* meta, guint64* region_id,
                                       const gchar** method, const gchar** model, gint64* seed,
                                       GstClockTime* start, GstClockTime* duration) {
  g_return_val_if_fail(meta, FALSE);
  const GstStructure* structure = gst_custom_meta_get_structure(meta);
  guint64 found_id = 0, found_start = 0, found_duration = 0;
  gint64 found_seed = 0;
  const gchar* found_model = nullptr;
  const gchar* found_method = gst_structure_get_string(structure, "method");
  if (!found_method || !heart::read_text(structure, "model", &found_model, nullptr) ||
      !gst_structure_get_uint64(structure, "region-id", &found_id) ||
      !gst_structure_get_int64(structure, "seed", &found_seed) ||
      !gst_structure_get_uint64(structure, "start", &found_start) ||
      !gst_structure_get_uint64(structure, "duration", &found_duration)) {
    return FALSE;
  }
  if (region_id) *region_id = found_id;
  if (method) *method = found_method;
  if (model) *model = found_model;
  if (seed) *seed = found_seed;
  if (start) *start = found_start;
  if (duration) *duration = found_duration;
  return TRUE;
}
