// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Reading and writing safetensors files: 8 bytes of header length, a JSON header that names each
// tensor's type, shape and place, then the bytes. Files are mapped, never read as a whole; whatever a
// header says is checked before it is believed.
// Source   github.com/huggingface/safetensors, "Format" (limits and checks are those of its reader)

#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace heart {

/// "[8, 32]", as every text about shapes writes it.
std::string shape_text(at::IntArrayRef shape);

/// What a safetensors header calls a type, "F32", "BF16", …; and back. Undefined for what ATen cannot hold.
const char* safetensors_name(at::ScalarType dtype);
at::ScalarType safetensors_dtype(const std::string& name);

/// A safetensors file, mapped read-only. Tensors are views of the mapping and keep it alive.
/// Errors   Error{kFile} from open for anything that is not a whole, consistent file
/// Threads  const and re-entrant
/// Mind     writing to a returned tensor faults; the file must not shrink while it is mapped
class SafetensorsFile : public std::enable_shared_from_this<SafetensorsFile> {
 public:
  struct Entry {
    at::ScalarType dtype = at::ScalarType::Undefined;  // Undefined: a type that ATen cannot hold
    std::string type;                                  // as the header spells it
    std::vector<int64_t> shape;
    uint64_t begin = 0;  // bytes from the start of the data
    uint64_t end = 0;
  };

  static std::shared_ptr<const SafetensorsFile> open(const std::string& path);
  ~SafetensorsFile();
  SafetensorsFile(const SafetensorsFile&) = delete;
  SafetensorsFile& operator=(const SafetensorsFile&) = delete;

  const std::string& path() const { return path_; }
  const std::map<std::string, Entry>& entries() const { return entries_; }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  uint64_t data_bytes() const { return size_ - data_begin_; }

  /// The tensor as stored; nothing is read from disk before its values are. An oddly aligned one is
  /// copied. Error{kFile} for an unknown name or a type that ATen cannot hold.
  at::Tensor tensor(const std::string& name) const;

  /// Tells the system that the pages of this tensor are not needed any more (after a conversion), so
  /// that loading with another type never holds both versions.
  void release_pages(const std::string& name) const;

 private:
  SafetensorsFile(std::string path, const uint8_t* map, uint64_t size);
  void parse();

  std::string path_;
  const uint8_t* map_;
  uint64_t size_;
  uint64_t data_begin_ = 0;
  std::map<std::string, Entry> entries_;
  std::map<std::string, std::string> metadata_;
};

/// Writes one safetensors file tensor by tensor, so that a checkpoint larger than memory can be made.
/// The bytes go to PATH.part; finish() renames it, and an unfinished writer removes it.
/// Errors   Error{kFile} with the path and the system's reason; kInternal for a tensor out of turn
/// Threads  one at a time
class SafetensorsWriter {
 public:
  struct Item {
    std::string name;
    at::ScalarType dtype;
    std::vector<int64_t> shape;
  };

  SafetensorsWriter(const std::string& path, std::vector<Item> items,
                    const std::map<std::string, std::string>& metadata = {});
  ~SafetensorsWriter();
  SafetensorsWriter(const SafetensorsWriter&) = delete;
  SafetensorsWriter& operator=(const SafetensorsWriter&) = delete;

  /// The next tensor, in the order of `items`; converted to the item's type, from any device.
  void write(const at::Tensor& tensor);
  /// Errors if tensors are still missing. Makes the file visible under its name.
  void finish();

 private:
  void put(const void* bytes, size_t count);

  std::string path_, part_path_;
  std::vector<Item> items_;
  size_t next_ = 0;
  std::FILE* file_ = nullptr;
};

/// All at once, in the given order.
void write_safetensors(const std::string& path,
                       const std::vector<std::pair<std::string, at::Tensor>>& tensors,
                       const std::map<std::string, std::string>& metadata = {});

}  // namespace heart
