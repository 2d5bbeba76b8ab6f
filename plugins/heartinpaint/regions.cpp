// SPDX-License-Identifier: LGPL-2.1-or-later

#include "plugins/heartinpaint/regions.h"

#include <algorithm>
#include <utility>

namespace heart::engine {

bool RegionList::has_begun_to_leave(const Region& region, int64_t released) {
  const int64_t first = region.has_patch() ? region.patch_begin : region.begin;
  return region.is_decided() && first < released;
}

// Both regions and what was flagged become one. Flags of different time domains cannot be joined by
// libgstheart; the earlier one then stands for both.
void RegionList::join(Region& into, Region& other) {
  if (other.begin < into.begin) std::swap(into.flagged, other.flagged);
  if (!gst_heart_region_merge(into.flagged.get(), other.flagged.get(), GST_HEART_TIME_MAX - 1) &&
      other.flagged->label) {
    gchar* both = into.flagged->label
                      ? g_strdup_printf("%s, %s", into.flagged->label, other.flagged->label)
                      : g_strdup(other.flagged->label);
    gst_heart_region_set_label(into.flagged.get(), both);
    g_free(both);
  }
  into.begin = std::min(into.begin, other.begin);
  into.end = std::max(into.end, other.end);
  into.hole_samples += other.hole_samples;
  if (into.id == 0 || (other.id != 0 && other.id < into.id)) into.id = other.id;
}

RegionList::Verdict RegionList::add(int64_t begin, int64_t end, const GstHeartRegion& flagged,
                                    int64_t hole_samples, int64_t released,
                                    const std::function<void(Region&)>& reopen, Region** touched) {
  if (touched) *touched = nullptr;
  for (Region& region : regions_) {
    if (!has_begun_to_leave(region, released)) continue;
    if (begin < region.begin || begin - region.end >= std::max<int64_t>(slack_, 1)) continue;
    if (region.state == Region::State::kLeft) {
      // What stays as it is may grow without harm; it was given up for its length, mostly.
      Region more;
      more.begin = begin, more.end = end, more.hole_samples = hole_samples;
      more.flagged = copy_region(flagged);
      const bool is_inside = end <= region.end;
      join(region, more);
      if (touched) *touched = &region;
      return is_inside ? Verdict::kCovered : Verdict::kMerged;
    }
    if (begin < region.end) {
      if (end <= region.end) return Verdict::kCovered;
      begin = region.end;
    }
  }
  if (begin < released) return Verdict::kLate;

  Region fresh;
  fresh.begin = begin, fresh.end = end, fresh.hole_samples = hole_samples;
  fresh.flagged = copy_region(flagged);
  bool is_merged = false;
  for (auto it = regions_.begin(); it != regions_.end();) {
    const int64_t between = std::max(fresh.begin - it->end, it->begin - fresh.end);
    if (has_begun_to_leave(*it, released) || (between > 0 && between >= slack_)) {
      ++it;
      continue;
    }
    if (it->state != Region::State::kOpen) reopen(*it);
    join(fresh, *it);
    is_merged = true;
    it = regions_.erase(it);
  }
  const auto after = std::find_if(regions_.begin(), regions_.end(),
                                  [&](const Region& r) { return r.begin > fresh.begin; });
  const auto place = regions_.insert(after, std::move(fresh));
  if (touched) *touched = &*place;
  return is_merged ? Verdict::kMerged : Verdict::kNew;
}

void RegionList::cut(int64_t end) {
  for (auto it = regions_.begin(); it != regions_.end();) {
    if (it->begin >= end) {
      it = regions_.erase(it);
      continue;
    }
    it->end = std::min(it->end, end);
    ++it;
  }
}

Region* RegionList::first_undecided() {
  for (Region& region : regions_) {
    if (!region.is_decided()) return &region;
  }
  return nullptr;
}

Region* RegionList::find(uint64_t ticket) {
  for (Region& region : regions_) {
    if (region.ticket == ticket && region.state == Region::State::kWorking) return &region;
  }
  return nullptr;
}

}  // namespace heart::engine
