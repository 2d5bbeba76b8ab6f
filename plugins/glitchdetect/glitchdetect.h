// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The element glitchdetect: looks at audio as it passes and flags what looks damaged.

#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_GLITCH_DETECT (gst_glitch_detect_get_type())
G_DECLARE_FINAL_TYPE(GstGlitchDetect, gst_glitch_detect, GST, GLITCH_DETECT, GstElement)

GST_ELEMENT_REGISTER_DECLARE(glitchdetect)

G_END_DECLS
