// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The plugin `heart`: registers its elements and does nothing else.

#include "plugins/glitchdetect/glitchdetect.h"
#include "plugins/heartinpaint/heartinpaint.h"

#include <gst/gst.h>

static gboolean plugin_init(GstPlugin* plugin) {
  gboolean is_any = GST_ELEMENT_REGISTER(heartinpaint, plugin);
  is_any |= GST_ELEMENT_REGISTER(glitchdetect, plugin);
  return is_any;
}

GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, heart,
                  "Repair of damaged audio by a music language model", plugin_init, VERSION, "LGPL",
                  "gst-heartinpaint", "https://gstreamer.freedesktop.org/")
