// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Members of a zip archive whose members are stored as they are, as torch.save writes them. Written here because
// libtorch's PyTorchStreamReader unpacks whatever size a header claims and, on a damaged archive, throws from
// its constructor without freeing it; zlib and minizip know nothing that stored members need. Checksums are not
// compared: torch.save can be told to leave them out. Free of torch.
// Source   PKWARE, APPNOTE.TXT 6.3.10, sections 4.3 to 4.5 (with Zip64)

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

namespace heart {

class StoredZip {
 public:
  struct Member {
    const uint8_t* data;
    uint64_t size;
  };

  /// Reads the table of contents of an archive that fills [data, data + size), which must outlive this.
  /// Errors   Error{kFile} "PATH: …": not a whole archive; a member that is compressed, encrypted, there
  ///          twice or not within the file
  StoredZip(const std::string& path, const uint8_t* data, size_t size);

  const std::map<std::string, Member>& members() const { return members_; }

 private:
  [[noreturn]] void refuse(const std::string& what) const;
  uint64_t number(uint64_t at, int bytes) const;
  void read_directory(uint64_t begin, uint64_t end, uint64_t count);

  const std::string path_;
  const uint8_t* const data_;
  const uint64_t size_;
  std::map<std::string, Member> members_;
};

}  // namespace heart
