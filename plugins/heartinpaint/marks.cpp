// SPDX-License-Identifier: LGPL-2.1-or-later

#include "plugins/heartinpaint/marks.h"

#include <utility>

namespace heart::engine {
namespace {

struct FreeRegions {
  void operator()(GPtrArray* regions) const { g_ptr_array_unref(regions); }
};
using RegionsPtr = std::unique_ptr<GPtrArray, FreeRegions>;

}  // namespace

bool MarkList::load(const char* regions, const char* location, GstHeartRegionFormat format,
                    std::vector<std::string>& warnings, GError** error) {
  marks_.clear();
  const auto take = [&](GPtrArray* list) {
    const RegionsPtr owned(list);
    if (!owned) return false;
    for (guint i = 0; i < owned->len; ++i) {
      const auto* region = static_cast<GstHeartRegion*>(g_ptr_array_index(owned.get(), i));
      marks_.push_back({copy_region(*region), true, false});
    }
    return true;
  };
  if (regions && *regions && !take(gst_heart_region_list_parse(regions, error))) return false;
  if (location && *location) {
    gchar** passed_over = nullptr;
    GPtrArray* list = gst_heart_region_file_load(location, format, 0, 0, &passed_over, error);
    for (gchar** text = passed_over; text && *text; ++text) warnings.emplace_back(*text);
    g_strfreev(passed_over);
    if (!take(list)) return false;
  }
  return true;
}

Mark& MarkList::add(RegionPtr region) {
  marks_.push_back({std::move(region), false, false});
  return marks_.back();
}

void MarkList::drop_passing() {
  marks_.remove_if([](const Mark& mark) { return !mark.is_lasting; });
  for (Mark& mark : marks_) mark.is_met = false;
}

void MarkList::drop_segment_times() {
  marks_.remove_if([](const Mark& mark) {
    return !mark.is_lasting && mark.region->domain == GST_HEART_TIME_SEGMENT;
  });
}

}  // namespace heart::engine
