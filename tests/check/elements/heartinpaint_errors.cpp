// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a user gets to read for a setting that cannot work: the value that was wrong, and where.

#include "inpaint_harness.h"

namespace {

struct Case {
  const char* properties;
  const char* words[3];  // each must be in the error's text
};

const Case kCases[] = {
    {"method=ar regions=\"1-2; 3-x\"", {"1:", "x", ""}},
    {"method=ar regions-location=/nonexistent/labels.txt", {"/nonexistent/labels.txt", "", ""}},
    {"method=lm model-location=/nonexistent/checkpoint", {"/nonexistent/checkpoint", "", ""}},
};

}  // namespace

GST_START_TEST(a_setting_that_cannot_work_fails_the_state_change_and_says_why)
{
  const Case& c = kCases[__i__];
  g_autofree gchar* line = g_strdup_printf("heartinpaint %s", c.properties);
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
  for (const char* word : c.words) {
    // Built without libtorch, it is the module that method=lm misses first.
    const bool has_no_module = std::strstr(c.properties, "method=lm") &&
                               std::strstr(error->message, "libheartmodels.so not found");
    fail_unless(has_no_module || std::strstr(error->message, word), "%s: no '%s' in: %s", line,
                word, error->message);
  }
  gst_message_unref(message);
  gst_element_set_state(element, GST_STATE_NULL);
  gst_element_set_bus(element, nullptr);
  gst_object_unref(bus);
  gst_object_unref(element);
}
GST_END_TEST

static Suite* heartinpaint_errors_suite() {
  GST_ELEMENT_REGISTER(heartinpaint, nullptr);
  Suite* suite = suite_create("heartinpaint_errors");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_loop_test(tcase, a_setting_that_cannot_work_fails_the_state_change_and_says_why, 0,
                      G_N_ELEMENTS(kCases));
  return suite;
}

GST_CHECK_MAIN(heartinpaint_errors);
