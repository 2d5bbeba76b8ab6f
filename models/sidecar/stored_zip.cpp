// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/sidecar/stored_zip.h"

#include "models/base/error.h"
#include "models/checkpoint/json_text.h"

namespace heart {
namespace {

constexpr uint32_t kLocalHeader = 0x04034b50;
constexpr uint32_t kDirectoryEntry = 0x02014b50;
constexpr uint32_t kDirectoryEnd = 0x06054b50;
constexpr uint32_t kDirectoryEnd64 = 0x06064b50;
constexpr uint32_t kLocator64 = 0x07064b50;
constexpr uint64_t kLocalHeaderBytes = 30;
constexpr uint64_t kDirectoryEntryBytes = 46;
constexpr uint64_t kDirectoryEndBytes = 22;
constexpr uint64_t kDirectoryEnd64Bytes = 56;
constexpr uint64_t kLocator64Bytes = 20;
constexpr uint64_t kMaxComment = 65535;
constexpr uint64_t kElsewhere = 0xFFFFFFFF;  // the number stands in the Zip64 field
constexpr uint16_t kField64 = 0x0001;

}  // namespace

void StoredZip::refuse(const std::string& what) const {
  throw Error(Fault::kFile, path_ + ": as a zip archive it " + what);
}

uint64_t StoredZip::number(uint64_t at, int bytes) const {
  if (at > size_ || size_ - at < static_cast<uint64_t>(bytes))
    refuse("ends too early; is it cut off?");
  uint64_t value = 0;
  for (int i = bytes; i-- > 0;) value = value << 8 | data_[at + i];
  return value;
}

StoredZip::StoredZip(const std::string& path, const uint8_t* data, size_t size)
    : path_(path), data_(data), size_(size) {
  // The end record stands last, before a comment of unknown length.
  if (size_ < kDirectoryEndBytes) refuse("is too short; is it cut off?");
  uint64_t end = size_ - kDirectoryEndBytes;
  const uint64_t stop = end > kMaxComment ? end - kMaxComment : 0;
  while (number(end, 4) != kDirectoryEnd ||
         number(end + 20, 2) != size_ - end - kDirectoryEndBytes) {
    if (end == stop) refuse("has no table of contents; is it cut off?");
    --end;
  }
  uint64_t count = number(end + 10, 2);
  uint64_t bytes = number(end + 12, 4);
  uint64_t begin = number(end + 16, 4);
  if (end >= kLocator64Bytes && number(end - kLocator64Bytes, 4) == kLocator64) {
    end = number(end - kLocator64Bytes + 8, 8);
    if (number(end, 4) != kDirectoryEnd64) refuse("has a damaged table of contents");
    if (size_ - end < kDirectoryEnd64Bytes) refuse("ends too early; is it cut off?");
    count = number(end + 32, 8);
    bytes = number(end + 40, 8);
    begin = number(end + 48, 8);
  }
  if (begin > end || bytes > end - begin) refuse("has a table of contents outside itself");
  read_directory(begin, begin + bytes, count);
}

void StoredZip::read_directory(uint64_t begin, uint64_t end, uint64_t count) {
  uint64_t at = begin;
  for (uint64_t n = 0; n < count; ++n) {
    if (end - at < kDirectoryEntryBytes || number(at, 4) != kDirectoryEntry) {
      refuse("has a damaged table of contents");
    }
    const uint64_t flags = number(at + 8, 2);
    const uint64_t method = number(at + 10, 2);
    uint64_t packed = number(at + 20, 4);
    uint64_t size = number(at + 24, 4);
    const uint64_t name_bytes = number(at + 28, 2);
    const uint64_t extra_bytes = number(at + 30, 2);
    const uint64_t comment_bytes = number(at + 32, 2);
    uint64_t place = number(at + 42, 4);
    if (end - at - kDirectoryEntryBytes < name_bytes + extra_bytes + comment_bytes) {
      refuse("has a damaged table of contents");
    }
    const char* const text = reinterpret_cast<const char*>(data_ + at + kDirectoryEntryBytes);
    const std::string name(text, name_bytes);
    const std::string who = shortened(name);

    // The Zip64 field holds, in this order, those numbers that did not fit.
    uint64_t field = at + kDirectoryEntryBytes + name_bytes;
    const uint64_t fields_end = field + extra_bytes;
    while (fields_end - field >= 4) {
      const uint64_t field_end = field + 4 + number(field + 2, 2);
      if (field_end > fields_end) break;  // padding, which some writers leave here
      if (number(field, 2) == kField64) {
        uint64_t from = field + 4;
        for (uint64_t* value : {&size, &packed, &place}) {
          if (*value != kElsewhere) continue;
          if (field_end - from < 8) refuse("has a damaged size of " + who);
          *value = number(from, 8);
          from += 8;
        }
      }
      field = field_end;
    }
    at += kDirectoryEntryBytes + name_bytes + extra_bytes + comment_bytes;

    if (flags & 1) refuse("has the encrypted member " + who);
    if (method != 0 || packed != size) {
      refuse("has the compressed member " + who + "; torch.save stores them, was it packed again?");
    }
    if (number(place, 4) != kLocalHeader) refuse("has no member " + who + " where it should be");
    const uint64_t from = place + kLocalHeaderBytes + number(place + 26, 2) + number(place + 28, 2);
    if (from > size_ || size > size_ - from) refuse("ends within " + who + "; is it cut off?");
    if (!members_.emplace(name, Member{data_ + from, size}).second) {
      refuse("has " + who + " twice");
    }
  }
}

}  // namespace heart
