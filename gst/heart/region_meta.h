/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The custom meta that flags a region on a buffer. It holds times, not samples, and is registered
 * without tags, so that audioconvert, audioresample and volume keep it. Fields as in region_event.h;
 * the region need not lie within its buffer, and a buffer may carry several metas.
 *
 * Threads  as for the buffer: adding needs a writable one, reading is free
 */

#pragma once

#include <gst/heart/prelude.h>
#include <gst/heart/region.h>

G_BEGIN_DECLS

/**
 * GST_HEART_REGION_META_NAME:
 *
 * Name of the custom meta and of the structure in it.
 */
#define GST_HEART_REGION_META_NAME "GstHeartInpaintRegionMeta"

/**
 * gst_heart_region_meta_get_info:
 *
 * Registers the meta, once. Applications that add the meta by gst_buffer_add_custom_meta() alone call
 * this, or gst_meta_register_custom() with an empty list of tags, first.
 *
 * Returns: (transfer none): what GStreamer knows of the meta
 */
GST_HEART_API
const GstMetaInfo* gst_heart_region_meta_get_info(void);

/**
 * gst_heart_buffer_add_region_meta:
 * @buffer: a writable buffer
 * @region: the region; its domain decides in which field its start is written
 *
 * Flags the region on the buffer.
 *
 * Returns: (transfer none): the meta, whose structure may be given more times of the same start
 */
GST_HEART_API
GstCustomMeta* gst_heart_buffer_add_region_meta(GstBuffer* buffer, const GstHeartRegion* region);

/**
 * gst_heart_buffer_iterate_region_meta: (skip)
 * @buffer: a buffer
 * @state: (inout): must point to %NULL at first
 *
 * Walks over the region metas of a buffer, without allocating.
 *
 * Returns: (transfer none) (nullable): the next one, or %NULL after the last
 */
GST_HEART_API
GstCustomMeta* gst_heart_buffer_iterate_region_meta(GstBuffer* buffer, gpointer* state);

/**
 * gst_heart_region_meta_parse:
 * @meta: a region meta
 * @error: why there is no region
 *
 * Reads the region by the rules of gst_heart_event_parse_region(), a meta being on its way
 * downstream. Its trigger is #GST_HEART_TRIGGER_META.
 *
 * Returns: (transfer full) (nullable): the region, or %NULL with @error set
 */
GST_HEART_API
GstHeartRegion* gst_heart_region_meta_parse(GstCustomMeta* meta, GError** error);

/**
 * gst_heart_buffer_get_regions:
 * @buffer: a buffer
 *
 * The regions flagged on a buffer, in the order of their metas; those that cannot be read are left
 * out and logged.
 *
 * Returns: (transfer container) (element-type GstHeartRegion) (nullable): the regions; %NULL if there are
 *     none
 */
GST_HEART_API
GPtrArray* gst_heart_buffer_get_regions(GstBuffer* buffer);

G_END_DECLS
