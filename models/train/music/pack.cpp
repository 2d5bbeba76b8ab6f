// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/train/music/pack.h"

#include "models/base/error.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>

namespace heart::music {
namespace {

constexpr char kMagic[] = "HMUSIC01";

void put(std::ostream& out, uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out.put(static_cast<char>(value >> (8 * i)));
}

uint64_t get(std::istream& in, int bytes) {
  uint64_t value = 0;
  for (int i = 0; i < bytes; ++i) value |= static_cast<uint64_t>(in.get() & 255) << (8 * i);
  return value;
}

std::string text(std::istream& in, size_t bytes) {
  std::string out(bytes, '\0');
  in.read(out.data(), static_cast<std::streamsize>(bytes));
  return out;
}

std::vector<int16_t> interleave(const Planes& audio) {
  std::vector<int16_t> out(2 * length_of(audio));
  for (size_t t = 0; t < length_of(audio); ++t)
    for (size_t c = 0; c < 2; ++c)
      out[2 * t + c] =
          static_cast<int16_t>(std::lround(std::clamp(audio[c][t], -1.0f, 1.0f) * 32767));
  return out;
}

void put_samples(std::ostream& out, const Planes& audio) {
  const std::vector<int16_t> samples =
      interleave(audio);  // little-endian machines only, as all of ours
  out.write(reinterpret_cast<const char*>(samples.data()),
            static_cast<std::streamsize>(samples.size() * 2));
}

[[noreturn]] void fail(const std::string& path, const std::string& what) {
  throw Error(Fault::kFile, path + ": " + what);
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '\n')
      out += "\\n";
    else if (c == '"' || c == '\\')
      (out += '\\') += c;
    else
      out += c;
  }
  return out + "\"";
}

}  // namespace

PackWriter::PackWriter(const std::string& path) : path_(path), file_(path, std::ios::binary) {
  if (!file_) fail(path, "cannot be written; does its folder exist?");
  file_.write(kMagic, 8);
  put(file_, 0, 4);
  put(file_, Renderer::kRateHz, 4);
}

void PackWriter::add(const Piece& piece) {
  put(file_, piece.seed, 8);
  put(file_, length_of(piece.audio), 4);
  for (const std::string* words : {&piece.style, &piece.tags, &piece.lyrics})
    put(file_, words->size(), 4);
  file_ << piece.style << piece.tags << piece.lyrics;
  put_samples(file_, piece.audio);
  ++pieces_;
}

void PackWriter::close() {
  file_.seekp(8);
  put(file_, pieces_, 4);
  file_.close();
  if (!file_) fail(path_, "could not be written to its end; is the disk full?");
}

PackReader::PackReader(const std::string& path) : path_(path), file_(path, std::ios::binary) {
  if (!file_) fail(path, "cannot be opened");
  file_.seekg(0, std::ios::end);
  const uint64_t size = static_cast<uint64_t>(file_.tellg());
  file_.seekg(0);
  if (size < 16 || text(file_, 8) != kMagic)
    fail(path, "is no packed music; heart-music pack makes it");
  const uint64_t pieces = get(file_, 4);
  if (get(file_, 4) != Renderer::kRateHz) fail(path, "has another rate than 48000 Hz");
  for (uint64_t i = 0; i < pieces; ++i) {
    Entry entry;
    entry.seed = get(file_, 8);
    entry.samples = get(file_, 4);
    const size_t lengths[3] = {get(file_, 4), get(file_, 4), get(file_, 4)};
    const uint64_t here = static_cast<uint64_t>(file_.tellg());
    const uint64_t end = here + lengths[0] + lengths[1] + lengths[2] + 4 * entry.samples;
    if (!file_ || end > size)
      fail(path, "ends within piece " + std::to_string(i) + "; copy it again");
    entry.style = text(file_, lengths[0]);
    entry.tags = text(file_, lengths[1]);
    entry.lyrics = text(file_, lengths[2]);
    entry.offset = end - 4 * entry.samples;
    entries_.push_back(entry);
    file_.seekg(static_cast<std::streamoff>(end));
  }
}

Planes PackReader::read(size_t index, size_t begin, size_t length) {
  if (index >= entries_.size() || begin + length > entries_[index].samples)
    throw Error(Fault::kInput, path_ + ": samples " + std::to_string(begin) + "…" +
                                   std::to_string(begin + length) + " of piece " +
                                   std::to_string(index) + " are beyond its end");
  std::vector<int16_t> samples(2 * length);
  file_.seekg(static_cast<std::streamoff>(entries_[index].offset + 4 * begin));
  file_.read(reinterpret_cast<char*>(samples.data()), static_cast<std::streamsize>(4 * length));
  if (!file_) fail(path_, "cannot be read");
  Planes out = make_planes(2, length);
  for (size_t t = 0; t < length; ++t)
    for (size_t c = 0; c < 2; ++c) out[c][t] = static_cast<float>(samples[2 * t + c]) / 32767.0f;
  return out;
}

Piece PackReader::read(size_t index) {
  Piece piece;
  piece.audio = read(index, 0, index < entries_.size() ? entries_[index].samples : 1);
  const Entry& entry = entries_[index];
  piece.seed = entry.seed;
  piece.style = entry.style;
  piece.tags = entry.tags;
  piece.lyrics = entry.lyrics;
  return piece;
}

void write_wav(const std::string& path, const Planes& audio) {
  std::ofstream out(path, std::ios::binary);
  const uint64_t bytes = 4 * length_of(audio);
  out << "RIFF";
  put(out, 36 + bytes, 4);
  out << "WAVEfmt ";
  put(out, 16, 4);
  put(out, 1, 2);  // PCM
  put(out, 2, 2);
  put(out, Renderer::kRateHz, 4);
  put(out, Renderer::kRateHz * 4, 4);
  put(out, 4, 2);
  put(out, 16, 2);
  out << "data";
  put(out, bytes, 4);
  put_samples(out, audio);
  out.close();
  if (!out) fail(path, "could not be written; does its folder exist, is the disk full?");
}

void write_json(const std::string& path, const Piece& piece, const Song& song) {
  std::ofstream out(path);
  out << "{\"seed\": " << piece.seed << ", \"style\": " << quoted(piece.style)
      << ", \"bpm\": " << song.bpm << ", \"metre\": \"" << song.metre_count << "/"
      << song.metre_unit << "\", \"key\": " << song.key << ", \"mode\": " << quoted(song.mode)
      << ",\n \"tags\": " << quoted(piece.tags) << ",\n \"lyrics\": " << quoted(piece.lyrics)
      << ",\n \"sections\": [";
  for (size_t i = 0; i < song.sections.size(); ++i)
    out << (i > 0 ? ", " : "") << "{\"name\": " << quoted(song.sections[i].name)
        << ", \"seconds\": " << song.seconds_at(song.sections[i].beat) << "}";
  out << "]}\n";
  out.close();
  if (!out) fail(path, "could not be written; does its folder exist, is the disk full?");
}

void write_midi(const std::string& path, const Song& song) {
  constexpr double kTicks = 480;  // per beat
  struct Event {
    long tick;
    int order;
    std::string bytes;
  };
  std::vector<Event> events;
  auto tick = [](double beat) { return std::lround(std::max(0.0, beat) * kTicks); };
  auto add = [&](long at, int order, std::initializer_list<int> bytes) {
    Event event{at, order, {}};
    for (int b : bytes) event.bytes.push_back(static_cast<char>(b));
    events.push_back(event);
  };
  for (const Tempo& tempo : song.tempo) {
    const int us = static_cast<int>(60e6 / tempo.bpm);
    add(tick(tempo.beat), 0, {0xFF, 0x51, 3, us >> 16 & 255, us >> 8 & 255, us & 255});
  }
  int next = 0;
  for (const Part& part : song.parts) {
    if (part.notes.empty() || next > 15) continue;
    const int channel = part.is_drums ? 9 : next;
    if (!part.is_drums) next += next == 8 ? 2 : 1;
    add(0, 0, {0xC0 | channel, part.program});
    add(0, 0, {0xB0 | channel, 7, part.volume});
    add(0, 0, {0xB0 | channel, 10, part.pan});
    add(0, 0, {0xB0 | channel, 91, part.reverb});
    add(0, 0, {0xB0 | channel, 93, part.chorus});
    for (const Control& control : part.controls) {
      const int bend = std::clamp(control.value + 8192, 0, 16383);
      if (control.number == Control::kBend)
        add(tick(control.beat), 1, {0xE0 | channel, bend & 127, bend >> 7});
      else
        add(tick(control.beat), 1,
            {0xB0 | channel, control.number, std::clamp(control.value, 0, 127)});
    }
    for (const Note& note : part.notes) {
      add(tick(note.beat), 3, {0x90 | channel, note.pitch, note.velocity});
      add(std::max(tick(note.beat) + 10, tick(note.beat + note.length) - 5), 2,
          {0x80 | channel, note.pitch, 0});
    }
  }
  std::stable_sort(events.begin(), events.end(), [](const Event& a, const Event& b) {
    return a.tick != b.tick ? a.tick < b.tick : a.order < b.order;
  });
  std::string track;
  long last = 0;
  for (const Event& event : events) {
    const unsigned long delta = static_cast<unsigned long>(event.tick - last);
    last = event.tick;
    for (int shift = 21; shift > 0; shift -= 7)
      if (delta >> shift != 0) track.push_back(static_cast<char>(0x80 | (delta >> shift & 127)));
    track.push_back(static_cast<char>(delta & 127));
    track += event.bytes;
  }
  track += std::string("\x00\xFF\x2F\x00", 4);
  std::ofstream out(path, std::ios::binary);
  out << std::string("MThd\0\0\0\6\0\0\0\1\1\xE0", 14) << "MTrk";
  for (int shift = 24; shift >= 0; shift -= 8) out.put(static_cast<char>(track.size() >> shift));
  out << track;
  out.close();
  if (!out) fail(path, "could not be written");
}

}  // namespace heart::music
