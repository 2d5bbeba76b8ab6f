// SPDX-License-Identifier: LGPL-2.1-or-later
//
// GTypes of the library's enumerations, and its error quark. Written by hand, so that the nicks, which
// appear in messages and on command lines, are plain to see. Any thread.

#include <gst/heart/error.h>
#include <gst/heart/region.h>
#include <gst/heart/region_file.h>
#include <gst/heart/region_message.h>

G_DEFINE_QUARK(gst - heart - error - quark, gst_heart_error)

GType gst_heart_error_get_type() {
  static const GEnumValue kValues[] = {
      {GST_HEART_ERROR_FILE, "GST_HEART_ERROR_FILE", "file"},
      {GST_HEART_ERROR_ENCODING, "GST_HEART_ERROR_ENCODING", "encoding"},
      {GST_HEART_ERROR_FORMAT, "GST_HEART_ERROR_FORMAT", "format"},
      {GST_HEART_ERROR_SYNTAX, "GST_HEART_ERROR_SYNTAX", "syntax"},
      {GST_HEART_ERROR_RANGE, "GST_HEART_ERROR_RANGE", "range"},
      {GST_HEART_ERROR_FIELD, "GST_HEART_ERROR_FIELD", "field"},
      {0, nullptr, nullptr}};
  static const GType kType = g_enum_register_static("GstHeartError", kValues);
  return kType;
}

GType gst_heart_time_domain_get_type() {
  static const GEnumValue kValues[] = {
      {GST_HEART_TIME_SEGMENT, "GST_HEART_TIME_SEGMENT", "segment"},
      {GST_HEART_TIME_STREAM, "GST_HEART_TIME_STREAM", "stream"},
      {GST_HEART_TIME_RUNNING, "GST_HEART_TIME_RUNNING", "running"},
      {0, nullptr, nullptr}};
  static const GType kType = g_enum_register_static("GstHeartTimeDomain", kValues);
  return kType;
}

GType gst_heart_trigger_get_type() {
  static const GEnumValue kValues[] = {
      {GST_HEART_TRIGGER_EVENT, "GST_HEART_TRIGGER_EVENT", "event"},
      {GST_HEART_TRIGGER_META, "GST_HEART_TRIGGER_META", "meta"},
      {GST_HEART_TRIGGER_MISSING_DATA, "GST_HEART_TRIGGER_MISSING_DATA", "missing-data"},
      {GST_HEART_TRIGGER_GAP, "GST_HEART_TRIGGER_GAP", "gap"},
      {GST_HEART_TRIGGER_CORRUPTED, "GST_HEART_TRIGGER_CORRUPTED", "corrupted"},
      {GST_HEART_TRIGGER_DISCONT, "GST_HEART_TRIGGER_DISCONT", "discont"},
      {GST_HEART_TRIGGER_PROPERTY, "GST_HEART_TRIGGER_PROPERTY", "property"},
      {GST_HEART_TRIGGER_FILE, "GST_HEART_TRIGGER_FILE", "file"},
      {GST_HEART_TRIGGER_SIGNAL, "GST_HEART_TRIGGER_SIGNAL", "signal"},
      {0, nullptr, nullptr}};
  static const GType kType = g_enum_register_static("GstHeartTrigger", kValues);
  return kType;
}

// The value names are what gst-inspect-1.0 prints beside the nicks, so they are sentences.
GType gst_heart_trigger_flags_get_type() {
  static const GFlagsValue kValues[] = {
      {GST_HEART_TRIGGER_FLAG_EVENT, "Custom events GstHeartInpaintRegion", "event"},
      {GST_HEART_TRIGGER_FLAG_META, "Metas GstHeartInpaintRegionMeta", "meta"},
      {GST_HEART_TRIGGER_FLAG_MISSING_DATA, "GAP events flagged MISSING_DATA", "missing-data"},
      {GST_HEART_TRIGGER_FLAG_GAP, "Other GAP events and GAP buffers", "gap"},
      {GST_HEART_TRIGGER_FLAG_CORRUPTED, "CORRUPTED buffers", "corrupted"},
      {GST_HEART_TRIGGER_FLAG_DISCONT, "Holes between timestamps", "discont"},
      {0, nullptr, nullptr}};
  static const GType kType = g_flags_register_static("GstHeartTriggerFlags", kValues);
  return kType;
}

GType gst_heart_region_status_get_type() {
  static const GEnumValue kValues[] = {
      {GST_HEART_REGION_STATUS_REPAIRED, "GST_HEART_REGION_STATUS_REPAIRED", "repaired"},
      {GST_HEART_REGION_STATUS_LATE, "GST_HEART_REGION_STATUS_LATE", "late"},
      {GST_HEART_REGION_STATUS_SKIPPED, "GST_HEART_REGION_STATUS_SKIPPED", "skipped"},
      {GST_HEART_REGION_STATUS_FAILED, "GST_HEART_REGION_STATUS_FAILED", "failed"},
      {GST_HEART_REGION_STATUS_CANCELLED, "GST_HEART_REGION_STATUS_CANCELLED", "cancelled"},
      {0, nullptr, nullptr}};
  static const GType kType = g_enum_register_static("GstHeartRegionStatus", kValues);
  return kType;
}

GType gst_heart_region_format_get_type() {
  static const GEnumValue kValues[] = {
      {GST_HEART_REGION_FORMAT_AUTO, "Told by the name's ending and the content", "auto"},
      {GST_HEART_REGION_FORMAT_AUDACITY, "Audacity label track", "audacity"},
      {GST_HEART_REGION_FORMAT_CSV, "Comma, semicolon or tab separated table", "csv"},
      {GST_HEART_REGION_FORMAT_EDL, "Edit decision list: MPlayer, Kodi or CMX 3600", "edl"},
      {0, nullptr, nullptr}};
  static const GType kType = g_enum_register_static("GstHeartRegionFormat", kValues);
  return kType;
}
