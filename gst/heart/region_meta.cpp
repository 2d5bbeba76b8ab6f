// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The custom meta that flags a region on a buffer. Any thread that may touch the buffer.

#include "gst/heart/custom_meta.h"
#include "gst/heart/region_fields.h"
#include <gst/heart/region_meta.h>

const GstMetaInfo* gst_heart_region_meta_get_info() {
  static const GstMetaInfo* const kInfo = heart::register_custom_meta(GST_HEART_REGION_META_NAME);
  return kInfo;
}

GstCustomMeta* gst_heart_buffer_add_region_meta(GstBuffer* buffer, const GstHeartRegion* region) {
  g_return_val_if_fail(GST_IS_BUFFER(buffer) && region, nullptr);
  if (!gst_heart_region_meta_get_info()) return nullptr;
  GstCustomMeta* meta = gst_buffer_add_custom_meta(buffer, GST_HEART_REGION_META_NAME);
  if (!meta) return nullptr;  // the buffer was not writable: GStreamer has said so
  heart::RegionTimes times;
  switch (region->domain) {
    case GST_HEART_TIME_SEGMENT:
      times.timestamp = region->start;
      break;
    case GST_HEART_TIME_STREAM:
      times.stream_time = region->start;
      break;
    case GST_HEART_TIME_RUNNING:
      times.running_time = region->start;
      break;
  }
  heart::write_region_fields(gst_custom_meta_get_structure(meta), times,
                             gst_heart_region_duration(region), region->label, region->reason,
                             region->confidence);
  return meta;
}

GstCustomMeta* gst_heart_buffer_iterate_region_meta(GstBuffer* buffer, gpointer* state) {
  g_return_val_if_fail(GST_IS_BUFFER(buffer) && state, nullptr);
  return heart::next_custom_meta(buffer, state, gst_heart_region_meta_get_info());
}

GstHeartRegion* gst_heart_region_meta_parse(GstCustomMeta* meta, GError** error) {
  g_return_val_if_fail(meta, nullptr);
  return heart::read_region_fields(gst_custom_meta_get_structure(meta),
                                   heart::Direction::kDownstream, 0, GST_HEART_TRIGGER_META, error);
}

GPtrArray* gst_heart_buffer_get_regions(GstBuffer* buffer) {
  g_return_val_if_fail(GST_IS_BUFFER(buffer), nullptr);
  GPtrArray* regions = nullptr;
  gpointer state = nullptr;
  while (GstCustomMeta* meta = gst_heart_buffer_iterate_region_meta(buffer, &state)) {
    GError* error = nullptr;
    GstHeartRegion* region = gst_heart_region_meta_parse(meta, &error);
    if (!region) {
      GST_WARNING("left out a region meta: %s", error->message);
      g_error_free(error);
      continue;
    }
    if (!regions)
      regions =
          g_ptr_array_new_with_free_func(reinterpret_cast<GDestroyNotify>(gst_heart_region_free));
    g_ptr_array_add(regions, region);
  }
  return regions;
}
