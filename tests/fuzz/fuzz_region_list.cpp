// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Any bytes as the property "regions". What is read must be sound, and written must be read as the same.

#include "tests/fuzz/invariants.h"

#include <cstdint>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  GError* error = nullptr;
  GPtrArray* regions = gst_heart_region_list_parse(text.c_str(), &error);
  if (!regions) {
    require_reason(error);
    return 0;
  }
  REQUIRE(!error);
  gchar* written = gst_heart_region_list_to_string(regions);
  GPtrArray* again = gst_heart_region_list_parse(written, nullptr);
  REQUIRE(again && again->len == regions->len);
  for (guint i = 0; i < regions->len; ++i) {
    const auto* region = static_cast<GstHeartRegion*>(regions->pdata[i]);
    require_sound(region);
    REQUIRE(gst_heart_region_equal(region, static_cast<GstHeartRegion*>(again->pdata[i])));
  }
  g_ptr_array_unref(again);
  g_ptr_array_unref(regions);
  g_free(written);
  return 0;
}
