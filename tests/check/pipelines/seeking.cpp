// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Seeks in a pipeline that decodes a file: while paused, while playing, into a region, up to a region.
// What comes out is compared with the same seek in the same pipeline without heartinpaint.

#include "tests/check/pipelines/pipeline_rig.h"

#include <cstring>

using namespace pipeline_test;  // NOLINT

namespace {

constexpr double kSeam = 0.02;
const std::vector<Span> kDamage = {{2.0, 2.05}, {4.0, 4.05}};
constexpr const char* kCaps = "audio/x-raw,format=S16LE,layout=interleaved,channels=2,rate=44100";
constexpr int kRate = 44100;
constexpr size_t kFrameBytes = 4;

/// filesrc ! decodebin ! … ! appsink, with heartinpaint or without.
class Player {
 public:
  Player(const std::string& file, const std::string& filter)
      : line_("filesrc location=" + file + " ! decodebin ! audioconvert ! " + kCaps + " ! " +
              filter + "appsink name=out sync=false max-buffers=4") {}

  Line& line() { return line_; }
  void seek(double from, double to) {
    fail_unless(gst_element_seek(
        line_.pipeline(), 1.0, GST_FORMAT_TIME,
        static_cast<GstSeekFlags>(GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE), GST_SEEK_TYPE_SET,
        static_cast<gint64>(from * GST_SECOND), to < 0 ? GST_SEEK_TYPE_NONE : GST_SEEK_TYPE_SET,
        to < 0 ? -1 : static_cast<gint64>(to * GST_SECOND)));
  }
  /// Takes samples up to stream time `until`, or to the end.
  void take(GstClockTime until = GST_CLOCK_TIME_NONE) {
    for (;;) {
      GstSample* sample = nullptr;
      g_signal_emit_by_name(line_.element("out"), "pull-sample", &sample);
      if (!sample) break;
      GstBuffer* buffer = gst_sample_get_buffer(sample);
      const GstClockTime pts = gst_segment_to_stream_time(gst_sample_get_segment(sample),
                                                          GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
      if (bytes_.empty()) first_pts_ = pts;
      GstMapInfo map;
      fail_unless(gst_buffer_map(buffer, &map, GST_MAP_READ));
      bytes_.insert(bytes_.end(), map.data, map.data + map.size);
      gst_buffer_unmap(buffer, &map);
      gst_sample_unref(sample);
      if (GST_CLOCK_TIME_IS_VALID(until) && pts >= until) break;
    }
  }
  void forget() { bytes_.clear(); }
  const std::vector<guint8>& bytes() const { return bytes_; }
  double first_seconds() const { return static_cast<double>(first_pts_) / GST_SECOND; }

 private:
  Line line_;
  std::vector<guint8> bytes_;
  GstClockTime first_pts_ = GST_CLOCK_TIME_NONE;
};

struct Seek {
  const char* name;
  bool while_playing;
  double played_until;           // before the seek
  double from, to;               // to: -1 for the end of the file
  std::vector<double> repaired;  // starts of the regions that the seek leads over
};

const Seek& seek_case(int index) {
  static const Seek kSeeks[] = {
      {"paused, to between the regions", false, 0, 3.0, -1, {4.0}},
      {"paused, back to the start", false, 0, 0.0, -1, {2.0, 4.0}},
      {"paused, behind the last region", false, 0, 4.5, -1, {}},
      {"paused, into a region", false, 0, 2.02, -1, {2.0, 4.0}},
      {"paused, a piece that ends before the second", false, 0, 1.0, 3.0, {2.0}},
      {"paused, a piece that ends inside the second", false, 0, 3.0, 4.02, {4.0}},
      {"playing, back over a repaired region", true, 2.5, 1.0, -1, {2.0, 4.0}},
      {"playing, ahead of a held region", true, 1.0, 4.5, -1, {}},
      {"playing, ahead over a held region", true, 1.0, 3.0, -1, {4.0}},
  };
  return kSeeks[index];
}
constexpr int kSeekCount = 9;

}  // namespace

GST_START_TEST(a_seek_leads_to_the_right_samples_with_its_regions_repaired)
{
  const Seek& c = seek_case(__i__);
  const Scratch scratch;
  const Kind& flac = kKinds[1];
  if (!make_damaged(scratch, flac, 6, kDamage)) return;
  const std::string file = scratch / "damaged.flac";

  Player plain(file, "");
  plain.line().reach(GST_STATE_PAUSED);
  plain.seek(c.from, c.to);
  plain.line().set_state(GST_STATE_PLAYING);
  plain.take();
  fail_unless(plain.bytes().size() > kFrameBytes * kRate / 2, "%s: %zu bytes", c.name,
              plain.bytes().size());

  Player player(file,
                "heartinpaint name=inpaint method=ar seed=7 crossfade=20000000 "
                "context-before=1000000000 context-after=1000000000 max-region=1000000000 "
                "regions=\"2.0-2.05;4.0-4.05\" ! ");
  player.line().reach(GST_STATE_PAUSED);
  if (c.while_playing) {
    player.line().set_state(GST_STATE_PLAYING);
    player.take(static_cast<GstClockTime>(c.played_until * GST_SECOND));
  }
  player.seek(c.from, c.to);
  player.forget();
  player.line().set_state(GST_STATE_PLAYING);
  player.take();
  const Said said = player.line().wait_for_end();
  said.expect_clean(c.name);

  fail_unless(player.bytes().size() == plain.bytes().size(), "%s: %zu bytes instead of %zu", c.name,
              player.bytes().size(), plain.bytes().size());
  fail_unless(player.first_seconds() == plain.first_seconds(), "%s: from %f instead of %f", c.name,
              player.first_seconds(), plain.first_seconds());
  const double first = plain.first_seconds();
  std::vector<bool> is_changed(c.repaired.size(), false);
  for (size_t i = 0; i < plain.bytes().size(); i += kFrameBytes) {
    if (!std::memcmp(&plain.bytes()[i], &player.bytes()[i], kFrameBytes)) continue;
    const double t = first + static_cast<double>(i / kFrameBytes) / kRate;
    bool is_inside = false;
    for (size_t k = 0; k < c.repaired.size(); ++k) {
      const double begin = c.repaired[k];
      if (t < begin - kSeam || t > begin + 0.05 + kSeam) continue;
      is_inside = true;
      // Not in the seams, in the hole itself.
      is_changed[k] = is_changed[k] || (t > begin + 0.005 && t < begin + 0.045);
    }
    fail_unless(is_inside, "%s: the sample at %.6f s differs", c.name, t);
  }
  for (size_t k = 0; k < c.repaired.size(); ++k) {
    fail_unless(is_changed[k], "%s: the hole at %g s is as it was", c.name, c.repaired[k]);
  }
  // Every region that the seek led over was told as repaired; what came before it may be told as well.
  for (const double begin : c.repaired) {
    const auto is_it = [begin](const Report& r) {
      return r.status == "repaired" &&
             std::fabs(static_cast<double>(r.start) / GST_SECOND - begin) < 0.06;
    };
    fail_unless(std::any_of(said.reports.begin(), said.reports.end(), is_it),
                "%s: no report of %g s", c.name, begin);
  }
  for (const Report& r : said.reports) {
    fail_unless(r.status == "repaired" || r.status == "cancelled" || r.status == "skipped",
                "%s: %s (%s)", c.name, r.status.c_str(), r.detail.c_str());
  }
}
GST_END_TEST

GST_START_TEST(many_seeks_in_a_row_leave_a_pipeline_that_still_plays_to_its_end)
{
  const Scratch scratch;
  const Kind& flac = kKinds[1];
  if (!make_damaged(scratch, flac, 6, kDamage)) return;
  Player player(scratch / "damaged.flac",
                "heartinpaint method=ar context-before=1000000000 context-after=1000000000 "
                "max-region=1000000000 regions=\"2.0-2.05;4.0-4.05\" ! ");
  player.line().reach(GST_STATE_PLAYING);
  const double targets[] = {1.9, 2.02, 0, 5.9, 3.99, 4.04, 1, 4.2, 2.04, 3};
  for (const double target : targets) player.seek(target, -1);
  player.forget();
  player.take();
  const Said said = player.line().wait_for_end();
  said.expect_clean("many seeks");
  fail_unless_equals_uint64(player.bytes().size(), kFrameBytes * kRate * 3);
  fail_unless(player.first_seconds() == 3.0);
}
GST_END_TEST

static Suite* seeking_suite() {
  Suite* suite = suite_create("seeking");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_checked_fixture(tcase, nullptr, fail_on_leaks);
  tcase_add_loop_test(tcase, a_seek_leads_to_the_right_samples_with_its_regions_repaired, 0,
                      kSeekCount);
  tcase_add_test(tcase, many_seeks_in_a_row_leave_a_pipeline_that_still_plays_to_its_end);
  return suite;
}

GST_CHECK_MAIN(seeking);
