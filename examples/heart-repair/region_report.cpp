// SPDX-License-Identifier: LGPL-2.1-or-later

#include "examples/heart-repair/region_report.h"

#include <cstdio>
#include <string>

using nlohmann::json;

namespace {

json value_to_json(const GValue* value) {
  if (G_VALUE_HOLDS_STRING(value)) {
    const gchar* text = g_value_get_string(value);
    return text != nullptr ? json(text) : json(nullptr);
  }
  if (G_VALUE_HOLDS_BOOLEAN(value)) return g_value_get_boolean(value) != FALSE;
  if (G_VALUE_HOLDS_INT(value)) return g_value_get_int(value);
  if (G_VALUE_HOLDS_UINT(value)) return g_value_get_uint(value);
  if (G_VALUE_HOLDS_INT64(value)) return g_value_get_int64(value);
  if (G_VALUE_HOLDS_UINT64(value)) {
    const guint64 number = g_value_get_uint64(value);
    return number == GST_CLOCK_TIME_NONE ? json(nullptr) : json(number);
  }
  if (G_VALUE_HOLDS_DOUBLE(value)) return g_value_get_double(value);
  if (G_VALUE_HOLDS(value, GST_TYPE_STRUCTURE)) {
    return structure_to_json(gst_value_get_structure(value));
  }
  if (GST_VALUE_HOLDS_ARRAY(value)) {
    json list = json::array();
    for (guint i = 0; i < gst_value_array_get_size(value); ++i) {
      list.push_back(value_to_json(gst_value_array_get_value(value, i)));
    }
    return list;
  }
  gchar* text = gst_value_serialize(value);
  json result = text != nullptr ? json(text) : json(nullptr);
  g_free(text);
  return result;
}

std::string text_of(const json& region, const char* key) {
  const auto found = region.find(key);
  return found != region.end() && found->is_string() ? found->get<std::string>() : "";
}

double seconds_of(const json& region, const char* key) {
  const auto found = region.find(key);
  return found != region.end() && found->is_number() ? found->get<double>() / GST_SECOND : 0;
}

}  // namespace

json structure_to_json(const GstStructure* structure) {
  json fields = json::object();
  for (gint i = 0; i < gst_structure_n_fields(structure); ++i) {
    const gchar* name = gst_structure_nth_field_name(structure, i);
    fields[name] = value_to_json(gst_structure_get_value(structure, name));
  }
  return fields;
}

json region_report(const GstStructure* message) {
  return structure_to_json(message);
}

void print_regions(const std::vector<json>& regions) {
  if (regions.empty()) {
    std::printf("no region was flagged; the sound went through unchanged\n");
    return;
  }
  std::printf("%10s %9s  %-9s %-11s %8s  %s\n", "at (s)", "long (s)", "status", "method",
              "took (s)", "label");
  for (const json& region : regions) {
    std::printf("%10.3f %9.3f  %-9s %-11s %8.2f  %s%s%s\n", seconds_of(region, "stream-time"),
                seconds_of(region, "duration"), text_of(region, "status").c_str(),
                text_of(region, "method").c_str(), seconds_of(region, "elapsed"),
                text_of(region, "label").c_str(), text_of(region, "detail").empty() ? "" : "  ",
                text_of(region, "detail").c_str());
  }
}
