/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The custom event that flags a region, shaped after the force-key-unit events of GstVideo: a
 * structure named GstHeartInpaintRegion with
 *
 *   timestamp     guint64  segment time of the region's start  |
 *   stream-time   guint64  its stream time                     | at least one of the three
 *   running-time  guint64  its running time                    |
 *   duration      guint64  nanoseconds, more than 0
 *   label         string   optional, a name for people
 *   reason        string   optional, what the sender saw
 *   confidence    double   optional, 0…1, 1 if absent
 *
 * A detector upstream sends it downstream in order with the buffers; an application or a sink sends
 * it upstream, where only running time (and, without pad offsets, stream time) means the same on both
 * ends. Times may be %GST_CLOCK_TIME_NONE, which is as good as absent.
 *
 * Threads  an event is immutable once sent; these functions may be called from any thread
 */

#pragma once

#include <gst/heart/prelude.h>
#include <gst/heart/region.h>

G_BEGIN_DECLS

/**
 * GST_HEART_REGION_EVENT_NAME:
 *
 * Name of the structure in the event.
 */
#define GST_HEART_REGION_EVENT_NAME "GstHeartInpaintRegion"

/**
 * gst_heart_event_new_downstream_region:
 * @timestamp: segment time of the region's start, or %GST_CLOCK_TIME_NONE
 * @stream_time: its stream time, or %GST_CLOCK_TIME_NONE
 * @running_time: its running time, or %GST_CLOCK_TIME_NONE
 * @duration: nanoseconds
 * @label: (nullable): a name for people
 * @reason: (nullable): what the sender saw
 * @confidence: 0…1
 *
 * Makes the serialized event that flags a region to elements downstream. What is sent is what was
 * given: gst_heart_event_parse_region() judges it.
 *
 * Returns: (transfer full): a new event
 */
GST_HEART_API
GstEvent* gst_heart_event_new_downstream_region(GstClockTime timestamp, GstClockTime stream_time,
                                                GstClockTime running_time, GstClockTime duration,
                                                const gchar* label, const gchar* reason,
                                                gdouble confidence);

/**
 * gst_heart_event_new_upstream_region:
 * @running_time: running time of the region's start
 * @duration: nanoseconds
 * @label: (nullable): a name for people
 * @reason: (nullable): what the sender saw
 * @confidence: 0…1
 *
 * Makes the event that flags a region to elements upstream.
 *
 * Returns: (transfer full): a new event
 */
GST_HEART_API
GstEvent* gst_heart_event_new_upstream_region(GstClockTime running_time, GstClockTime duration,
                                              const gchar* label, const gchar* reason,
                                              gdouble confidence);

/**
 * gst_heart_event_is_region:
 * @event: any event
 *
 * Returns: %TRUE if this is a custom event (of any direction, in order or out of band) with the name
 *     #GST_HEART_REGION_EVENT_NAME
 */
GST_HEART_API
gboolean gst_heart_event_is_region(GstEvent* event);

/**
 * gst_heart_event_parse_region:
 * @event: an event
 * @error: why there is no region
 *
 * Reads the region from the event. Of the times that it carries the first of these counts:
 * going downstream timestamp, stream-time, running-time; going upstream running-time, stream-time,
 * timestamp. The running-time offset of the pads on the way is added. The domain of the region says
 * which one was taken; its trigger is #GST_HEART_TRIGGER_EVENT.
 *
 * Whole numbers of any integer type are accepted for times. Every known field is checked, used or
 * not: one of a wrong type, a negative, overflowing or empty span, a confidence outside 0…1 or a
 * label that is not UTF-8 refuses the event, since its sender is broken.
 *
 * Returns: (transfer full) (nullable): the region, or %NULL with @error set
 */
GST_HEART_API
GstHeartRegion* gst_heart_event_parse_region(GstEvent* event, GError** error);

G_END_DECLS
