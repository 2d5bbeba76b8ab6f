// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Label files: opening them, telling their format, handing them to the reader. Any thread.

#include "gst/heart/text_border.h"
#include "gst/heart/text_reader.h"
#include <gst/heart/region_file.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace heart {

namespace {

constexpr size_t kMaxBytes = size_t{64} << 20;  // a label a second for a week is 30 MiB

bool has_ending(const std::string& name, std::string_view ending) {
  return name.size() >= ending.size() &&
         name.compare(name.size() - ending.size(), ending.size(), ending) == 0;
}

/// Whether a line reads `time time action` of an MPlayer list and nothing else.
bool is_mplayer_line(Cursor line) {
  for (int i = 0; i < 2; ++i) {
    if (line.peek() == '#') line.skip(1);
    if (!starts_time(line)) return false;
    line.take_until(" ");
    line.skip_blanks();
  }
  const std::string_view action = trim(line.rest());
  return action.size() == 1 && action[0] >= '0' && action[0] <= '3';
}

GstHeartRegionFormat format_of_line(Cursor line) {
  const size_t offset = line.offset();
  const std::string_view text = line.rest();
  const std::string lowered = lower(text);
  if (lowered.substr(0, 6) == "title:" || lowered.substr(0, 4) == "fcm:" || line.peek() == '*' ||
      line.peek() == '#' || is_cmx_line(line)) {
    return GST_HEART_REGION_FORMAT_EDL;
  }
  if (text.find('\t') != std::string_view::npos)
    return starts_time(line) ? GST_HEART_REGION_FORMAT_AUDACITY : GST_HEART_REGION_FORMAT_CSV;
  if (is_mplayer_line(line)) return GST_HEART_REGION_FORMAT_EDL;
  if (text.find_first_of(",;") != std::string_view::npos) return GST_HEART_REGION_FORMAT_CSV;
  if (starts_time(line) && text.find(' ') != std::string_view::npos)
    return GST_HEART_REGION_FORMAT_AUDACITY;
  throw TextError(
      GST_HEART_ERROR_FORMAT, offset,
      quote(text) +
          " is no label line of a format known here; write start<TAB>end<TAB>label, or set "
          "regions-format to audacity, csv or edl");
}

/// AUDACITY for an empty file: it holds no regions in any format.
GstHeartRegionFormat format_of(Cursor text, const std::string& name) {
  const std::string lowered = lower(name);
  if (has_ending(lowered, ".csv") || has_ending(lowered, ".tsv"))
    return GST_HEART_REGION_FORMAT_CSV;
  if (has_ending(lowered, ".edl")) return GST_HEART_REGION_FORMAT_EDL;
  while (!text.done()) {
    Cursor line = text.take_line();
    line.skip_blanks();
    const bool is_frame = line.peek() == '#' && line.peek(1) >= '0' && line.peek(1) <= '9';
    const bool is_note = line.peek() == '\\' || (line.peek() == '#' && !is_frame);
    if (!line.done() && !is_note) return format_of_line(line);
  }
  return GST_HEART_REGION_FORMAT_AUDACITY;
}

[[gnu::format(printf, 2, 3)]] void set_file_error(GError** error, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  GError* made = g_error_new_valist(GST_HEART_ERROR, GST_HEART_ERROR_FILE, format, arguments);
  va_end(arguments);
  g_propagate_error(error, made);
}

/// The whole of a plain file. Pipes and devices are refused: they may never end.
bool read_whole_file(const char* path, const char* shown, std::string* content, GError** error) {
  const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    set_file_error(error, "%s: %s; give the path of a label file", shown, g_strerror(errno));
    return false;
  }
  bool done = false;
  struct stat status;
  if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode)) {
    set_file_error(error, "%s: not a plain file; give the path of a label file", shown);
  } else if (static_cast<guint64>(status.st_size) > kMaxBytes) {
    set_file_error(
        error, "%s: %" G_GINT64_FORMAT " bytes, more than the 64 MiB of a label file; wrong path?",
        shown, static_cast<gint64>(status.st_size));
  } else {
    char block[16384];
    ssize_t n_read = 0;
    while ((n_read = read(fd, block, sizeof block)) != 0 && content->size() <= kMaxBytes) {
      if (n_read > 0)
        content->append(block, static_cast<size_t>(n_read));
      else if (errno != EINTR)
        break;
    }
    done = n_read == 0;
    if (!done)
      set_file_error(error, "%s: %s while reading", shown,
                     n_read < 0 ? g_strerror(errno) : "it grew");
  }
  close(fd);
  return done;
}

}  // namespace

}  // namespace heart

GPtrArray* gst_heart_region_file_parse(const gchar* data, gsize size, const gchar* name,
                                       GstHeartRegionFormat format, guint fps_n, guint fps_d,
                                       gchar*** warnings, GError** error) {
  g_return_val_if_fail(data || size == 0, nullptr);
  const std::string shown = name && *name ? name : "labels";
  return heart::at_text_border(
      {data, size}, shown, warnings, error,
      [&](heart::Cursor text, std::vector<heart::Notice>& notices) {
        const GstHeartRegionFormat chosen =
            format == GST_HEART_REGION_FORMAT_AUTO ? heart::format_of(text, shown) : format;
        switch (chosen) {
          case GST_HEART_REGION_FORMAT_CSV:
            return heart::read_csv(text);
          case GST_HEART_REGION_FORMAT_EDL:
            return heart::read_edl(text, fps_n, fps_d, notices);
          default:
            return heart::read_audacity(text, notices);
        }
      });
}

GPtrArray* gst_heart_region_file_load(const gchar* path, GstHeartRegionFormat format, guint fps_n,
                                      guint fps_d, gchar*** warnings, GError** error) {
  g_return_val_if_fail(path, nullptr);
  if (warnings) *warnings = nullptr;
  gchar* shown = g_filename_display_name(path);
  GPtrArray* regions = nullptr;
  try {
    std::string content;
    if (heart::read_whole_file(path, shown, &content, error))
      regions = gst_heart_region_file_parse(content.data(), content.size(), shown, format, fps_n,
                                            fps_d, warnings, error);
  } catch (const std::bad_alloc&) {
    heart::set_file_error(error, "%s: out of memory while reading", shown);
  }
  g_free(shown);
  return regions;
}
