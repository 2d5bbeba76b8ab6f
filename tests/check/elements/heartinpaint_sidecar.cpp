// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Codes sidecars in a stream: `heart-models encode` writes the codes of a song with the shipped checkpoint,
// tokens-location reads them in place of the encoder; and what a user reads where they do not fit.

#include "tests/check/elements/heartinpaint_rig.h"
#include "tests/check/no_leaks.h"

#include <glib/gstdio.h>

using rig::Rig;
using rig::Seen;
using rig::Sound;

namespace {

constexpr double kSongSeconds = 2.4;  // 30 frames

/// A folder with the song as a WAV file and its codes.
class Song {
 public:
  Song() : sound_(rig::kPlainCaps, kSongSeconds) {
    gchar* folder = g_dir_make_tmp("heart-sidecar-XXXXXX", nullptr);
    folder_ = folder;
    g_free(folder);
    write_wav(path("song.wav"));
    const std::string wav = path("song.wav"), codes = path("codes.safetensors");
    const gchar* const command[] = {HEART_MODELS, "encode",      "--device", "cpu",
                                    wav.c_str(),  codes.c_str(), nullptr};
    gint status = -1;
    g_autofree gchar* said = nullptr;
    g_autoptr(GError) error = nullptr;
    fail_unless(
        g_spawn_sync(nullptr, const_cast<gchar**>(command), nullptr, G_SPAWN_STDOUT_TO_DEV_NULL,
                     nullptr, nullptr, nullptr, &said, &status, &error),
        "%s", error ? error->message : "");
    fail_unless(g_spawn_check_wait_status(status, nullptr), "heart-models encode: %s", said);
  }
  ~Song() {
    for (const char* name : {"song.wav", "codes.safetensors"}) g_remove(path(name).c_str());
    g_rmdir(folder_.c_str());
  }

  const Sound& sound() const { return sound_; }
  std::string path(const char* name) const { return folder_ + "/" + name; }

 private:
  void write_wav(const std::string& file) const {
    const std::vector<uint8_t>& samples = sound_.planes()[0];
    const auto size = static_cast<uint32_t>(samples.size());
    std::string bytes = "RIFF....WAVEfmt ";
    const auto put = [&](uint32_t value, int count) {
      for (int i = 0; i < count; ++i) bytes += static_cast<char>(value >> (8 * i));
    };
    put(16, 4);
    put(1, 2);  // PCM
    put(2, 2);
    put(48000, 4);
    put(48000 * 4, 4);
    put(4, 2);
    put(16, 2);
    bytes += "data";
    put(size, 4);
    bytes.append(samples.begin(), samples.end());
    const uint32_t whole = size + 36;
    for (int i = 0; i < 4; ++i) bytes[4 + i] = static_cast<char>(whole >> (8 * i));
    fail_unless(g_file_set_contents(file.c_str(), bytes.data(), static_cast<gssize>(bytes.size()),
                                    nullptr));
  }

  Sound sound_;
  std::string folder_;
};

/// The song with a hole from `begin` to `end`, repaired by the LM with those codes.
Seen repair(const Sound& sound, const std::string& tokens, double begin, double end) {
  Rig rig(
      "method=lm device=cpu flow-steps=2 candidates=1 max-region=500000000 seed=7 "
      "context-before=1000000000 context-after=1000000000 tokens-location=" +
      tokens);
  rig.start(sound);
  fail_unless(rig.mark(begin, end - begin));
  rig.push(0, sound.samples());
  return rig.finish();
}

/// Without networks in this build there is nothing to test.
bool has_networks() {
  return *HEART_MODELS != '\0';
}

}  // namespace

GST_START_TEST(codes_that_encode_wrote_replace_the_encoder)
{
  if (!has_networks()) return;
  const Song song;
  // On the grid of frames and off it, and where no right context is left.
  const double spans[][2] = {{0.96, 1.12}, {1.013, 1.187}, {2.25, 2.4}};
  for (const auto& span : spans) {
    Sound damaged(rig::kPlainCaps, kSongSeconds);
    damaged.damage(span[0], span[1]);
    Seen seen = repair(damaged, song.path("codes.safetensors"), span[0], span[1]);
    g_autofree gchar* where = g_strdup_printf("gap at %g s", span[0]);
    const rig::Report& report = rig::only_report(seen, where);
    fail_unless_equals_string(report.status.c_str(), "repaired");
    fail_unless_equals_string(report.method.c_str(), "lm");
    fail_unless(seen.errors.empty() && seen.warnings.empty());
    rig::expect_same_outside(damaged, seen, damaged.at(span[0] - 0.1),
                             std::min(damaged.samples(), damaged.at(span[1] + 0.1)), where);
    fail_unless(rig::share_changed(damaged, seen, damaged.at(span[0]), damaged.at(span[1])) > 0.9);
  }
}
GST_END_TEST

GST_START_TEST(codes_of_a_shorter_song_leave_the_region_to_the_fallback)
{
  if (!has_networks()) return;
  const Song song;
  // The stream goes on for a second where the codes have ended.
  Sound longer(rig::kPlainCaps, kSongSeconds + 1);
  longer.damage(2.6, 2.7);
  Seen seen = repair(longer, song.path("codes.safetensors"), 2.6, 2.7);
  const rig::Report& report = rig::only_report(seen, "beyond the codes");
  fail_unless_equals_string(report.status.c_str(), "failed");
  fail_unless(std::strstr(report.detail.c_str(), "is the song longer than its codes"), "%s",
              report.detail.c_str());
  // What is in its place is the fallback's, not the damage.
  fail_unless(rig::share_changed(longer, seen, longer.at(2.6), longer.at(2.7)) > 0.9);
}
GST_END_TEST

namespace {

struct Wrong {
  const char* properties;
  const char* words;
};
const Wrong kWrong[] = {
    {"tokens-location=/nonexistent/codes.npy", "/nonexistent/codes.npy"},
    {"tokens-location=" TESTS_DATA "/sidecar/pt-malicious.pt", "nothing of it was run"},
    {"tokens-location=" TESTS_DATA "/sidecar/float32-KT.npy", "holds float32"},
    {"tokens-location=" TESTS_DATA "/sidecar/int64-KT.npy tokens-layout=BTK",
     "the last axis of a song is its codebooks"},
    {"tokens-location=" TESTS_DATA "/sidecar/make_sidecars.py", "not from .py"},
};

}  // namespace

GST_START_TEST(a_sidecar_that_cannot_be_used_fails_the_start_and_says_why)
{
  if (!has_networks()) return;
  const Wrong& wrong = kWrong[__i__];
  g_autofree gchar* line = g_strdup_printf("heartinpaint device=cpu %s", wrong.properties);
  GstElement* element = gst_parse_launch(line, nullptr);
  fail_unless(element != nullptr, "%s", line);
  gst_object_ref_sink(element);
  GstBus* bus = gst_bus_new();
  gst_element_set_bus(element, bus);
  fail_unless_equals_int(gst_element_set_state(element, GST_STATE_PAUSED),
                         GST_STATE_CHANGE_FAILURE);
  GstMessage* message = gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR);
  fail_unless(message != nullptr, "%s: no error message", line);
  g_autoptr(GError) error = nullptr;
  gst_message_parse_error(message, &error, nullptr);
  fail_unless(std::strstr(error->message, wrong.words), "%s: no '%s' in: %s", line, wrong.words,
              error->message);
  gst_message_unref(message);
  gst_element_set_state(element, GST_STATE_NULL);
  gst_element_set_bus(element, nullptr);
  gst_object_unref(bus);
  gst_object_unref(element);
}
GST_END_TEST

GST_START_TEST(axes_that_fit_either_way_are_warned_of_on_the_bus)
{
  if (!has_networks()) return;
  // numpy.save of 8 frames of 8 codes, all 0.
  const std::string header = "{'descr': '<i2', 'fortran_order': False, 'shape': (8, 8), }\n";
  std::string npy("\x93NUMPY\1\0", 8);
  npy += static_cast<char>(header.size());
  npy += '\0' + header + std::string(128, '\0');
  gchar* folder = g_dir_make_tmp("heart-sidecar-XXXXXX", nullptr);
  const std::string file = std::string(folder) + "/square.npy";
  fail_unless(
      g_file_set_contents(file.c_str(), npy.data(), static_cast<gssize>(npy.size()), nullptr));
  const struct {
    const char* layout;
    size_t n_warnings;
  } rows[] = {{"auto", 1}, {"KT", 0}, {"BTK", 0}};
  for (const auto& row : rows) {
    Rig rig("method=lm device=cpu tokens-location=" + file + " tokens-layout=" + row.layout);
    const Seen seen = rig.take();
    fail_unless_equals_int(seen.warnings.size(), row.n_warnings);
    fail_unless(seen.errors.empty());
    fail_unless(seen.warnings.empty() ||
                std::strstr(seen.warnings[0].c_str(), "tokens-layout=BTK takes frames first"));
  }
  g_remove(file.c_str());
  g_rmdir(folder);
  g_free(folder);
}
GST_END_TEST

static Suite* heartinpaint_sidecar_suite() {
  GST_ELEMENT_REGISTER(heartinpaint, nullptr);
  Suite* suite = suite_create("heartinpaint_sidecar");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_checked_fixture(tcase, nullptr, fail_on_leaks);
  tcase_add_test(tcase, codes_that_encode_wrote_replace_the_encoder);
  tcase_add_test(tcase, codes_of_a_shorter_song_leave_the_region_to_the_fallback);
  tcase_add_test(tcase, axes_that_fit_either_way_are_warned_of_on_the_bus);
  tcase_add_loop_test(tcase, a_sidecar_that_cannot_be_used_fails_the_start_and_says_why, 0,
                      G_N_ELEMENTS(kWrong));
  return suite;
}

GST_CHECK_MAIN(heartinpaint_sidecar);
