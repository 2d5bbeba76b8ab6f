// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Events, metas and messages with fields of any type and value, made from bytes: a byte names the field,
// one its type, the next ones are its value. What is read must be sound on every segment it is
// converted with.

#include "tests/fuzz/invariants.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>

namespace {

class Bytes {
 public:
  Bytes(const uint8_t* data, size_t size) : data_(data), size_(size) {}
  bool done() const { return size_ == 0; }
  uint8_t byte() { return static_cast<uint8_t>(number(1)); }
  uint64_t number(size_t n_bytes = 8) {
    uint64_t value = 0;
    const size_t n = std::min(n_bytes, size_);
    memcpy(&value, data_, n);
    data_ += n;
    size_ -= n;
    return value;
  }
  double real() {
    const uint64_t bits = number();
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
  }
  std::string text() {
    const size_t n = std::min<size_t>(byte() & 31, size_);
    const std::string value(reinterpret_cast<const char*>(data_), n);
    data_ += n;
    size_ -= n;
    return value;
  }

 private:
  const uint8_t* data_;
  size_t size_;
};

const gchar* const kFields[] = {"timestamp", "stream-time", "running-time", "duration",  "label",
                                "reason",    "confidence",  "region-id",    "status",    "trigger",
                                "domain",    "start",       "stop",         "seed",      "elapsed",
                                "method",    "model",       "detail",       "candidates"};

void set_any_field(GstStructure* structure, Bytes& bytes) {
  const gchar* field = kFields[bytes.byte() % G_N_ELEMENTS(kFields)];
  switch (bytes.byte() % 13) {
    case 0:
    case 1:
      gst_structure_set(structure, field, G_TYPE_UINT64, bytes.number(), nullptr);
      break;
    case 2:
      gst_structure_set(structure, field, G_TYPE_INT64, bytes.number(), nullptr);
      break;
    case 3:
      gst_structure_set(structure, field, G_TYPE_INT, static_cast<gint>(bytes.number(4)), nullptr);
      break;
    case 4:
      gst_structure_set(structure, field, G_TYPE_UINT, static_cast<guint>(bytes.number(2)),
                        nullptr);
      break;
    case 5:
      gst_structure_set(structure, field, G_TYPE_DOUBLE, bytes.real(), nullptr);
      break;
    case 6: {  // GStreamer itself warns of text that is not UTF-8 and drops it: keep to what gets in
      gchar* valid = g_utf8_make_valid(bytes.text().c_str(), -1);
      gst_structure_set(structure, field, G_TYPE_STRING, valid, nullptr);
      g_free(valid);
      break;
    }
    case 7:
      gst_structure_set(structure, field, G_TYPE_STRING, nullptr, nullptr);
      break;
    case 8:
      gst_structure_set(structure, field, G_TYPE_BOOLEAN, bytes.byte() & 1, nullptr);
      break;
    case 9:
      gst_structure_set(structure, field, G_TYPE_UINT64, bytes.number(3), nullptr);
      break;
    case 10:
      gst_structure_set(structure, field, G_TYPE_FLOAT, static_cast<gdouble>(bytes.byte()) / 255,
                        nullptr);
      break;
    case 11: {  // an array of anything
      GValue array = G_VALUE_INIT, item = G_VALUE_INIT;
      gst_value_array_init(&array, 1);
      g_value_init(&item, bytes.byte() & 1 ? GST_TYPE_STRUCTURE : G_TYPE_INT);
      gst_value_array_append_and_take_value(&array, &item);
      gst_structure_take_value(structure, field, &array);
      break;
    }
    default: {
      const gchar* const words[] = {"repaired", "late",    "event", "file",
                                    "segment",  "running", "none"};
      gst_structure_set(structure, field, G_TYPE_STRING, words[bytes.byte() % G_N_ELEMENTS(words)],
                        nullptr);
    }
  }
}

void convert(GstHeartRegion* region, Bytes& bytes) {
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  const uint8_t choice = bytes.byte();
  segment.rate = choice & 1 ? -1.0 : choice & 2 ? 0.5 : 1.0;
  segment.applied_rate = choice & 4 ? -1.0 : 1.0;
  segment.start = bytes.number(choice & 8 ? 8 : 5);
  segment.stop = choice & 16 ? GST_CLOCK_TIME_NONE : segment.start + bytes.number(6);
  segment.time = bytes.number(choice & 32 ? 8 : 5);
  segment.base = bytes.number(choice & 64 ? 8 : 5);
  segment.offset = choice & 128 ? bytes.number(5) : 0;
  // GStreamer's own functions demand these of a segment.
  if (segment.stop != GST_CLOCK_TIME_NONE && segment.stop < segment.start) return;
  const auto domain = static_cast<GstHeartTimeDomain>(choice % 3);
  gst_heart_region_convert(region, &segment, domain);
  require_sound(region);
}

void use(GstHeartRegion* region, GError* error, Bytes& bytes) {
  if (!region) {
    require_reason(error);
    return;
  }
  REQUIRE(!error);
  require_sound(region);
  GstHeartRegion* other = gst_heart_region_copy(region);
  convert(region, bytes);
  gst_heart_region_merge(other, region, bytes.number());
  require_sound(other);
  gst_heart_region_free(other);
  gst_heart_region_free(region);
}

void as_event(GstStructure* structure, uint8_t choice, Bytes& bytes) {
  GstEvent* event = gst_event_new_custom(
      choice & 1 ? GST_EVENT_CUSTOM_UPSTREAM : GST_EVENT_CUSTOM_DOWNSTREAM, structure);
  gst_event_set_running_time_offset(event, static_cast<gint64>(bytes.number()));
  GError* error = nullptr;
  GstHeartRegion* region = gst_heart_event_parse_region(event, &error);
  use(region, error, bytes);
  gst_event_unref(event);
}

void as_metas(GstStructure* structure, Bytes& bytes) {
  GstBuffer* buffer = gst_buffer_new();
  GstCustomMeta* metas[] = {(gst_heart_region_meta_get_info(),
                             gst_buffer_add_custom_meta(buffer, GST_HEART_REGION_META_NAME)),
                            gst_heart_buffer_add_repaired_meta(buffer, 1, "ar", nullptr, -1, 0, 1)};
  for (GstCustomMeta* meta : metas) {
    for (gint i = 0; i < gst_structure_n_fields(structure); ++i) {
      const gchar* name = gst_structure_nth_field_name(structure, i);
      gst_structure_set_value(gst_custom_meta_get_structure(meta), name,
                              gst_structure_get_value(structure, name));
    }
  }
  GError* error = nullptr;
  GstHeartRegion* region = gst_heart_region_meta_parse(metas[0], &error);
  const bool is_sound = region != nullptr;
  use(region, error, bytes);
  const gchar* method = nullptr;
  const gchar* model = nullptr;
  if (gst_heart_repaired_meta_parse(metas[1], nullptr, &method, &model, nullptr, nullptr, nullptr))
    REQUIRE(method && g_utf8_validate(method, -1, nullptr));
  if (is_sound) {
    GPtrArray* regions = gst_heart_buffer_get_regions(buffer);
    REQUIRE(regions && regions->len == 1);
    g_ptr_array_unref(regions);
  }
  gst_buffer_unref(buffer);
  gst_structure_free(structure);
}

void as_message(GstStructure* structure) {
  GstMessage* message = gst_message_new_element(nullptr, structure);
  GError* error = nullptr;
  GstHeartReport* report = gst_heart_message_parse_region(message, &error);
  gst_message_unref(message);
  if (!report) {
    require_reason(error);
    return;
  }
  require_sound(report->region);
  GstHeartReport* copy = gst_heart_report_copy(report);
  gst_message_unref(gst_heart_message_new_region(nullptr, copy));
  gst_heart_report_free(copy);
  gst_heart_report_free(report);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const bool kReady = (gst_init(nullptr, nullptr), true);
  (void)kReady;
  Bytes bytes(data, size);
  const uint8_t choice = bytes.byte();
  const bool is_message = (choice & 3) == 3;
  GstStructure* structure = gst_structure_new_empty(is_message ? GST_HEART_REGION_MESSAGE_NAME
                                                               : GST_HEART_REGION_EVENT_NAME);
  if (choice & 4) {  // start from a usable one
    gst_structure_set(structure, "timestamp", G_TYPE_UINT64, bytes.number(4), "duration",
                      G_TYPE_UINT64, bytes.number(4), nullptr);
  }
  if (is_message && choice & 8) {
    gst_structure_set(structure, "region-id", G_TYPE_UINT64, guint64{1}, "status", G_TYPE_STRING,
                      "late", "trigger", G_TYPE_STRING, "gap", "domain", G_TYPE_STRING, "stream",
                      "start", G_TYPE_UINT64, guint64{1}, "stop", G_TYPE_UINT64, guint64{2},
                      "stream-time", G_TYPE_UINT64, guint64{1}, "running-time", G_TYPE_UINT64,
                      guint64{1}, "seed", G_TYPE_INT64, gint64{-1}, "elapsed", G_TYPE_UINT64,
                      guint64{0}, nullptr);
  }
  for (int n = choice >> 4; n > 0 && !bytes.done(); --n) set_any_field(structure, bytes);
  if (is_message)
    as_message(structure);
  else if ((choice & 3) == 2)
    as_metas(structure, bytes);
  else
    as_event(structure, choice, bytes);
  return 0;
}
