/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The error domain of libgstheart. A text says what was found, what was wanted and what to do;
 * texts about files begin with `name:line:column: `.
 */

#pragma once

#include <gst/heart/prelude.h>

G_BEGIN_DECLS

/**
 * GST_HEART_ERROR:
 *
 * Domain of the errors below.
 */
#define GST_HEART_ERROR (gst_heart_error_quark())

/**
 * GstHeartError:
 * @GST_HEART_ERROR_FILE: a file cannot be opened or read, or is not a plain file
 * @GST_HEART_ERROR_ENCODING: the text is not UTF-8
 * @GST_HEART_ERROR_FORMAT: the format cannot be told, or something the format needs (a frame rate, a
 *     column) is not stated
 * @GST_HEART_ERROR_SYNTAX: the text is not what its format allows at this place
 * @GST_HEART_ERROR_RANGE: a well-formed value that cannot be used: negative, reversed, empty, too large
 * @GST_HEART_ERROR_FIELD: a field of an event, meta or message is missing or of the wrong type
 *
 * Why a region could not be read.
 */
typedef enum {
  GST_HEART_ERROR_FILE,
  GST_HEART_ERROR_ENCODING,
  GST_HEART_ERROR_FORMAT,
  GST_HEART_ERROR_SYNTAX,
  GST_HEART_ERROR_RANGE,
  GST_HEART_ERROR_FIELD,
} GstHeartError;

#define GST_TYPE_HEART_ERROR (gst_heart_error_get_type())

GST_HEART_API
GType gst_heart_error_get_type(void);

GST_HEART_API
GQuark gst_heart_error_quark(void);

G_END_DECLS
