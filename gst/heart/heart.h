/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * libgstheart-1.0: what applications and other plugins share with the element heartinpaint.
 *
 *   region.h         a flagged time span, and conversions between a pipeline's three times
 *   region_event.h   the custom event that flags a region, downstream or upstream
 *   region_meta.h    the custom meta that flags a region on a buffer
 *   repaired_meta.h  the custom meta that marks buffers whose audio is synthetic
 *   region_message.h the element message heartinpaint-region: what became of a region
 *   region_file.h    the grammar of the property "regions" and the label files
 *   error.h          the error domain of all of these
 *
 * An application that only wants to flag a region needs none of it: a custom event named
 * GstHeartInpaintRegion with the fields listed in region_event.h is enough.
 */

#pragma once

#include <gst/heart/error.h>
#include <gst/heart/prelude.h>
#include <gst/heart/region.h>
#include <gst/heart/region_event.h>
#include <gst/heart/region_file.h>
#include <gst/heart/region_message.h>
#include <gst/heart/region_meta.h>
#include <gst/heart/repaired_meta.h>
