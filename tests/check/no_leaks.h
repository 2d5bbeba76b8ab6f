// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A test that leaves GStreamer objects behind has failed. The `leaks` tracer counts them; meson starts every
// check program with it (GST_TRACERS). In a program that was started without, nothing is looked at.

#pragma once

#include <gst/check/gstcheck.h>

#include <string>

/// The end of a checked fixture: tcase_add_checked_fixture(tcase, nullptr, fail_on_leaks).
inline void fail_on_leaks() {
  std::string left;
  guint n = 0;
  GList* tracers = gst_tracing_get_active_tracers();
  for (GList* item = tracers; item; item = item->next) {
    if (g_strcmp0(G_OBJECT_TYPE_NAME(item->data), "GstLeaksTracer") != 0) continue;
    GstStructure* live = nullptr;
    g_signal_emit_by_name(item->data, "get-live-objects", &live);
    const GValue* list = live ? gst_structure_get_value(live, "live-objects-list") : nullptr;
    for (guint i = 0; list && i < gst_value_list_get_size(list); ++i) {
      const GValue* entry = gst_value_list_get_value(list, i);
      gchar* text = gst_structure_to_string(gst_value_get_structure(entry));
      left += std::string("\n  ") + text;
      g_free(text);
      ++n;
    }
    // One that lists objects would take their last references with it, and has served its purpose.
    if (live && n == 0) gst_structure_free(live);
  }
  g_list_free_full(tracers, gst_object_unref);
  fail_unless(n == 0, "%u objects are still there:%s", n, left.c_str());
}
