// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A machine on which the networks cannot be opened: no module, one that does not load, one without its
// tokenizer. The automatic choice warns and repairs by the classical methods; method=lm says what is missing.

#include "tests/check/pipelines/pipeline_rig.h"

using namespace pipeline_test;  // NOLINT

namespace {

struct Lack {
  const char* name;
  const char* word;    // that the message must have, besides a path
  const char* module;  // text of libheartmodels.so in the folder; "" none, "*" the real one
  bool needs_networks;
};

const Lack kLacks[] = {
    {"no module", "libheartmodels.so not found", "", false},
    {"a module that does not load", "libheartmodels.so", "not a library\n", false},
    {"no tokenizer beside the module", "libhearttext.so not found", "*", true},
};

/// The folder becomes the place of the modules. False, with a word, where this cannot be shown here.
bool take_away(const Lack& lack, const Scratch& scratch) {
  if (lack.needs_networks && !kHasNetworks) {
    g_printerr("SKIP %s: built without the networks\n", lack.name);
    return false;
  }
  // An installed copy would be found after the folder.
  if (*lack.module != 'n' && std::filesystem::exists(HEART_MODULE_DIR)) {
    g_printerr("SKIP %s: there is a copy in %s\n", lack.name, HEART_MODULE_DIR);
    return false;
  }
  const std::string file = scratch / "libheartmodels.so";
  if (*lack.module == '*') {
    std::filesystem::create_symlink(
        std::string(g_getenv("HEARTINPAINT_MODULE_PATH")) + "/libheartmodels.so", file);
  } else if (*lack.module) {
    write_text(file, lack.module);
  }
  g_setenv("HEARTINPAINT_MODULE_PATH", (scratch / ".").c_str(), TRUE);
  return true;
}

bool has(const std::string& text, const std::string& word) {
  return text.find(word) != std::string::npos;
}

}  // namespace

GST_START_TEST(the_automatic_choice_warns_and_repairs_without_networks)
{
  const Lack& lack = kLacks[__i__];
  const std::vector<Span> damage = {{2.0, 2.04}, {3.0, 3.4}};
  const Scratch scratch, folder;
  fail_unless(make_damaged(scratch, kKinds[0], 6, damage));
  if (!take_away(lack, folder)) return;
  const std::string in = scratch / "damaged.wav", out = scratch / "out.wav";
  Line line("filesrc location=" + in +
            " ! decodebin ! audioconvert ! heartinpaint crossfade=20000000 " +
            "regions=\"2.0-2.04;3.0-3.4\" ! audioconvert ! wavenc ! filesink location=" + out);
  const Said said = line.play();
  said.expect_clean(lack.name);
  fail_unless_equals_int(said.warnings.size(), 1);
  fail_unless(has(said.warnings[0], lack.word) && has(said.warnings[0], "without the networks") &&
                  has(said.warnings[0], folder / "."),
              "%s", said.warnings[0].c_str());
  fail_unless_equals_int(said.reports.size(), 2);
  for (const Report& report : said.reports) {
    fail_unless_equals_string(report.status.c_str(), "repaired");
    fail_unless(report.method == "ar" || report.method == "transplant", "%s",
                report.method.c_str());
  }
  const Sound after = read_sound(out);
  expect_same_outside(read_sound(in), after, damage, 0.02, lack.name);
  for (const Span& d : damage) fail_unless(after.rms(d.begin + 0.01, d.end - 0.01) > 0.01);
}
GST_END_TEST

GST_START_TEST(method_lm_says_what_is_missing_and_does_not_start)
{
  const Lack& lack = kLacks[__i__];
  const Scratch scratch, folder;
  fail_unless(make_damaged(scratch, kKinds[0], 1, {}));
  if (!take_away(lack, folder)) return;
  Line line("filesrc location=" + (scratch / "damaged.wav") +
            " ! decodebin ! audioconvert ! heartinpaint method=lm ! fakesink");
  fail_unless_equals_int(gst_element_set_state(line.pipeline(), GST_STATE_PAUSED),
                         GST_STATE_CHANGE_FAILURE);
  const Said said = line.said_to_here();
  fail_unless_equals_int(said.errors.size(), 1);
  fail_unless(has(said.errors[0], lack.word) && has(said.errors[0], folder / "."), "%s",
              said.errors[0].c_str());
}
GST_END_TEST

GST_START_TEST(a_checkpoint_that_was_named_is_not_passed_over)
{
  // Somebody who names a model wants it: even the automatic choice must not go on silently without.
  if (!kHasNetworks) {
    g_printerr("SKIP: built without the networks\n");
    return;
  }
  GstElement* element = gst_element_factory_make("heartinpaint", nullptr);
  g_object_set(element, "model-location", "/nowhere/checkpoint", nullptr);
  fail_unless_equals_int(gst_element_set_state(element, GST_STATE_READY), GST_STATE_CHANGE_FAILURE);
  gst_element_set_state(element, GST_STATE_NULL);
  gst_object_unref(element);
}
GST_END_TEST

static Suite* without_networks_suite() {
  Suite* suite = suite_create("without_networks");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_checked_fixture(tcase, nullptr, fail_on_leaks);
  tcase_add_loop_test(tcase, the_automatic_choice_warns_and_repairs_without_networks, 0,
                      G_N_ELEMENTS(kLacks));
  tcase_add_loop_test(tcase, method_lm_says_what_is_missing_and_does_not_start, 0,
                      G_N_ELEMENTS(kLacks));
  tcase_add_test(tcase, a_checkpoint_that_was_named_is_not_passed_over);
  return suite;
}

GST_CHECK_MAIN(without_networks);
