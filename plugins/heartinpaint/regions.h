// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The regions of a stream on the sample grid: what is flagged, what merges, what is too late, and what
// became of each. The rules of where regions meet live here and nowhere else. Under the stream's lock.

#pragma once

#include "models/repair/gap_filler.h"
#include "plugins/heartinpaint/sample_format.h"
#include <gst/heart/heart.h>

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

namespace heart::engine {

struct FreeRegion {
  void operator()(GstHeartRegion* region) const { gst_heart_region_free(region); }
};
using RegionPtr = std::unique_ptr<GstHeartRegion, FreeRegion>;

inline RegionPtr copy_region(const GstHeartRegion& region) {
  return RegionPtr(gst_heart_region_copy(&region));
}

/// By how much a repair misses its deadline, as far as that is known when it is given up.
struct Lateness {
  GstClockTimeDiff jitter = 0;  // ns after the deadline
  double proportion = 1;        // time taken or needed, over the time that there was
};

/// What a worker made of a region.
struct Answer {
  bool is_repaired = false;  // there is audio to put in
  NativeAudio audio;         // for [begin - lead, end + tail)
  int64_t lead = 0;
  int64_t tail = 0;
  std::string method;  // empty: none
  std::string model;
  std::vector<Candidate> candidates;
  int64_t seed = -1;
  GstClockTime elapsed = 0;
  bool is_cancelled = false;
  bool is_out_of_memory = false;
  bool is_refused = false;  // could not have met its deadline, so it was not tried
  Lateness lateness;        // of one that was refused: as far as was foreseen
  std::string detail;       // why the method asked for was not used
};

struct Region {
  enum class State {
    kOpen,     // still growing, or waiting for its right context
    kWorking,  // a worker has it
    kDone,     // answered: its audio, if any, is in the store
    kLeft,     // decided to stay as it is
  };

  int64_t begin = 0;
  int64_t end = 0;
  int64_t hole_samples = 0;  // of them never arrived
  RegionPtr flagged;         // as its trigger gave it
  uint64_t id = 0;           // 0 until audio of it has arrived

  State state = State::kOpen;
  GstHeartRegionStatus status = GST_HEART_REGION_STATUS_SKIPPED;
  std::string detail;
  uint64_t ticket = 0;  // of the job that may answer; others are stale
  std::shared_ptr<Cancel> cancel;
  Answer answer;                                // without its audio once that is in the store
  std::unique_ptr<Answer> fallback;             // live: ready before it is needed
  bool is_awaiting_fallback = false;            // live: the method asked for has failed
  GstClockTime asked_at = GST_CLOCK_TIME_NONE;  // live: running time at which its job was given out
  Lateness lateness;
  int64_t patch_begin = 0;  // what was replaced; begin == end if nothing was
  int64_t patch_end = 0;
  NativeAudio original;  // under the patch, in case the region grows after all
  bool is_reported = false;

  bool is_decided() const { return state == State::kDone || state == State::kLeft; }
  bool has_patch() const { return patch_end > patch_begin; }
};

/// Regions in order of time, never overlapping, never closer than `slack` unless one has begun to leave.
class RegionList {
 public:
  enum class Verdict {
    kNew,
    kMerged,
    kCovered,  // lies within one that has begun to leave
    kLate,     // its audio has begun to leave
  };

  /// `slack`: less good audio than this between two regions makes them one.
  explicit RegionList(int64_t slack = 0) : slack_(slack) {}
  void set_slack(int64_t slack) { slack_ = slack; }

  /// Flags [begin, end). `released`: samples before it have left. `reopen` is called for every region
  /// that was being or had been repaired and now grows: cancel its job, take back its audio.
  /// `touched` is set to the region that now holds the span, if any does.
  Verdict add(int64_t begin, int64_t end, const GstHeartRegion& flagged, int64_t hole_samples,
              int64_t released, const std::function<void(Region&)>& reopen, Region** touched);

  /// No audio comes at or after `end`: regions beyond it are dropped, the last one is cut.
  void cut(int64_t end);

  std::list<Region>& all() { return regions_; }
  const std::list<Region>& all() const { return regions_; }
  Region* first_undecided();
  Region* find(uint64_t ticket);

 private:
  static bool has_begun_to_leave(const Region& region, int64_t released);
  static void join(Region& into, Region& other);

  int64_t slack_;
  std::list<Region> regions_;
};

}  // namespace heart::engine
