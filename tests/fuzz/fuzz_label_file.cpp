// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Any bytes as a label file. The first byte chooses name, format and the caller's frame rate; the rest
// is the file.

#include "tests/fuzz/invariants.h"

#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const uint8_t choice = data[0];
  const gchar* const names[] = {nullptr, "labels.txt", "labels.csv", "labels.edl"};
  const auto format = static_cast<GstHeartRegionFormat>(choice & 3);
  const guint fps_n = choice & 16 ? 30000 : 0;
  gchar** warnings = nullptr;
  GError* error = nullptr;
  GPtrArray* regions =
      gst_heart_region_file_parse(reinterpret_cast<const gchar*>(data + 1), size - 1,
                                  names[choice >> 2 & 3], format, fps_n, 1001, &warnings, &error);
  if (!regions) {
    REQUIRE(!warnings);
    require_reason(error);
    return 0;
  }
  REQUIRE(!error);
  for (guint i = 0; i < regions->len; ++i) {
    const auto* region = static_cast<GstHeartRegion*>(regions->pdata[i]);
    require_sound(region);
    REQUIRE(region->trigger == GST_HEART_TRIGGER_FILE && region->domain == GST_HEART_TIME_STREAM);
  }
  for (gchar** warning = warnings; warning && *warning; ++warning)
    REQUIRE(g_utf8_validate(*warning, -1, nullptr));
  g_strfreev(warnings);
  g_ptr_array_unref(regions);
  return 0;
}
