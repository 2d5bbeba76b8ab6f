// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The border between the readers of text and the C API. Any thread.

#include "gst/heart/text_border.h"

#include <algorithm>

namespace heart {

namespace {

// A file of a million point labels need not make a million warnings.
constexpr size_t kMaxWarnings = 20;

constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";

void check_encoding(std::string_view text) {
  if (text.substr(0, 2) == "\xFF\xFE" || text.substr(0, 2) == "\xFE\xFF")
    throw TextError(GST_HEART_ERROR_ENCODING, 0, "the text is UTF-16; save it as UTF-8");
  const gchar* invalid = nullptr;
  if (g_utf8_validate_len(text.data(), text.size(), &invalid)) return;
  const size_t offset = static_cast<size_t>(invalid - text.data());
  gchar* message = g_strdup_printf("the byte 0x%02X is not UTF-8 here; save the text as UTF-8",
                                   static_cast<unsigned char>(*invalid));
  const std::string copy = message;
  g_free(message);
  throw TextError(GST_HEART_ERROR_ENCODING, offset, copy);
}

gchar** to_strv(std::string_view text, const std::string& name,
                const std::vector<Notice>& notices) {
  if (notices.empty()) return nullptr;
  Locator locator(text, name);
  const size_t n_shown = std::min(notices.size(), kMaxWarnings);
  const bool more = notices.size() > n_shown;
  gchar** strings = g_new0(gchar*, n_shown + more + 1);
  for (size_t i = 0; i < n_shown; ++i)
    strings[i] = g_strdup(locator.place(notices[i].offset, notices[i].text).c_str());
  if (more)
    strings[n_shown] = g_strdup_printf("%s: and %" G_GSIZE_FORMAT " more warnings of this kind",
                                       name.c_str(), notices.size() - n_shown);
  return strings;
}

}  // namespace

GPtrArray* at_text_border(std::string_view text, const std::string& name, gchar*** warnings,
                          GError** error, const TextReader& read) {
  if (warnings) *warnings = nullptr;
  if (text.substr(0, kUtf8Mark.size()) == kUtf8Mark) text.remove_prefix(kUtf8Mark.size());
  try {
    check_encoding(text);
    std::vector<Notice> notices;
    RegionList list = read(Cursor(text), notices);
    GPtrArray* regions = g_ptr_array_new_full(
        static_cast<guint>(list.size()), reinterpret_cast<GDestroyNotify>(gst_heart_region_free));
    for (auto& region : list) g_ptr_array_add(regions, region.release());
    if (warnings) *warnings = to_strv(text, name, notices);
    return regions;
  } catch (const TextError& fault) {
    g_set_error_literal(error, GST_HEART_ERROR, fault.code,
                        Locator(text, name).place(fault.offset, fault.text).c_str());
  } catch (const std::exception& fault) {  // std::bad_alloc
    g_set_error(error, GST_HEART_ERROR, GST_HEART_ERROR_FILE,
                "%s: %s while reading %" G_GSIZE_FORMAT " bytes; use a smaller file", name.c_str(),
                fault.what(), text.size());
  }
  return nullptr;
}

}  // namespace heart
