// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The plugin as it is listed: its metadata, its elements', gst-inspect without a critical, and nothing of
// libtorch in the process until a model is asked for. GST_INSPECT is gst-inspect-1.0.

// gstcheck.h has a macro named `fail`, so the streams of the standard library must come before it.
// clang-format off
#include <cstring>
#include <filesystem>
#include <string>
#include <sys/wait.h>

#include <gst/check/gstcheck.h>
#include "tests/check/no_leaks.h"
// clang-format on

namespace {

std::string text_of(const std::string& path) {
  g_autofree gchar* text = nullptr;
  fail_unless(g_file_get_contents(path.c_str(), &text, nullptr, nullptr), "no %s", path.c_str());
  return text;
}

bool is_mapped(const char* library) {
  return text_of("/proc/self/maps").find(library) != std::string::npos;
}

const char* const kNetworks[] = {"libtorch",     "libc10",           "libheartmodels",
                                 "libhearttext", "libsentencepiece", "openblas"};

struct Inspected {
  int code;
  std::string out, err;
};

Inspected inspect(const char* what, const char* const* environment) {
  gchar** env = g_get_environ();
  for (; environment && *environment; environment += 2) {
    env = g_environ_setenv(env, environment[0], environment[1], TRUE);
  }
  const gchar* argv[] = {GST_INSPECT, "--no-colors", what, nullptr};
  g_autofree gchar* out = nullptr;
  g_autofree gchar* err = nullptr;
  gint wait_status = -1;
  g_autoptr(GError) error = nullptr;
  fail_unless(g_spawn_sync(nullptr, const_cast<gchar**>(argv), env, G_SPAWN_DEFAULT, nullptr,
                           nullptr, &out, &err, &wait_status, &error),
              "%s: %s", GST_INSPECT, error ? error->message : "");
  g_strfreev(env);
  return {WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128, out, err};
}

const char* const kElements[] = {"heartinpaint", "glitchdetect"};

}  // namespace

GST_START_TEST(the_plugin_says_what_it_is)
{
  GstPlugin* plugin = gst_registry_find_plugin(gst_registry_get(), "heart");
  fail_unless(plugin != nullptr);
  fail_unless_equals_string(gst_plugin_get_license(plugin), "LGPL");
  fail_unless_equals_string(gst_plugin_get_version(plugin), HEART_VERSION);
  fail_unless_equals_string(gst_plugin_get_package(plugin), "gst-heartinpaint");
  fail_unless_equals_string(gst_plugin_get_source(plugin), "gst-heartinpaint");
  fail_unless(std::strlen(gst_plugin_get_description(plugin)) > 20);
  gst_object_unref(plugin);

  GList* features = gst_registry_get_feature_list_by_plugin(gst_registry_get(), "heart");
  fail_unless_equals_int(g_list_length(features), G_N_ELEMENTS(kElements));
  gst_plugin_feature_list_free(features);
}
GST_END_TEST

GST_START_TEST(an_element_says_what_it_is_and_is_never_plugged_by_itself)
{
  GstElementFactory* factory = gst_element_factory_find(kElements[__i__]);
  fail_unless(factory != nullptr);
  fail_unless_equals_int(gst_plugin_feature_get_rank(GST_PLUGIN_FEATURE(factory)), GST_RANK_NONE);
  const gchar* klass = gst_element_factory_get_metadata(factory, GST_ELEMENT_METADATA_KLASS);
  fail_unless(std::strstr(klass, "Audio"), "%s", klass);
  if (!std::strcmp(kElements[__i__], "heartinpaint")) {
    fail_unless_equals_string(klass, "Filter/Effect/Audio");
  }
  for (const char* field : {GST_ELEMENT_METADATA_LONGNAME, GST_ELEMENT_METADATA_DESCRIPTION,
                            GST_ELEMENT_METADATA_AUTHOR}) {
    const gchar* text = gst_element_factory_get_metadata(factory, field);
    fail_unless(text && std::strlen(text) > 8, "no %s", field);
  }
  // Raw audio of every format, on both sides.
  fail_unless_equals_int(gst_element_factory_get_num_pad_templates(factory), 2);
  for (const char* text :
       {"audio/x-raw,format=S16LE,rate=8000,channels=1,layout=interleaved",
        "audio/x-raw,format=U8,rate=44100,channels=2,channel-mask=(bitmask)3,layout=interleaved",
        "audio/x-raw,format=F64BE,rate=192000,channels=8,channel-mask=(bitmask)0,"
        "layout=non-interleaved"}) {
    GstCaps* caps = gst_caps_from_string(text);
    fail_unless(gst_element_factory_can_sink_all_caps(factory, caps), "%s", text);
    fail_unless(gst_element_factory_can_src_any_caps(factory, caps), "%s", text);
    gst_caps_unref(caps);
  }
  gst_object_unref(factory);
}
GST_END_TEST

GST_START_TEST(inspection_makes_no_critical_and_lists_every_property)
{
  const char* const environment[] = {"G_DEBUG", "fatal_criticals", nullptr};
  const Inspected seen = inspect(kElements[__i__], environment);
  fail_unless(seen.code == 0, "exit %d: %s", seen.code, seen.err.c_str());
  fail_unless(seen.err.find("CRITICAL") == std::string::npos, "%s", seen.err.c_str());
  fail_unless(seen.err.find("WARNING") == std::string::npos, "%s", seen.err.c_str());
  GstElement* element = gst_element_factory_make(kElements[__i__], nullptr);
  guint n = 0;
  GParamSpec** specs = g_object_class_list_properties(G_OBJECT_GET_CLASS(element), &n);
  fail_unless(n > 5);
  for (guint i = 0; i < n; ++i) {
    fail_unless(seen.out.find(specs[i]->name) != std::string::npos, "no %s", specs[i]->name);
  }
  g_free(specs);
  gst_object_unref(element);
}
GST_END_TEST

GST_START_TEST(inspection_opens_no_library_of_the_networks)
{
  g_autofree gchar* folder = g_dir_make_tmp("heart-inspect-XXXXXX", nullptr);
  const std::string output = std::string(folder) + "/opened",
                    registry = std::string(folder) + "/reg";
  // A registry of its own, so that the plugin is scanned as well.
  const char* const environment[] = {
      "LD_DEBUG",       "files", "LD_DEBUG_OUTPUT", output.c_str(), "GST_REGISTRY_1_0",
      registry.c_str(), nullptr};
  const Inspected seen = inspect("heartinpaint", environment);
  fail_unless(seen.code == 0, "exit %d: %s", seen.code, seen.err.c_str());
  std::string opened;  // by gst-inspect and by the scanner that it starts
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().filename().string().rfind("opened", 0) == 0) opened += text_of(entry.path());
  }
  std::filesystem::remove_all(folder);
  fail_unless(opened.find("libgstheart") != std::string::npos, "the plugin was not even opened");
  for (const char* library : kNetworks) {
    fail_unless(opened.find(library) == std::string::npos, "%s was opened", library);
  }
}
GST_END_TEST

GST_START_TEST(the_networks_are_loaded_by_those_methods_alone_that_need_them)
{
  GstElement* element = gst_element_factory_make("heartinpaint", nullptr);
  for (const char* method : {"ar", "transplant", "none"}) {
    gst_util_set_object_arg(G_OBJECT(element), "method", method);
    fail_unless_equals_int(gst_element_set_state(element, GST_STATE_PLAYING),
                           GST_STATE_CHANGE_SUCCESS);
    gst_element_set_state(element, GST_STATE_NULL);
  }
  for (const char* library : kNetworks) {
    fail_unless(!is_mapped(library), "%s is loaded", library);
  }
  gst_util_set_object_arg(G_OBJECT(element), "method", "auto");
  fail_unless_equals_int(gst_element_set_state(element, GST_STATE_READY), GST_STATE_CHANGE_SUCCESS);
#ifdef HEART_HAVE_NETWORKS
  fail_unless(is_mapped("libheartmodels") && is_mapped("libtorch") && is_mapped("libhearttext"));
#endif
  gst_element_set_state(element, GST_STATE_NULL);
  gst_object_unref(element);
}
GST_END_TEST

static Suite* plugin_suite() {
  Suite* suite = suite_create("plugin");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_checked_fixture(tcase, nullptr, fail_on_leaks);
  tcase_add_test(tcase, the_plugin_says_what_it_is);
  tcase_add_loop_test(tcase, an_element_says_what_it_is_and_is_never_plugged_by_itself, 0,
                      G_N_ELEMENTS(kElements));
  tcase_add_loop_test(tcase, inspection_makes_no_critical_and_lists_every_property, 0,
                      G_N_ELEMENTS(kElements));
  tcase_add_test(tcase, inspection_opens_no_library_of_the_networks);
  tcase_add_test(tcase, the_networks_are_loaded_by_those_methods_alone_that_need_them);
  return suite;
}

GST_CHECK_MAIN(plugin);
