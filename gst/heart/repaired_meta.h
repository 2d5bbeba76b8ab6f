/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The custom meta on every output buffer that holds synthetic audio, so that whoever stores, shows or
 * trains on the stream knows. Registered without tags: it survives audioconvert, audioresample and
 * volume. Structure GstHeartRepairedAudioMeta with
 *
 *   region-id  guint64  the number under which the message heartinpaint-region speaks of the repair
 *   method     string   ar, transplant, silence, lm
 *   model      string   name of the checkpoint; absent for classical methods
 *   seed       gint64   of the random numbers; -1 where none were drawn
 *   start      guint64  segment time at which the synthetic span begins
 *   duration   guint64  its length; the span may go beyond the buffer on both sides
 *
 * Threads  as for the buffer: adding needs a writable one, reading is free
 */

#pragma once

#include <gst/heart/prelude.h>

G_BEGIN_DECLS

/**
 * GST_HEART_REPAIRED_META_NAME:
 *
 * Name of the custom meta and of the structure in it.
 */
#define GST_HEART_REPAIRED_META_NAME "GstHeartRepairedAudioMeta"

/**
 * gst_heart_repaired_meta_get_info:
 *
 * Registers the meta, once.
 *
 * Returns: (transfer none): what GStreamer knows of the meta
 */
GST_HEART_API
const GstMetaInfo* gst_heart_repaired_meta_get_info(void);

/**
 * gst_heart_buffer_add_repaired_meta:
 * @buffer: a writable buffer
 * @region_id: number of the region
 * @method: name of the filler
 * @model: (nullable): name of the checkpoint
 * @seed: the seed, or -1
 * @start: segment time at which the synthetic span begins
 * @duration: its length
 *
 * Marks the buffer as holding synthetic audio.
 *
 * Returns: (transfer none): the meta
 */
GST_HEART_API
GstCustomMeta* gst_heart_buffer_add_repaired_meta(GstBuffer* buffer, guint64 region_id,
                                                  const gchar* method, const gchar* model,
                                                  gint64 seed, GstClockTime start,
                                                  GstClockTime duration);

/**
 * gst_heart_buffer_iterate_repaired_meta: (skip)
 * @buffer: a buffer
 * @state: (inout): must point to %NULL at first
 *
 * Walks over the repaired-audio metas of a buffer: a buffer may hold parts of several repairs.
 *
 * Returns: (transfer none) (nullable): the next one, or %NULL after the last
 */
GST_HEART_API
GstCustomMeta* gst_heart_buffer_iterate_repaired_meta(GstBuffer* buffer, gpointer* state);

/**
 * gst_heart_repaired_meta_parse:
 * @meta: a repaired-audio meta
 * @region_id: (out) (optional): number of the region
 * @method: (out) (optional) (transfer none): name of the filler, owned by the meta
 * @model: (out) (optional) (transfer none) (nullable): name of the checkpoint, owned by the meta
 * @seed: (out) (optional): the seed, or -1
 * @start: (out) (optional): segment time at which the synthetic span begins
 * @duration: (out) (optional): its length
 *
 * Reads the meta. Nothing is written unless all of it can be read.
 *
 * Returns: %TRUE if every field is there and of its type
 */
GST_HEART_API
gboolean gst_heart_repaired_meta_parse(GstCustomMeta* meta, guint64* region_id,
                                       const gchar** method, const gchar** model, gint64* seed,
                                       GstClockTime* start, GstClockTime* duration);

G_END_DECLS
