// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Every element of the plugin through every sequence of states, by itself, and given back without a
// reference left.

#include "tests/check/no_leaks.h"

#include <gst/check/gstcheck.h>

#include <vector>

namespace {

using Path = std::vector<GstState>;
constexpr GstState kNull = GST_STATE_NULL, kReady = GST_STATE_READY, kPaused = GST_STATE_PAUSED,
                   kPlaying = GST_STATE_PLAYING;

const Path& path(int index) {
  static const Path kPaths[] = {
      {kReady, kNull},
      {kPaused, kNull},
      {kPlaying, kNull},
      {kReady, kPaused, kPlaying, kPaused, kReady, kNull},
      {kPlaying, kPaused, kPlaying, kReady, kPlaying, kNull},
      {kPaused, kReady, kPaused, kReady, kPaused, kPlaying, kReady, kNull},
      {kPlaying, kNull, kPlaying, kNull, kPlaying, kNull},
  };
  return kPaths[index];
}
constexpr int kPathCount = 7;

const char* const kElements[] = {"heartinpaint threads=1", "heartinpaint method=ar",
                                 "heartinpaint method=none",
                                 "heartinpaint method=transplant regions=1-2;4-5", "glitchdetect"};

}  // namespace

GST_START_TEST(an_element_goes_through_its_states_and_is_given_back)
{
  const char* line = kElements[__i__ / kPathCount];
  g_autoptr(GError) error = nullptr;
  GstElement* element = gst_parse_launch(line, &error);
  fail_unless(element != nullptr && error == nullptr, "%s", line);
  gst_object_ref_sink(element);
  for (const GstState state : path(__i__ % kPathCount)) {
    // Without a stream nothing is waited for: neither element is a sink.
    fail_unless(gst_element_set_state(element, state) == GST_STATE_CHANGE_SUCCESS, "%s: not to %s",
                line, gst_element_state_get_name(state));
    fail_unless_equals_int(GST_STATE(element), state);
  }
  ASSERT_OBJECT_REFCOUNT(element, line, 1);
  gst_object_unref(element);
}
GST_END_TEST

GST_START_TEST(an_element_that_was_never_started_is_given_back)
{
  GstElement* element = gst_parse_launch(kElements[__i__], nullptr);
  gst_object_ref_sink(element);
  ASSERT_OBJECT_REFCOUNT(element, kElements[__i__], 1);
  gst_object_unref(element);
}
GST_END_TEST

static Suite* states_suite() {
  Suite* suite = suite_create("states");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_checked_fixture(tcase, nullptr, fail_on_leaks);
  tcase_add_loop_test(tcase, an_element_goes_through_its_states_and_is_given_back, 0,
                      G_N_ELEMENTS(kElements) * kPathCount);
  tcase_add_loop_test(tcase, an_element_that_was_never_started_is_given_back, 0,
                      G_N_ELEMENTS(kElements));
  return suite;
}

GST_CHECK_MAIN(states);
