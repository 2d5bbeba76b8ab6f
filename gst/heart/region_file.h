/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Readers of regions: the grammar of the property "regions" and the label files of editors. All
 * regions come back in stream time, in the order of the text; nothing is sorted or merged.
 *
 * Times    seconds `12.4`, with a unit `300ms` (s, ms, us, ns), or clock `[h:]m:s` as `0:01:02.5`.
 *          Decimals are exact to the nanosecond; the locale plays no part.
 * Text     UTF-8, with or without a byte order mark; lines end in LF, CRLF or CR
 * Errors   the first one ends the reading; its text is `name:line:column: ` with both counted from 1
 *          and columns in characters, then the text that was found, what was wanted, what to do
 * Threads  any; nothing is kept between calls
 */

#pragma once

#include <gst/heart/prelude.h>
#include <gst/heart/region.h>

G_BEGIN_DECLS

/**
 * GstHeartRegionFormat:
 * @GST_HEART_REGION_FORMAT_AUTO: told by the name's ending and the content
 * @GST_HEART_REGION_FORMAT_AUDACITY: Audacity's label track, `start<TAB>end<TAB>label`. Lines that
 *     begin with a backslash (frequency ranges) are passed over; point labels, which have no length,
 *     are passed over with a warning. A decimal comma is accepted.
 * @GST_HEART_REGION_FORMAT_CSV: columns separated by comma, semicolon or tab (the first line tells);
 *     cells may be quoted, `""` is a quote in a quoted cell, which may also hold line breaks. Lines
 *     that begin with `#` are comments. Without a header line: start, end, label. With one, in any
 *     order and case: start (begin, from, in, onset), end (stop, to, out, offset) or duration (length),
 *     label (name, text, title, comment, description); a unit may follow: `start_ms`, `end [s]`. Other
 *     columns are ignored. Between semicolons or tabs a decimal comma is accepted.
 * @GST_HEART_REGION_FORMAT_EDL: edit decision lists of two kinds.
 *     MPlayer and Kodi: `start end action` with action 0 (cut), 1 (mute), 3 (commercial); 2 (a scene
 *     marker, an instant) is passed over; times as above or `#frame`, which needs a line `## FPS: 25`.
 *     CMX 3600: events `001 AX A C src-in src-out rec-in rec-out`; the record times count, less what a
 *     line `* START: 01:00:00:00` says. A frame rate must be stated by a line `* FPS: 25` (or `30000/1001`),
 *     by `FCM: DROP FRAME` (30000/1001), or by the caller, in this order; `;` before the frames means
 *     drop-frame counting. `* FROM CLIP NAME: x`, `* COMMENT: x` and DaVinci's ` |M:x |D:12` give label and length.
 *
 * A kind of label file.
 */
typedef enum {
  GST_HEART_REGION_FORMAT_AUTO,
  GST_HEART_REGION_FORMAT_AUDACITY,
  GST_HEART_REGION_FORMAT_CSV,
  GST_HEART_REGION_FORMAT_EDL,
} GstHeartRegionFormat;

#define GST_TYPE_HEART_REGION_FORMAT (gst_heart_region_format_get_type())

GST_HEART_API
GType gst_heart_region_format_get_type(void);

/**
 * gst_heart_region_list_parse:
 * @text: what the property "regions" holds
 * @error: why there is no list
 *
 * Reads `12.4-12.9; 0:01:02.5+0.3 = chorus`: each region is `start-stop` or `start+duration`, may be
 * followed by `=label`, and ends at `;` or the end of the line. A label that holds `;`, `"` or blanks at
 * its ends is quoted, `"` in it doubled. Empty entries are passed over. The trigger of the regions is
 * #GST_HEART_TRIGGER_PROPERTY; errors name the text `regions`.
 *
 * Returns: (transfer container) (element-type GstHeartRegion) (nullable): the regions, perhaps none; %NULL
 *     with @error set if the text cannot be read
 */
GST_HEART_API
GPtrArray* gst_heart_region_list_parse(const gchar* text, GError** error);

/**
 * gst_heart_region_list_to_string:
 * @regions: (element-type GstHeartRegion): regions
 *
 * Returns: (transfer full): what gst_heart_region_list_parse() reads as the same spans and labels
 */
GST_HEART_API
gchar* gst_heart_region_list_to_string(GPtrArray* regions);

/**
 * gst_heart_region_file_parse:
 * @data: (array length=size) (element-type guint8): content of a file
 * @size: its bytes
 * @name: (nullable): name of the file, for errors and for its ending
 * @format: its format
 * @fps_n: numerator of the frame rate of an EDL that states none, 0 if only the file can tell
 * @fps_d: denominator
 * @warnings: (out) (optional) (nullable) (transfer full) (array zero-terminated=1): what was passed over,
 *     one text of the form of an error each; %NULL if nothing
 * @error: why there is no list
 *
 * Reads the content of a label file. The trigger of the regions is #GST_HEART_TRIGGER_FILE.
 *
 * Returns: (transfer container) (element-type GstHeartRegion) (nullable): the regions, perhaps none; %NULL
 *     with @error set if the content cannot be read
 */
GST_HEART_API
GPtrArray* gst_heart_region_file_parse(const gchar* data, gsize size, const gchar* name,
                                       GstHeartRegionFormat format, guint fps_n, guint fps_d,
                                       gchar*** warnings, GError** error);

/**
 * gst_heart_region_file_load:
 * @path: (type filename): a plain file of at most 64 MiB
 * @format: its format
 * @fps_n: numerator of the frame rate of an EDL that states none, 0 if only the file can tell
 * @fps_d: denominator
 * @warnings: (out) (optional) (nullable) (transfer full) (array zero-terminated=1): what was passed over
 * @error: why there is no list
 *
 * Opens a label file and reads it as gst_heart_region_file_parse() does.
 *
 * Returns: (transfer container) (element-type GstHeartRegion) (nullable): the regions, perhaps none; %NULL
 *     with @error set if the file cannot be read
 */
GST_HEART_API
GPtrArray* gst_heart_region_file_load(const gchar* path, GstHeartRegionFormat format, guint fps_n,
                                      guint fps_d, gchar*** warnings, GError** error);

G_END_DECLS
