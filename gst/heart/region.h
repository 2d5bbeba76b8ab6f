/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A region: a time span of a stream that somebody flagged as damaged, with who flagged it and why.
 *
 * Units    nanoseconds; spans are half-open, start belongs to the region and stop does not
 * Threads  a region is a plain value: any thread, but one at a time
 */

#pragma once

#include <gst/heart/prelude.h>

G_BEGIN_DECLS

/**
 * GstHeartTimeDomain:
 * @GST_HEART_TIME_SEGMENT: position in the segment: what buffers carry as PTS
 * @GST_HEART_TIME_STREAM: stream time: position in the medium, as a player or a label file shows it
 * @GST_HEART_TIME_RUNNING: running time: what the clock measured since the pipeline went to PLAYING
 *
 * The clock face on which a region's times are read. Events and metas of the stream carry segment
 * time, files and the property "regions" stream time, the signal mark-region running time.
 */
typedef enum {
  GST_HEART_TIME_SEGMENT,
  GST_HEART_TIME_STREAM,
  GST_HEART_TIME_RUNNING,
} GstHeartTimeDomain;

#define GST_TYPE_HEART_TIME_DOMAIN (gst_heart_time_domain_get_type())

GST_HEART_API
GType gst_heart_time_domain_get_type(void);

/**
 * GstHeartTrigger:
 * @GST_HEART_TRIGGER_EVENT: a custom event GstHeartInpaintRegion
 * @GST_HEART_TRIGGER_META: a custom meta GstHeartInpaintRegionMeta on a buffer
 * @GST_HEART_TRIGGER_MISSING_DATA: a GAP event that carries GST_GAP_FLAG_MISSING_DATA
 * @GST_HEART_TRIGGER_GAP: a GAP event without that flag, or a buffer flagged GAP
 * @GST_HEART_TRIGGER_CORRUPTED: a buffer flagged CORRUPTED
 * @GST_HEART_TRIGGER_DISCONT: a hole between the timestamps of two buffers
 * @GST_HEART_TRIGGER_PROPERTY: the property "regions"
 * @GST_HEART_TRIGGER_FILE: a label file
 * @GST_HEART_TRIGGER_SIGNAL: the action signal mark-region
 *
 * What flagged a region. The nicks (`missing-data`) are the words used in messages.
 */
typedef enum {
  GST_HEART_TRIGGER_EVENT,
  GST_HEART_TRIGGER_META,
  GST_HEART_TRIGGER_MISSING_DATA,
  GST_HEART_TRIGGER_GAP,
  GST_HEART_TRIGGER_CORRUPTED,
  GST_HEART_TRIGGER_DISCONT,
  GST_HEART_TRIGGER_PROPERTY,
  GST_HEART_TRIGGER_FILE,
  GST_HEART_TRIGGER_SIGNAL,
} GstHeartTrigger;

#define GST_TYPE_HEART_TRIGGER (gst_heart_trigger_get_type())

GST_HEART_API
GType gst_heart_trigger_get_type(void);

/**
 * GstHeartTriggerFlags:
 * @GST_HEART_TRIGGER_FLAG_EVENT: see #GST_HEART_TRIGGER_EVENT
 * @GST_HEART_TRIGGER_FLAG_META: see #GST_HEART_TRIGGER_META
 * @GST_HEART_TRIGGER_FLAG_MISSING_DATA: see #GST_HEART_TRIGGER_MISSING_DATA
 * @GST_HEART_TRIGGER_FLAG_GAP: see #GST_HEART_TRIGGER_GAP
 * @GST_HEART_TRIGGER_FLAG_CORRUPTED: see #GST_HEART_TRIGGER_CORRUPTED
 * @GST_HEART_TRIGGER_FLAG_DISCONT: see #GST_HEART_TRIGGER_DISCONT
 *
 * The triggers that arrive with the stream and can be listened to or not. Each is
 * `1 << GST_HEART_TRIGGER_…`; what an application says outright (property, file, signal) has no flag,
 * since it is always meant.
 */
typedef enum {
  GST_HEART_TRIGGER_FLAG_EVENT = (1 << 0),
  GST_HEART_TRIGGER_FLAG_META = (1 << 1),
  GST_HEART_TRIGGER_FLAG_MISSING_DATA = (1 << 2),
  GST_HEART_TRIGGER_FLAG_GAP = (1 << 3),
  GST_HEART_TRIGGER_FLAG_CORRUPTED = (1 << 4),
  GST_HEART_TRIGGER_FLAG_DISCONT = (1 << 5),
} GstHeartTriggerFlags;

/**
 * GST_HEART_TRIGGER_FLAGS_DEFAULT:
 *
 * All but #GST_HEART_TRIGGER_FLAG_GAP: a plain gap is often intended silence.
 */
#define GST_HEART_TRIGGER_FLAGS_DEFAULT                                                            \
  ((GstHeartTriggerFlags)(GST_HEART_TRIGGER_FLAG_EVENT | GST_HEART_TRIGGER_FLAG_META |             \
                          GST_HEART_TRIGGER_FLAG_MISSING_DATA | GST_HEART_TRIGGER_FLAG_CORRUPTED | \
                          GST_HEART_TRIGGER_FLAG_DISCONT))

#define GST_TYPE_HEART_TRIGGER_FLAGS (gst_heart_trigger_flags_get_type())

GST_HEART_API
GType gst_heart_trigger_flags_get_type(void);

/**
 * GST_HEART_TIME_MAX:
 *
 * No time of a region may reach this value, 292 years: above it differences and products with a
 * sample rate would overflow. Parsers refuse such times with #GST_HEART_ERROR_RANGE.
 */
#define GST_HEART_TIME_MAX ((GstClockTime)G_MAXINT64)

typedef struct _GstHeartRegion GstHeartRegion;

/**
 * GstHeartRegion:
 * @start: first instant of the region
 * @stop: first instant after it; larger than @start
 * @domain: what @start and @stop are counted in
 * @trigger: what flagged the region
 * @confidence: 0…1, how sure the trigger is that this is damage; 1 for facts
 * @label: (nullable): a name for people
 * @reason: (nullable): what the trigger saw, e.g. `zeros`, `click`, `crc`
 *
 * A flagged time span. The fields may be read and written; strings are owned by the region and
 * replaced by gst_heart_region_set_label() and gst_heart_region_set_reason().
 */
struct _GstHeartRegion {
  GstClockTime start;
  GstClockTime stop;
  GstHeartTimeDomain domain;
  GstHeartTrigger trigger;
  gdouble confidence;
  gchar* label;
  gchar* reason;

  /*< private >*/
  gpointer _gst_reserved[GST_PADDING];
};

#define GST_TYPE_HEART_REGION (gst_heart_region_get_type())

GST_HEART_API
GType gst_heart_region_get_type(void);

/**
 * gst_heart_region_span_is_valid:
 * @start: first instant
 * @stop: first instant after the span
 *
 * Returns: %TRUE if @start < @stop < #GST_HEART_TIME_MAX; so never for %GST_CLOCK_TIME_NONE
 */
GST_HEART_API
gboolean gst_heart_region_span_is_valid(GstClockTime start, GstClockTime stop);

/**
 * gst_heart_region_new:
 * @domain: what the times are counted in
 * @start: first instant
 * @stop: first instant after the region
 * @trigger: what flagged it
 * @label: (nullable): a name for people
 *
 * Makes a region of confidence 1 without a reason. The span must be valid, see
 * gst_heart_region_span_is_valid(); anything else is a programming error.
 *
 * Returns: (transfer full): a new region
 */
GST_HEART_API
GstHeartRegion* gst_heart_region_new(GstHeartTimeDomain domain, GstClockTime start,
                                     GstClockTime stop, GstHeartTrigger trigger,
                                     const gchar* label);

/**
 * gst_heart_region_copy:
 * @region: a region
 *
 * Returns: (transfer full): a copy with strings of its own
 */
GST_HEART_API
GstHeartRegion* gst_heart_region_copy(const GstHeartRegion* region);

/**
 * gst_heart_region_free:
 * @region: (transfer full) (nullable): a region
 *
 * Releases the region and its strings.
 */
GST_HEART_API
void gst_heart_region_free(GstHeartRegion* region);

/**
 * gst_heart_region_equal:
 * @a: a region
 * @b: another
 *
 * Returns: %TRUE if all fields are the same
 */
GST_HEART_API
gboolean gst_heart_region_equal(const GstHeartRegion* a, const GstHeartRegion* b);

/**
 * gst_heart_region_set_label:
 * @region: a region
 * @label: (nullable): a name for people; copied
 */
GST_HEART_API
void gst_heart_region_set_label(GstHeartRegion* region, const gchar* label);

/**
 * gst_heart_region_set_reason:
 * @region: a region
 * @reason: (nullable): what the trigger saw; copied
 * @confidence: 0…1; values outside are clamped, NaN becomes 0
 */
GST_HEART_API
void gst_heart_region_set_reason(GstHeartRegion* region, const gchar* reason, gdouble confidence);

/**
 * gst_heart_region_duration:
 * @region: a region
 *
 * Returns: nanoseconds from start to stop
 */
GST_HEART_API
GstClockTime gst_heart_region_duration(const GstHeartRegion* region);

/**
 * gst_heart_region_convert:
 * @region: a region
 * @segment: a segment of format %GST_FORMAT_TIME
 * @domain: the domain wanted
 *
 * Reads the region on another clock face, as @segment relates them. What lies outside the segment is
 * cut off; with a negative rate running time runs against segment time and the ends change places.
 *
 * Returns: %TRUE if done; %FALSE, with @region unchanged, if no part of the region lies within the
 *     segment
 */
GST_HEART_API
gboolean gst_heart_region_convert(GstHeartRegion* region, const GstSegment* segment,
                                  GstHeartTimeDomain domain);

/**
 * gst_heart_region_merge:
 * @into: the region that grows
 * @other: a region of the same domain
 * @slack: the largest distance between the two at which they still become one; 0 joins overlapping
 *     and touching ones
 *
 * Joins two regions. Labels, and reasons, are joined by `, ` in order of time, each named once;
 * the trigger is that of the earlier one, the confidence the larger.
 *
 * Returns: %TRUE if they were joined; %FALSE, with @into unchanged, if they lie apart or in
 *     different domains
 */
GST_HEART_API
gboolean gst_heart_region_merge(GstHeartRegion* into, const GstHeartRegion* other,
                                GstClockTime slack);

/**
 * gst_heart_region_to_string:
 * @region: a region
 *
 * Returns: (transfer full): the region in the grammar of gst_heart_region_list_parse(), in seconds
 *     with nine decimals: `12.400000000-12.900000000=label`
 */
GST_HEART_API
gchar* gst_heart_region_to_string(const GstHeartRegion* region);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GstHeartRegion, gst_heart_region_free)

G_END_DECLS
