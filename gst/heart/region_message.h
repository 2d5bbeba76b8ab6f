/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The element message heartinpaint-region: what became of one region. Its structure, with every
 * field always present unless marked optional:
 *
 *   region-id     guint64  counts the regions of an element from 1; a merged region is one
 *   status        string   repaired, late, skipped, failed, cancelled
 *   trigger       string   event, meta, missing-data, gap, corrupted, discont, property, file, signal
 *   label         string   optional; all labels, joined by `, `, if regions were merged
 *   reason        string   optional; what the trigger saw
 *   confidence    double   0…1
 *   start, stop   guint64  the region as it was flagged, in the time that `domain` names
 *   domain        string   segment, stream, running
 *   timestamp     guint64  segment time of the first replaced sample, NONE if nothing was
 *   stream-time   guint64  its stream time, or NONE
 *   running-time  guint64  its running time, or NONE
 *   duration      guint64  length of what was replaced; of the region, if nothing was
 *   method        string   the filler that was used, `none` if none was
 *   seed          gint64   of its random numbers, -1 where none were drawn
 *   model         string   optional; name of the checkpoint
 *   elapsed       guint64  nanoseconds of work
 *   candidates    array    of structures `candidate` {method string, score double, detail string}
 *   detail        string   optional; for people: why it was late, skipped or failed
 *
 * Words instead of enum types keep the message readable for programs that do not link this library.
 *
 * Threads  messages are made on the streaming threads and read on the application's
 */

#pragma once

#include <gst/heart/prelude.h>
#include <gst/heart/region.h>

G_BEGIN_DECLS

/**
 * GST_HEART_REGION_MESSAGE_NAME:
 *
 * Name of the structure in the message.
 */
#define GST_HEART_REGION_MESSAGE_NAME "heartinpaint-region"

/**
 * GstHeartRegionStatus:
 * @GST_HEART_REGION_STATUS_REPAIRED: new audio is in its place
 * @GST_HEART_REGION_STATUS_LATE: the flag came after the audio had left, or the repair after its
 *     deadline; in the second case the fallback, named by `method`, is in its place
 * @GST_HEART_REGION_STATUS_SKIPPED: left as it was on purpose: too long, no context, method `none`
 * @GST_HEART_REGION_STATUS_FAILED: the repair failed; the fallback, named by `method`, is in its place
 * @GST_HEART_REGION_STATUS_CANCELLED: a flush, a seek or a state change came first
 *
 * How a region ended.
 */
typedef enum {
  GST_HEART_REGION_STATUS_REPAIRED,
  GST_HEART_REGION_STATUS_LATE,
  GST_HEART_REGION_STATUS_SKIPPED,
  GST_HEART_REGION_STATUS_FAILED,
  GST_HEART_REGION_STATUS_CANCELLED,
} GstHeartRegionStatus;

#define GST_TYPE_HEART_REGION_STATUS (gst_heart_region_status_get_type())

GST_HEART_API
GType gst_heart_region_status_get_type(void);

typedef struct _GstHeartReport GstHeartReport;

/**
 * GstHeartReport:
 * @region_id: counts the regions of an element from 1
 * @status: how the region ended
 * @region: (nullable): the region as it was flagged
 * @timestamp: segment time of the first replaced sample, or %GST_CLOCK_TIME_NONE
 * @stream_time: its stream time, or %GST_CLOCK_TIME_NONE
 * @running_time: its running time, or %GST_CLOCK_TIME_NONE
 * @duration: length of what was replaced; of the region if nothing was
 * @method: (nullable): the filler that was used; %NULL is sent as `none`
 * @seed: of its random numbers, -1 where none were drawn
 * @model: (nullable): name of the checkpoint
 * @elapsed: nanoseconds of work
 * @detail: (nullable): for people
 * @candidates: (nullable) (element-type GstStructure): what was tried, best first; filled by
 *     gst_heart_report_add_candidate()
 *
 * What became of one region. The fields may be read and written; strings are g_malloc'ed and owned by
 * the report, e.g. `report->detail = g_strdup ("…")` while it is %NULL.
 */
struct _GstHeartReport {
  guint64 region_id;
  GstHeartRegionStatus status;
  GstHeartRegion* region;
  GstClockTime timestamp;
  GstClockTime stream_time;
  GstClockTime running_time;
  GstClockTime duration;
  gchar* method;
  gint64 seed;
  gchar* model;
  GstClockTime elapsed;
  gchar* detail;
  GPtrArray* candidates;

  /*< private >*/
  gpointer _gst_reserved[GST_PADDING];
};

#define GST_TYPE_HEART_REPORT (gst_heart_report_get_type())

GST_HEART_API
GType gst_heart_report_get_type(void);

/**
 * gst_heart_report_new:
 * @region_id: counts the regions of an element from 1
 * @status: how the region ended
 * @region: the region as it was flagged; copied
 *
 * Makes a report with times NONE, seed -1, the region's duration, and nothing else.
 *
 * Returns: (transfer full): a new report
 */
GST_HEART_API
GstHeartReport* gst_heart_report_new(guint64 region_id, GstHeartRegionStatus status,
                                     const GstHeartRegion* region);

/**
 * gst_heart_report_copy:
 * @report: a report
 *
 * Returns: (transfer full): a deep copy
 */
GST_HEART_API
GstHeartReport* gst_heart_report_copy(const GstHeartReport* report);

/**
 * gst_heart_report_free:
 * @report: (transfer full) (nullable): a report
 */
GST_HEART_API
void gst_heart_report_free(GstHeartReport* report);

/**
 * gst_heart_report_set_times:
 * @report: a report
 * @segment: (nullable): the segment of the replaced samples
 * @timestamp: segment time of the first of them
 * @duration: their length
 *
 * Writes timestamp and duration and, where @segment is given, what they are in stream and running
 * time.
 */
GST_HEART_API
void gst_heart_report_set_times(GstHeartReport* report, const GstSegment* segment,
                                GstClockTime timestamp, GstClockTime duration);

/**
 * gst_heart_report_set_method:
 * @report: a report
 * @method: (nullable): the filler
 * @model: (nullable): name of the checkpoint
 * @seed: of its random numbers, or -1
 */
GST_HEART_API
void gst_heart_report_set_method(GstHeartReport* report, const gchar* method, const gchar* model,
                                 gint64 seed);

/**
 * gst_heart_report_set_detail:
 * @report: a report
 * @detail: (nullable): for people
 */
GST_HEART_API
void gst_heart_report_set_detail(GstHeartReport* report, const gchar* detail);

/**
 * gst_heart_report_add_candidate:
 * @report: a report
 * @method: name of the filler
 * @score: larger is better
 * @detail: (nullable): for people
 *
 * Appends one of the results that the repair was chosen from.
 */
GST_HEART_API
void gst_heart_report_add_candidate(GstHeartReport* report, const gchar* method, gdouble score,
                                    const gchar* detail);

/**
 * gst_heart_message_new_region:
 * @src: (transfer none) (nullable): the element
 * @report: what to tell
 *
 * Returns: (transfer full): the element message
 */
GST_HEART_API
GstMessage* gst_heart_message_new_region(GstObject* src, const GstHeartReport* report);

/**
 * gst_heart_message_is_region:
 * @message: any message
 *
 * Returns: %TRUE if this is an element message with the name #GST_HEART_REGION_MESSAGE_NAME
 */
GST_HEART_API
gboolean gst_heart_message_is_region(GstMessage* message);

/**
 * gst_heart_message_parse_region:
 * @message: a message
 * @error: why there is no report
 *
 * Returns: (transfer full) (nullable): the report, or %NULL with @error set
 */
GST_HEART_API
GstHeartReport* gst_heart_message_parse_region(GstMessage* message, GError** error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GstHeartReport, gst_heart_report_free)

G_END_DECLS
