/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A C program of somebody else: test_install.sh compiles it with nothing but what pkg-config says of the
 * installed copy. Reads a list of regions and sends the first as an event.
 */

#include <gst/heart/heart.h>

#include <stdio.h>

int main(int argc, char** argv) {
  GError* error = NULL;
  GPtrArray* regions;
  GstHeartRegion* first;
  GstEvent* event;

  gst_init(&argc, &argv);
  regions = gst_heart_region_list_parse("1.5-2=a; 3+0.25=b", &error);
  if (regions == NULL || regions->len != 2) return 1;
  first = g_ptr_array_index(regions, 0);
  event = gst_heart_event_new_upstream_region(first->start, gst_heart_region_duration(first),
                                              first->label, NULL, 1.0);
  if (!gst_heart_event_is_region(event)) return 2;
  printf("%s %" G_GUINT64_FORMAT "\n", first->label, gst_heart_region_duration(first));
  gst_event_unref(event);
  g_ptr_array_unref(regions);
  return 0;
}
