// SPDX-License-Identifier: LGPL-2.1-or-later
//
// heartinpaint in every format, layout, rate and number of channels: not a byte changes outside the
// seams, not a sample is gained or lost; and the same bytes whatever the sizes of the buffers.

#include "tests/check/elements/heartinpaint_rig.h"

#include <cmath>

namespace {

using namespace rig;  // NOLINT

const char* const kFormats[] = {"S16LE", "S24LE", "S32LE", "F32LE", "F64LE", "U8"};
const char* const kLayouts[] = {"interleaved", "non-interleaved"};
const int kRates[] = {8000, 44100, 48000, 96000};
const int kChannels[] = {1, 2, 6};

std::string caps_of(const char* format, const char* layout, int rate, int channels) {
  gchar* text =
      g_strdup_printf("audio/x-raw,format=%s,layout=%s,rate=%d,channels=%d%s", format, layout, rate,
                      channels, channels == 6 ? ",channel-mask=(bitmask)0x3f" : "");
  std::string caps = text;
  g_free(text);
  return caps;
}

constexpr double kBegin = 0.25, kEnd = 0.26;  // seconds; a gap of 10 ms
constexpr double kSeam = 0.01;
constexpr const char* kProperties =
    "method=ar context-before=100000000 context-after=100000000 max-region=100000000 "
    "crossfade=10000000 seed=7 regions=\"0.25-0.26\"";

template <typename T>
void expect_finite(const std::vector<uint8_t>& plane, const char* where) {
  for (size_t i = 0; i + sizeof(T) <= plane.size(); i += sizeof(T)) {
    T value;
    std::memcpy(&value, &plane[i], sizeof(T));
    fail_unless(std::isfinite(value) && std::abs(value) < 2, "%s: %g at byte %zu", where,
                static_cast<double>(value), i);
  }
}

void repair_one(const std::string& caps, size_t piece) {
  Sound sound(caps.c_str(), 0.5);
  sound.damage(kBegin, kEnd);
  Rig rig(kProperties);
  rig.start(sound);
  rig.push(0, sound.samples(), piece);
  const Seen seen = rig.finish();
  const char* where = caps.c_str();
  const size_t begin = sound.at(kBegin), end = sound.at(kEnd), seam = sound.at(kSeam);
  expect_same_outside(sound, seen, begin - seam, end + seam, where);
  expect_contiguous(seen, 0, where);
  // Silence was there; in 8 bits a few samples of a repair are silence, too.
  const double changed = share_changed(sound, seen, begin, end);
  fail_unless(changed > 0.9, "%s: %.2f of the gap changed", where, changed);
  for (const auto& plane : seen.planes) {
    if (caps.find("F32LE") != std::string::npos) expect_finite<float>(plane, where);
    if (caps.find("F64LE") != std::string::npos) expect_finite<double>(plane, where);
  }
  const Report& report = only_report(seen, where);
  fail_unless_equals_string(report.status.c_str(), "repaired");
  fail_unless_equals_string(report.method.c_str(), "ar");
  fail_unless_equals_string(report.trigger.c_str(), "property");
  fail_unless(seen.warnings.empty() && seen.errors.empty());
}

}  // namespace

GST_START_TEST(outside_the_seams_every_byte_is_kept)
{
  const char* format = kFormats[__i__];
  for (const char* layout : kLayouts) {
    for (int rate : kRates) {
      for (int channels : kChannels) repair_one(caps_of(format, layout, rate, channels), 1000);
    }
  }
}
GST_END_TEST

GST_START_TEST(odd_formats_work_too)
{
  for (const char* format : {"S8", "U16BE", "S18LE", "S20BE", "S24_32LE", "U32BE", "F32BE"}) {
    repair_one(caps_of(format, "interleaved", 22050, 2), 333);
  }
  repair_one("audio/x-raw,format=S16LE,layout=interleaved,rate=192000,channels=1", 4096);
  repair_one(
      "audio/x-raw,format=S16LE,layout=interleaved,rate=8000,channels=70,channel-mask=(bitmask)0",
      100);
  repair_one(
      "audio/x-raw,format=F32LE,layout=non-interleaved,rate=16000,channels=3,"
      "channel-mask=(bitmask)0x7",
      100);
}
GST_END_TEST

static Planes bytes_with(const char* caps, size_t piece, const std::string& properties) {
  Sound sound(caps, 1.5);
  sound.damage(0.5, 0.55);
  sound.damage(0.9, 1.1);
  Rig rig(properties);
  rig.start(sound);
  rig.push(0, sound.samples(), piece ? piece : sound.samples());
  Seen seen = rig.finish();
  fail_unless_equals_int(seen.reports.size(), 2);
  for (const Report& r : seen.reports) {
    fail_unless(r.status == "repaired", "piece %zu: %s, %s", piece, r.status.c_str(),
                r.detail.c_str());
  }
  fail_unless_equals_int(seen.samples, sound.samples());
  expect_contiguous(seen, 0, "sizes");
  return seen.planes;
}

GST_START_TEST(buffer_sizes_do_not_change_a_bit)
{
  const char* caps = __i__ == 0
                         ? "audio/x-raw,format=S16LE,rate=16000,channels=2,layout=interleaved"
                         : "audio/x-raw,format=F32LE,rate=16000,channels=2,"
                           "channel-mask=(bitmask)0x3,layout=non-interleaved";
  for (const char* method : {"ar", "transplant"}) {
    const std::string properties =
        std::string(kShort) + "regions=\"0.5-0.55; 0.9-1.1\" method=" + method;
    const Planes whole = bytes_with(caps, 0, properties);
    for (size_t piece : {size_t{1}, size_t{7}, size_t{480}, size_t{1024}, size_t{0}}) {
      // Many single samples take seconds; once is enough.
      if (piece == 1 && (__i__ != 0 || std::strcmp(method, "ar") != 0)) continue;
      fail_unless(bytes_with(caps, piece, properties) == whole, "%s with buffers of %zu", method,
                  piece);
    }
  }
}
GST_END_TEST

GST_START_TEST(clean_buffers_are_passed_on_uncopied)
{
  Sound sound(kPlainCaps, 1.5);
  sound.damage(0.7, 0.75);
  Rig rig(std::string(kShort) + "method=ar regions=\"0.7-0.75\"");
  rig.start(sound);
  std::vector<GstBuffer*> sent;
  for (size_t at = 0; at < sound.samples(); at += 480) {
    sent.push_back(gst_buffer_ref(sound.buffer(at, std::min<size_t>(480, sound.samples() - at))));
    GST_BUFFER_OFFSET(sent.back()) = at;
    rig.push_buffer(sent.back());
  }
  const Seen seen = rig.finish();
  fail_unless_equals_int(seen.buffers.size(), sent.size());
  for (size_t i = 0; i < sent.size(); ++i) {
    const bool is_near = i * 480 + 480 > sound.at(0.68) && i * 480 < sound.at(0.77);
    const bool is_same = seen.buffers[i] == sent[i] && gst_buffer_peek_memory(seen.buffers[i], 0) ==
                                                           gst_buffer_peek_memory(sent[i], 0);
    fail_unless(is_near || is_same, "buffer %zu was copied", i);
    gpointer state = nullptr;
    GstCustomMeta* meta = gst_heart_buffer_iterate_repaired_meta(seen.buffers[i], &state);
    const bool is_inside = i * 480 >= sound.at(0.7) && i * 480 + 480 <= sound.at(0.75);
    fail_unless(!is_inside || meta, "buffer %zu does not say that it was repaired", i);
    fail_unless(is_near || !meta, "buffer %zu says that it was repaired", i);
    fail_unless_equals_uint64(GST_BUFFER_OFFSET(seen.buffers[i]), i * 480);
  }
  for (GstBuffer* buffer : sent) gst_buffer_unref(buffer);
}
GST_END_TEST

GST_START_TEST(the_input_is_never_written_to)
{
  // Somebody upstream still holds the buffers, as a tee does.
  Sound sound(kPlainCaps, 1.0);
  sound.damage(0.5, 0.55);
  Rig rig(std::string(kShort) + "method=ar regions=\"0.5-0.55\"");
  rig.start(sound);
  std::vector<GstBuffer*> sent;
  for (size_t at = 0; at < sound.samples(); at += 480) {
    sent.push_back(sound.buffer(at, 480));
    rig.push_buffer(gst_buffer_ref(sent.back()));
  }
  const Seen seen = rig.finish();
  fail_unless(share_changed(sound, seen, sound.at(0.5), sound.at(0.55)) > 0.9);
  for (size_t i = 0; i < sent.size(); ++i) {
    GstMapInfo map;
    gst_buffer_map(sent[i], &map, GST_MAP_READ);
    fail_unless(
        std::memcmp(map.data, sound.planes()[0].data() + i * 480 * sound.stride(), map.size) == 0);
    gst_buffer_unmap(sent[i], &map);
    gst_buffer_unref(sent[i]);
  }
}
GST_END_TEST

GST_START_TEST(timestamps_follow_the_first_one_and_survive_without)
{
  for (bool has_times : {true, false}) {
    Sound sound(kPlainCaps, 1.0);
    Rig rig(std::string(kShort) + "method=none");
    rig.start(sound);
    for (size_t at = 0; at < sound.samples(); at += 480) {
      GstBuffer* buffer = sound.buffer(at, 480);
      if (has_times) {
        GST_BUFFER_PTS(buffer) += 5 * GST_SECOND;
      } else {
        GST_BUFFER_PTS(buffer) = GST_CLOCK_TIME_NONE;
      }
      rig.push_buffer(buffer);
    }
    const Seen seen = rig.finish();
    expect_same_outside(sound, seen, 0, 0, "times");
    if (has_times) expect_contiguous(seen, 5 * GST_SECOND, "times");
  }
}
GST_END_TEST

static Suite* heartinpaint_formats_suite() {
  GST_ELEMENT_REGISTER(heartinpaint, nullptr);
  Suite* suite = suite_create("heartinpaint_formats");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_loop_test(tcase, outside_the_seams_every_byte_is_kept, 0, G_N_ELEMENTS(kFormats));
  tcase_add_test(tcase, odd_formats_work_too);
  tcase_add_loop_test(tcase, buffer_sizes_do_not_change_a_bit, 0, 2);
  tcase_add_test(tcase, clean_buffers_are_passed_on_uncopied);
  tcase_add_test(tcase, the_input_is_never_written_to);
  tcase_add_test(tcase, timestamps_follow_the_first_one_and_survive_without);
  return suite;
}

GST_CHECK_MAIN(heartinpaint_formats);
