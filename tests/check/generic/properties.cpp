// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Every property of every element: there, of the documented type and default, kept as it was set, and back
// from a preset. The tables are what the documentation promises.

#include "tests/check/no_leaks.h"

#include <gst/check/gstcheck.h>

#include <cstring>
#include <set>
#include <string>

namespace {

struct Property {
  const char* element;
  const char* name;
  const char* type;   // GType name
  const char* value;  // the default, as gst-launch would write it; NULL for no text
  const char* other;  // any other legal value; "" for one that can only be read
};

constexpr const char* kRead = "";

// The other texts have no spaces, commas and the like: presets of GStreamer 1.22 bring those back escaped,
// whatever the element.
const Property kProperties[] = {
    {"heartinpaint", "method", "GstHeartInpaintMethod", "auto", "transplant"},
    {"heartinpaint", "fallback", "GstHeartInpaintFallback", "ar", "keep"},
    {"heartinpaint", "model-location", "gchararray", nullptr, "/some/checkpoint"},
    {"heartinpaint", "device", "gchararray", "auto", "cpu"},
    {"heartinpaint", "weights", "GstHeartInpaintWeights", "auto", "q8"},
    {"heartinpaint", "threads", "guint", "0", "3"},
    {"heartinpaint", "lyrics", "gchararray", nullptr, "la-la"},
    {"heartinpaint", "tags", "gchararray", nullptr, "piano"},
    {"heartinpaint", "temperature", "gdouble", "0.2", "0.75"},
    {"heartinpaint", "top-k", "guint", "30", "50"},
    {"heartinpaint", "cfg-scale", "gdouble", "1.0", "1.5"},
    {"heartinpaint", "seed", "gint64", "-1", "2147483647"},
    {"heartinpaint", "candidates", "guint", "4", "1"},
    {"heartinpaint", "flow-steps", "guint", "10", "25"},
    {"heartinpaint", "guidance-scale", "gdouble", "1.25", "2.0"},
    {"heartinpaint", "context-before", "guint64", "8000000000", "0"},
    {"heartinpaint", "context-after", "guint64", "8000000000", "1"},
    {"heartinpaint", "max-region", "guint64", "10000000000", "60000000000"},
    {"heartinpaint", "processing-budget", "guint64", "2000000000", "0"},
    {"heartinpaint", "crossfade", "guint64", "100000000", "0"},
    {"heartinpaint", "regions", "gchararray", nullptr, "0:01:02.5+0.3"},
    {"heartinpaint", "regions-location", "gchararray", nullptr, "/some/labels.txt"},
    {"heartinpaint", "regions-format", "GstHeartRegionFormat", "auto", "edl"},
    {"heartinpaint", "triggers", "GstHeartTriggerFlags",
     "event+meta+missing-data+corrupted+discont", "gap"},
    {"heartinpaint", "tokens-location", "gchararray", nullptr, "/some/codes.npy"},
    {"heartinpaint", "tokens-layout", "GstHeartInpaintTokensLayout", "auto", "BTK"},
    {"heartinpaint", "stats", "GstStructure", nullptr, kRead},
    {"glitchdetect", "detect", "GstGlitchDetectKinds", "zeros", "clicks+repeats"},
    {"glitchdetect", "report", "GstGlitchDetectReports", "event+meta+message", "message"},
    {"glitchdetect", "min-duration", "guint64", "10000000", "0"},
    {"glitchdetect", "max-duration", "guint64", "3500000000", "1000000000"},
    {"glitchdetect", "min-level", "gdouble", "-30.0", "-60.0"},
};

bool is_own(GParamSpec* spec, GstElement* element) {
  return spec->owner_type == G_OBJECT_TYPE(element);
}

void read_text(GValue* value, GParamSpec* spec, const char* text) {
  g_value_init(value, spec->value_type);
  if (spec->value_type == G_TYPE_STRING) {
    g_value_set_string(value, text);
    return;
  }
  fail_unless(gst_value_deserialize(value, text), "%s: '%s' is no %s", spec->name, text,
              g_type_name(spec->value_type));
}

bool holds(GstElement* element, GParamSpec* spec, const char* text) {
  GValue wanted = G_VALUE_INIT, found = G_VALUE_INIT;
  read_text(&wanted, spec, text);
  g_value_init(&found, spec->value_type);
  g_object_get_property(G_OBJECT(element), spec->name, &found);
  const bool is_same = g_param_values_cmp(spec, &wanted, &found) == 0;
  g_value_unset(&wanted);
  g_value_unset(&found);
  return is_same;
}

void set_text(GstElement* element, GParamSpec* spec, const char* text) {
  GValue value = G_VALUE_INIT;
  read_text(&value, spec, text);
  g_object_set_property(G_OBJECT(element), spec->name, &value);
  g_value_unset(&value);
}

GParamSpec* spec_of(GstElement* element, const char* name) {
  GParamSpec* spec = g_object_class_find_property(G_OBJECT_GET_CLASS(element), name);
  fail_unless(spec != nullptr, "no property %s", name);
  return spec;
}

const char* const kElements[] = {"heartinpaint", "glitchdetect"};

}  // namespace

GST_START_TEST(a_property_has_its_documented_type_and_default_and_keeps_what_is_set)
{
  const Property& p = kProperties[__i__];
  GstElement* element = gst_element_factory_make(p.element, nullptr);
  fail_unless(element != nullptr);
  GParamSpec* spec = spec_of(element, p.name);
  fail_unless_equals_string(g_type_name(spec->value_type), p.type);
  fail_unless(spec->flags & G_PARAM_READABLE);
  fail_unless((spec->flags & G_PARAM_WRITABLE) ==
              (std::strcmp(p.other, kRead) != 0 ? G_PARAM_WRITABLE : 0));
  fail_unless(g_param_spec_get_blurb(spec) && std::strlen(g_param_spec_get_blurb(spec)) > 8,
              "%s says nothing of itself", p.name);
  if (spec->flags & G_PARAM_WRITABLE) {
    // The default that gst-inspect shows is the one that a new element has.
    fail_unless(holds(element, spec, p.value), "%s: not %s at first", p.name, p.value);
    GValue current = G_VALUE_INIT;
    g_value_init(&current, spec->value_type);
    g_object_get_property(G_OBJECT(element), p.name, &current);
    fail_unless(g_param_value_defaults(spec, &current), "%s: another default is told", p.name);
    g_value_unset(&current);
    for (const char* text : {p.other, p.value, p.other}) {
      set_text(element, spec, text);
      fail_unless(holds(element, spec, text), "%s: '%s' was not kept", p.name, text);
    }
  } else {
    GValue current = G_VALUE_INIT;
    g_value_init(&current, spec->value_type);
    g_object_get_property(G_OBJECT(element), p.name, &current);
    fail_unless(g_value_get_boxed(&current) != nullptr, "%s is empty", p.name);
    g_value_unset(&current);
  }
  gst_object_unref(element);
}
GST_END_TEST

GST_START_TEST(the_table_holds_every_property)
{
  const char* name = kElements[__i__];
  std::set<std::string> wanted, found;
  for (const Property& p : kProperties) {
    if (!std::strcmp(p.element, name)) wanted.insert(p.name);
  }
  GstElement* element = gst_element_factory_make(name, nullptr);
  guint n = 0;
  GParamSpec** specs = g_object_class_list_properties(G_OBJECT_GET_CLASS(element), &n);
  for (guint i = 0; i < n; ++i) {
    if (is_own(specs[i], element)) found.insert(specs[i]->name);
  }
  g_free(specs);
  for (const std::string& one : found) {
    fail_unless(wanted.count(one) == 1, "%s:%s is in no table", name, one.c_str());
  }
  fail_unless(wanted == found);
  gst_object_unref(element);
}
GST_END_TEST

GST_START_TEST(a_preset_brings_every_setting_back)
{
  // A preset is written to the user's folder: one of our own.
  g_autofree gchar* folder = g_dir_make_tmp("heart-preset-XXXXXX", nullptr);
  g_setenv("XDG_DATA_HOME", folder, TRUE);
  GstElement* element = gst_element_factory_make("heartinpaint", nullptr);
  fail_unless(GST_IS_PRESET(element));
  GstPreset* preset = GST_PRESET(element);
  for (const Property& p : kProperties) {
    if (std::strcmp(p.element, "heartinpaint") != 0 || !*p.other) continue;
    set_text(element, spec_of(element, p.name), p.other);
  }
  fail_unless(gst_preset_save_preset(preset, "mine"));
  for (const Property& p : kProperties) {
    if (std::strcmp(p.element, "heartinpaint") != 0 || !*p.other) continue;
    set_text(element, spec_of(element, p.name), p.value);
  }
  GstElement* another = gst_element_factory_make("heartinpaint", nullptr);
  fail_unless(gst_preset_load_preset(GST_PRESET(another), "mine"));
  for (const Property& p : kProperties) {
    if (std::strcmp(p.element, "heartinpaint") != 0 || !*p.other) continue;
    fail_unless(holds(another, spec_of(another, p.name), p.other), "%s is not '%s' again", p.name,
                p.other);
  }
  fail_unless(gst_preset_delete_preset(preset, "mine"));
  fail_unless(!gst_preset_load_preset(preset, "mine"));
  gst_object_unref(another);
  gst_object_unref(element);
}
GST_END_TEST

static Suite* properties_suite() {
  Suite* suite = suite_create("properties");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_checked_fixture(tcase, nullptr, fail_on_leaks);
  tcase_add_loop_test(tcase, a_property_has_its_documented_type_and_default_and_keeps_what_is_set,
                      0, G_N_ELEMENTS(kProperties));
  tcase_add_loop_test(tcase, the_table_holds_every_property, 0, G_N_ELEMENTS(kElements));
  tcase_add_test(tcase, a_preset_brings_every_setting_back);
  return suite;
}

GST_CHECK_MAIN(properties);
