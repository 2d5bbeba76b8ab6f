// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Regions from edit decision lists: MPlayer's and Kodi's "start end action", and CMX 3600 events with
// the comments that editors add. Any thread.
// Source: MPlayer DOCS "Edit Decision Lists"; Kodi wiki "Edit decision list"; CMX 3600 as written by
// Avid, Premiere and DaVinci Resolve (marker export); drop-frame counting of SMPTE 12M.

#include "gst/heart/text_reader.h"

#include <algorithm>
#include <array>
#include <optional>

namespace heart {

namespace {

struct FrameRate {
  unsigned n = 0;  // 0: not stated
  unsigned d = 1;
  guint64 nominal() const { return (n + d - 1) / d; }  // frames a second of timecode
  bool drops() const { return d == 1001 && n % 30000 == 0; }
};

constexpr unsigned kMaxRate = 1000;  // frames a second

using Words = std::vector<std::pair<size_t, std::string_view>>;  // with the offset of each

Words words_of(Cursor line) {
  Words words;
  while (true) {
    line.skip_blanks();
    if (line.done()) return words;
    const size_t offset = line.offset();
    words.emplace_back(offset, line.take_until(" \t"));
  }
}

/// The rest of `line` after `key`, whatever its case and however many blanks it holds.
std::optional<Cursor> after_key(Cursor line, std::string_view key) {
  line.skip_blanks();
  for (char c : key) {
    if (c == ' ') {
      if (line.peek() != ' ' && line.peek() != '\t') return std::nullopt;
      line.skip_blanks();
      continue;
    }
    if (g_ascii_toupper(line.peek()) != c) return std::nullopt;
    line.skip(1);
  }
  line.skip_blanks();
  if (line.peek() == ':' || line.peek() == '=')
    line.skip(1);
  else if (key.back() != ':' && !line.done())
    return std::nullopt;
  line.skip_blanks();
  return line;
}

/// A comment `* KEY: value`.
std::optional<Cursor> after_comment(Cursor line, std::string_view key) {
  line.skip_blanks();
  if (!line.take('*')) return std::nullopt;
  return after_key(line, key);
}

guint64 read_count(Cursor& cursor, guint64 limit) {
  guint64 value = 0;
  while (cursor.peek() >= '0' && cursor.peek() <= '9') {
    value = std::min(limit + 1, value * 10 + static_cast<guint64>(cursor.peek() - '0'));
    cursor.skip(1);
  }
  return value;
}

/// `25`, `29.97`, `30000/1001`. Decimals near n/1.001 are taken for that.
FrameRate read_rate(Cursor cursor) {
  const size_t offset = cursor.offset();
  const std::string_view found = trim(cursor.rest());
  const auto refuse = [&]() -> FrameRate {
    throw TextError(
        GST_HEART_ERROR_FORMAT, offset,
        quote(found) + " is not a frame rate; write 25, 29.97 or 30000/1001, at most 1000");
  };
  FrameRate rate;
  if (!(cursor.peek() >= '0' && cursor.peek() <= '9')) return refuse();
  rate.n = static_cast<unsigned>(read_count(cursor, 1000000));
  if (cursor.take('/')) {
    rate.d = static_cast<unsigned>(read_count(cursor, 1000000));
  } else if (cursor.take('.')) {
    guint64 thousandths = 0, scale = 100;
    for (; cursor.peek() >= '0' && cursor.peek() <= '9'; cursor.skip(1), scale /= 10)
      thousandths += scale * static_cast<guint64>(cursor.peek() - '0');
    rate.n = std::min(rate.n, 1000000u) * 1000 + static_cast<unsigned>(thousandths);
    rate.d = 1000;
    for (unsigned whole : {24u, 30u, 48u, 60u, 120u}) {  // 23.976, 23.98, 29.97, 47.95, 59.94 …
      const double exact = whole * 1000 / 1001.0;
      if (rate.n % 1000 && std::abs(rate.n / 1000.0 - exact) < 0.006) rate = {whole * 1000, 1001};
    }
    if (rate.d == 1000 && rate.n % 1000 == 0) rate = {rate.n / 1000, 1};
  }
  cursor.skip_blanks();
  if (lower(cursor.rest()) == "fps") cursor.skip(3);
  if (!cursor.done() || rate.n == 0 || rate.d == 0 || rate.n / rate.d > kMaxRate) return refuse();
  return rate;
}

GstClockTime frames_to_time(guint64 frames, const FrameRate& rate, size_t offset,
                            std::string_view found) {
  const GstClockTime time = gst_util_uint64_scale_round(frames, rate.d * GST_SECOND, rate.n);
  if (time < GST_HEART_TIME_MAX) return time;
  throw TextError(GST_HEART_ERROR_RANGE, offset,
                  quote(found) + " is beyond 292 years; is it a frame number?");
}

[[noreturn]] void demand_rate(size_t offset, std::string_view found) {
  throw TextError(
      GST_HEART_ERROR_FORMAT, offset,
      quote(found) +
          " counts frames, but no frame rate is stated; add a line \"* FPS: 25\" (CMX 3600) or "
          "\"## FPS: 25\" (MPlayer), or write seconds");
}

bool is_timecode(std::string_view text) {
  if (text.size() != 11) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    const bool colon = text[i] == ':' || (i == 8 && (text[i] == ';' || text[i] == '.'));
    if (i % 3 == 2 ? !colon : !digit) return false;
  }
  return true;
}

/// Frames since 00:00:00:00 of `hh:mm:ss:ff`, or drop-frame `hh:mm:ss;ff`.
guint64 read_timecode(std::string_view text, size_t offset, const FrameRate& rate,
                      bool drop_frame) {
  if (!is_timecode(text))
    throw TextError(GST_HEART_ERROR_SYNTAX, offset,
                    quote(text) + " is not a timecode; hh:mm:ss:ff was wanted");
  if (rate.n == 0) demand_rate(offset, text);
  const auto two = [&](size_t at) {
    return static_cast<guint64>((text[at] - '0') * 10 + (text[at + 1] - '0'));
  };
  const guint64 hours = two(0), minutes = two(3), seconds = two(6), frames = two(9);
  if (minutes >= 60 || seconds >= 60 || frames >= rate.nominal())
    throw TextError(GST_HEART_ERROR_RANGE, offset,
                    quote(text) + " is no time of day at " + std::to_string(rate.nominal()) +
                        " frames a second; is the frame rate right?");
  const guint64 total_minutes = hours * 60 + minutes;
  const guint64 count = (total_minutes * 60 + seconds) * rate.nominal() + frames;
  if (!drop_frame && text[8] == ':') return count;
  if (!rate.drops())
    throw TextError(
        GST_HEART_ERROR_FORMAT, offset,
        quote(text) +
            " is drop-frame timecode, which exists at 29.97 and 59.94 frames a second only; "
            "correct the FPS line");
  // Two numbers in each minute but every tenth are left out (four at 59.94).
  const guint64 dropped = rate.nominal() / 15;
  if (seconds == 0 && frames < dropped && minutes % 10 != 0)
    throw TextError(
        GST_HEART_ERROR_RANGE, offset,
        quote(text) + " is a number that drop-frame timecode leaves out; use the next one");
  return count - dropped * (total_minutes - total_minutes / 10);
}

bool is_number(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// An event of a CMX list until its comments have been read.
struct Event {
  size_t offset = 0;           // of its line
  size_t stop_offset = 0;      // of its last timecode
  guint64 begin = 0, end = 0;  // frames
  std::string clip, comment, marker;
};

/// Reads a CMX 3600 list.
class CmxReader {
 public:
  CmxReader(const FrameRate& rate, std::vector<Notice>& notices) : rate_(rate), notices_(notices) {}

  RegionList read(Cursor text) {
    find_settings(text);
    while (!text.done()) read_line(text.take_line());
    close_event();
    return std::move(list_);
  }

 private:
  /// Frame rate and start of the programme count for the whole list, wherever they stand.
  void find_settings(Cursor text) {
    std::optional<Cursor> start;
    bool drop_frame = false, stated = false;
    while (!text.done()) {
      const Cursor line = text.take_line();
      for (std::string_view key : {"FPS", "FRAME RATE", "FRAMERATE"})
        if (const auto value = after_comment(line, key)) rate_ = read_rate(*value), stated = true;
      if (const auto value = after_comment(line, "START")) start = value;
      if (const auto value = after_key(line, "FCM")) drop_frame |= is_drop(*value);
    }
    if (!stated && drop_frame) rate_ = {30000, 1001};
    if (!start) return;
    const std::string_view found = trim(start->rest());
    start_ = read_timecode(found, start->offset(), rate_, drop_frame);
  }

  static bool is_drop(Cursor value) { return lower(value.rest()).substr(0, 4) == "drop"; }

  void read_line(Cursor line) {
    if (const auto value = after_key(line, "FCM")) {
      drop_frame_ = is_drop(*value);
    } else if (const auto words = words_of(line);
               !words.empty() && is_number(words.front().second)) {
      close_event();
      open_event(words);
    } else if (is_open_) {
      read_comment(line);
    }
    // TITLE, M2, SPLIT and other notes say nothing about where an event lies.
  }

  void open_event(const Words& words) {
    if (words.size() < 8)
      throw TextError(
          GST_HEART_ERROR_SYNTAX, words.back().first,
          "the event has " + std::to_string(words.size()) +
              " of its 8 fields; number, reel, track, transition and four timecodes were wanted");
    const auto* times = &words[words.size() - 4];  // source in and out, record in and out
    for (int i = 0; i < 2; ++i) read_timecode(times[i].second, times[i].first, rate_, drop_frame_);
    Event event;
    event.offset = words.front().first;
    event.stop_offset = times[3].first;
    event.begin = read_timecode(times[2].second, times[2].first, rate_, drop_frame_);
    event.end = read_timecode(times[3].second, times[3].first, rate_, drop_frame_);
    if (event.begin < start_ || event.end < start_)
      throw TextError(
          GST_HEART_ERROR_RANGE, times[2].first,
          quote(times[2].second) + " lies before the START of the programme; correct that line");
    event_ = event;
    is_open_ = true;
  }

  void read_comment(Cursor line) {
    const auto text_of = [](const Cursor& value) { return std::string(trim(value.rest())); };
    if (const auto value = after_comment(line, "FROM CLIP NAME")) event_.clip = text_of(*value);
    if (const auto value = after_comment(line, "COMMENT")) event_.comment = text_of(*value);
    read_marker(line);
  }

  /// DaVinci Resolve writes ` |C:ResolveColorBlue |M:name |D:12` below the event of a marker.
  void read_marker(Cursor line) {
    line.skip_blanks();
    while (line.take('|')) {
      const char key = line.peek();
      const bool has_value = line.peek(1) == ':';
      line.skip(has_value ? 2 : 0);
      const size_t offset = line.offset();
      const std::string_view value = trim(line.take_until("|"));
      if (has_value && key == 'M') event_.marker = value;
      if (has_value && key == 'D') {
        Cursor digits{value};
        const guint64 frames = read_count(digits, guint64{1} << 40);
        if (!digits.done() || value.empty() || frames == 0 || frames > guint64{1} << 40)
          throw TextError(
              GST_HEART_ERROR_SYNTAX, offset,
              quote(value) + " is not the length of a marker; a number of frames was wanted");
        event_.end = event_.begin + frames;
      }
    }
  }

  void close_event() {
    if (!is_open_) return;
    is_open_ = false;
    const Event& event = event_;
    const std::string& label = !event.marker.empty()    ? event.marker
                               : !event.comment.empty() ? event.comment
                                                        : event.clip;
    if (event.begin == event.end) {  // the first half of a dissolve has no length
      notices_.push_back({event.offset, "an event without length; passed over"});
    } else {
      const auto time = [&](guint64 frames) {
        return frames_to_time(frames - start_, rate_, event.stop_offset, "the event's end");
      };
      add_region(list_, GST_HEART_TRIGGER_FILE, time(event.begin), time(event.end), label,
                 event.stop_offset);
    }
  }

  FrameRate rate_;
  std::vector<Notice>& notices_;
  RegionList list_;
  guint64 start_ = 0;
  bool drop_frame_ = false;
  Event event_;  // holds something while is_open_
  bool is_open_ = false;
};

/// `#127`, a frame of MPlayer's list, or a time.
GstClockTime read_frame_or_time(Cursor& line, const FrameRate& rate) {
  if (line.peek() != '#') return read_time(line);
  const size_t offset = line.offset();
  Cursor ahead = line;
  const std::string_view found = ahead.take_until(" \t");
  line.skip(1);
  if (!starts_time(line) || !(line.peek() >= '0' && line.peek() <= '9'))
    throw TextError(GST_HEART_ERROR_SYNTAX, offset, quote(found) + " is not a frame; write #127");
  if (rate.n == 0) demand_rate(offset, found);
  const guint64 frames = read_count(line, guint64{1} << 40);
  if (frames > guint64{1} << 40)
    throw TextError(GST_HEART_ERROR_RANGE, offset, quote(found) + " is too large for a frame");
  return frames_to_time(frames, rate, offset, found);
}

bool is_mplayer_comment(const Cursor& line) {
  return line.done() || (line.peek() == '#' && !(line.peek(1) >= '0' && line.peek(1) <= '9'));
}

RegionList read_mplayer(Cursor text, FrameRate rate, std::vector<Notice>& notices) {
  Cursor settings = text;
  while (!settings.done()) {
    Cursor line = settings.take_line();
    if (line.peek() != '#') continue;
    while (line.take('#')) continue;
    for (std::string_view key : {"FPS", "FRAME RATE", "FRAMERATE"})
      if (const auto value = after_key(line, key)) rate = read_rate(*value);
  }

  RegionList list;
  while (!text.done()) {
    Cursor line = text.take_line();
    line.skip_blanks();
    const size_t begin = line.offset();
    if (is_mplayer_comment(line)) continue;
    const auto n_words = words_of(line).size();
    const GstClockTime start = read_frame_or_time(line, rate);
    line.skip_blanks();
    const size_t second = line.offset();
    if (n_words < 3)
      throw TextError(GST_HEART_ERROR_SYNTAX, second,
                      "the line has " + std::to_string(n_words) +
                          " of its three fields; write start end action, with action 0, 1, 2 or 3");
    const GstClockTime stop = read_frame_or_time(line, rate);
    line.skip_blanks();
    const size_t third = line.offset();
    const std::string_view action = line.take_until(" \t");
    if (action.size() != 1 || action[0] < '0' || action[0] > '3')
      throw TextError(
          GST_HEART_ERROR_SYNTAX, third,
          quote(action) +
              " is not an action; 0 (cut), 1 (mute), 2 (scene) or 3 (commercial) was wanted");
    if (action[0] == '2') {
      notices.push_back({begin, "a scene marker is an instant, not a region; passed over"});
      continue;
    }
    add_region(list, GST_HEART_TRIGGER_FILE, start, stop, trim(line.rest()), second);
  }
  return list;
}

}  // namespace

bool is_cmx_line(Cursor line) {
  const auto words = words_of(line);
  return words.size() >= 8 && is_number(words.front().second) &&
         std::any_of(words.end() - 4, words.end(),
                     [](auto& word) { return is_timecode(word.second); });
}

RegionList read_edl(Cursor text, unsigned fps_n, unsigned fps_d, std::vector<Notice>& notices) {
  FrameRate rate;
  if (fps_n && fps_d) rate = {fps_n, fps_d};
  for (Cursor ahead = text; !ahead.done();) {
    Cursor line = ahead.take_line();
    line.skip_blanks();
    if (line.done()) continue;
    const bool is_cmx = is_cmx_line(line) || after_key(line, "TITLE") || after_key(line, "FCM") ||
                        line.peek() == '*';
    if (is_cmx) return CmxReader(rate, notices).read(text);
    if (!is_mplayer_comment(line)) break;
  }
  return read_mplayer(text, rate, notices);
}

}  // namespace heart
