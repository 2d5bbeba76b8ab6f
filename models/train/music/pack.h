// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Files of music: one packed file of many pieces for a trainer, and WAV with JSON for people.
// The packed format, little-endian: "HMUSIC01", u32 pieces, u32 rate; then for each piece u64 seed,
// u32 samples per channel, u32 bytes of style, of tags, of lyrics, these texts, and the samples as
// interleaved stereo int16, full scale 32767.

#pragma once

#include "models/train/music/music_source.h"

#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

namespace heart::music {

class PackWriter {
 public:
  /// Errors   heart::Error{kFile}: the file cannot be made
  explicit PackWriter(const std::string& path);
  void add(const Piece& piece);
  /// Writes the number of pieces into the header. Errors  heart::Error{kFile}: the disk was full
  void close();

 private:
  std::string path_;
  std::ofstream file_;
  uint32_t pieces_ = 0;
};

/// Reads the index at once and the samples on demand. One thread per object.
class PackReader {
 public:
  struct Entry {
    uint64_t seed = 0;
    size_t samples = 0;  // per channel
    std::string style, tags, lyrics;
    uint64_t offset = 0;
  };
  /// Errors   heart::Error{kFile}: not such a file, or cut off
  explicit PackReader(const std::string& path);
  const std::vector<Entry>& entries() const { return entries_; }
  /// `length` samples from `begin` on of one piece. Errors  heart::Error{kInput}: beyond its end
  Planes read(size_t index, size_t begin, size_t length);
  Piece read(size_t index);

 private:
  std::string path_;
  std::ifstream file_;
  std::vector<Entry> entries_;
};

/// 16-bit stereo at 48 kHz. Errors  heart::Error{kFile}: the file cannot be written
void write_wav(const std::string& path, const Planes& audio);
/// Seed, style, tags, lyrics and what is known of the song.
void write_json(const std::string& path, const Piece& piece, const Song& song);
/// A standard MIDI file, format 0, of the song's sampled view.
void write_midi(const std::string& path, const Song& song);

}  // namespace heart::music
