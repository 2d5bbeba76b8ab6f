// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/checkpoint/safetensors.h"

#include "models/base/error.h"
#include "models/checkpoint/json_text.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/mman.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace heart {
namespace {

constexpr uint64_t kMaxHeaderBytes = 100'000'000;  // the limit of the original reader
constexpr size_t kMaxDims = 64;                    // ATen's own bound for iterating tensors

struct Type {
  const char* name;
  at::ScalarType dtype;
  uint64_t bytes;
};
constexpr at::ScalarType kNone = at::ScalarType::Undefined;
constexpr Type kTypes[] = {
    {"F32", at::kFloat, 4},  {"BF16", at::kBFloat16, 2}, {"F16", at::kHalf, 2},
    {"F64", at::kDouble, 8}, {"I64", at::kLong, 8},      {"I32", at::kInt, 4},
    {"I16", at::kShort, 2},  {"I8", at::kChar, 1},       {"U8", at::kByte, 1},
    {"BOOL", at::kBool, 1},  {"U16", kNone, 2},          {"U32", kNone, 4},
    {"U64", kNone, 8},       {"F8_E4M3", kNone, 1},      {"F8_E5M2", kNone, 1},
};

const Type* find_type(const std::string& name) {
  for (const Type& type : kTypes) {
    if (name == type.name) return &type;
  }
  return nullptr;
}

std::string system_reason() {
  return std::generic_category().message(errno);
}

[[noreturn]] void refuse(const std::string& path, const std::string& what) {
  throw Error(Fault::kFile, path + ": " + what);
}

/// a · b, or nothing where it does not fit into 63 bits.
bool multiply(uint64_t a, uint64_t b, uint64_t* product) {
  return !__builtin_mul_overflow(a, b, product) && *product <= INT64_MAX;
}

}  // namespace

std::string shape_text(at::IntArrayRef shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + "]";
}

const char* safetensors_name(at::ScalarType dtype) {
  for (const Type& type : kTypes) {
    if (dtype == type.dtype) return type.name;
  }
  throw Error(Fault::kInternal, std::string("no safetensors type for ") + at::toString(dtype));
}

at::ScalarType safetensors_dtype(const std::string& name) {
  const Type* type = find_type(name);
  return type ? type->dtype : kNone;
}

std::shared_ptr<const SafetensorsFile> SafetensorsFile::open(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // no wait for a pipe
  if (fd < 0) refuse(path, "cannot be opened: " + system_reason());
  struct stat info;
  if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    ::close(fd);
    refuse(path, "is not a regular file; a safetensors file was wanted");
  }
  const uint64_t size = static_cast<uint64_t>(info.st_size);
  if (size < 8) {
    ::close(fd);
    refuse(path, "has " + std::to_string(size) +
                     " bytes, too short for a safetensors file; truncated download?");
  }
  void* map = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
  const std::string reason = map == MAP_FAILED ? system_reason() : "";
  ::close(fd);
  if (map == MAP_FAILED) refuse(path, "cannot be mapped: " + reason);
  std::shared_ptr<SafetensorsFile> file(
      new SafetensorsFile(path, static_cast<const uint8_t*>(map), size));
  file->parse();
  return file;
}

SafetensorsFile::SafetensorsFile(std::string path, const uint8_t* map, uint64_t size)
    : path_(std::move(path)), map_(map), size_(size) {}

SafetensorsFile::~SafetensorsFile() {
  munmap(const_cast<uint8_t*>(map_), size_);
}

void SafetensorsFile::parse() {
  uint64_t header_bytes = 0;
  for (int i = 7; i >= 0; --i) header_bytes = header_bytes << 8 | map_[i];
  if (header_bytes > kMaxHeaderBytes) {
    refuse(path_, "says its header has " + std::to_string(header_bytes) +
                      " bytes, more than any safetensors file; is it another format?");
  }
  if (header_bytes > size_ - 8) {
    refuse(path_, "has a header of " + std::to_string(header_bytes) + " bytes but only " +
                      std::to_string(size_) + " bytes in all; truncated download?");
  }
  data_begin_ = 8 + header_bytes;

  const char* begin = reinterpret_cast<const char*>(map_ + 8);
  const nlohmann::json header = parse_json(begin, begin + header_bytes, path_ + ": the header ");
  if (!header.is_object()) refuse(path_, "has a header that is not a JSON object");

  for (const auto& [name, item] : header.items()) {
    if (name == "__metadata__") {
      if (!item.is_object()) refuse(path_, "__metadata__ is not an object");
      for (const auto& [key, value] : item.items()) {
        if (!value.is_string())
          refuse(path_, "__metadata__." + shortened(key) + " is not a string");
        metadata_[key] = value.get<std::string>();
      }
      continue;
    }
    const std::string who = shortened(name);
    if (!item.is_object() || !item.contains("dtype") || !item["dtype"].is_string() ||
        !item.contains("shape") || !item["shape"].is_array() || !item.contains("data_offsets") ||
        !item["data_offsets"].is_array() || item["data_offsets"].size() != 2) {
      refuse(path_, who + " lacks a dtype, shape or pair of data_offsets");
    }
    Entry entry;
    entry.type = item["dtype"].get<std::string>();
    const Type* type = find_type(entry.type);
    if (!type) refuse(path_, who + " has the unknown type " + shortened(entry.type));
    entry.dtype = type->dtype;
    if (item["shape"].size() > kMaxDims) refuse(path_, who + " has too many dimensions");
    uint64_t bytes = type->bytes;
    for (const auto& dim : item["shape"]) {
      if (!dim.is_number_unsigned() || dim.get<uint64_t>() > INT64_MAX) {
        refuse(path_, who + " has a dimension that is not a count");
      }
      entry.shape.push_back(dim.get<int64_t>());
    }
    // An empty tensor may not hide an absurd product behind its zero, so zeros are taken last.
    bool is_empty = false;
    for (int64_t dim : entry.shape) {
      if (dim == 0) is_empty = true;
      if (dim != 0 && !multiply(bytes, static_cast<uint64_t>(dim), &bytes)) {
        refuse(path_, who + " has the shape " + shape_text(entry.shape) + ", which overflows");
      }
    }
    if (is_empty) bytes = 0;
    const auto& offsets = item["data_offsets"];
    if (!offsets[0].is_number_unsigned() || !offsets[1].is_number_unsigned()) {
      refuse(path_, who + " has data_offsets that are not counts");
    }
    entry.begin = offsets[0].get<uint64_t>();
    entry.end = offsets[1].get<uint64_t>();
    if (entry.begin > entry.end || entry.end > data_bytes()) {
      refuse(path_, who + " lies at bytes " + std::to_string(entry.begin) + " to " +
                        std::to_string(entry.end) + " of " + std::to_string(data_bytes()) +
                        " bytes of data; truncated download?");
    }
    if (entry.end - entry.begin != bytes) {
      refuse(path_, who + " has " + std::to_string(entry.end - entry.begin) + " bytes, " +
                        entry.type + " " + shape_text(entry.shape) + " needs " +
                        std::to_string(bytes));
    }
    entries_.emplace(name, std::move(entry));
  }

  std::vector<const std::pair<const std::string, Entry>*> by_place;
  for (const auto& item : entries_) by_place.push_back(&item);
  std::sort(by_place.begin(), by_place.end(), [](auto* a, auto* b) {
    return std::make_pair(a->second.begin, a->second.end) <
           std::make_pair(b->second.begin, b->second.end);
  });
  uint64_t covered = 0;
  for (const auto* item : by_place) {
    if (item->second.begin < covered) {
      refuse(path_, shortened(item->first) + " overlaps the tensor before it");
    }
    if (item->second.begin > covered) {
      refuse(path_, std::to_string(item->second.begin - covered) + " bytes before " +
                        shortened(item->first) + " belong to no tensor");
    }
    covered = item->second.end;
  }
  if (covered != data_bytes()) {
    refuse(path_, std::to_string(data_bytes() - covered) +
                      " bytes at the end belong to no tensor; is the file damaged?");
  }
}

at::Tensor SafetensorsFile::tensor(const std::string& name) const {
  const auto found = entries_.find(name);
  if (found == entries_.end()) refuse(path_, "holds no tensor " + shortened(name));
  const Entry& entry = found->second;
  if (entry.dtype == kNone)
    refuse(path_, shortened(name) + " is " + entry.type + ", which is not read");
  if (entry.begin == entry.end) return at::empty(entry.shape, at::dtype(entry.dtype));
  uint8_t* bytes = const_cast<uint8_t*>(map_ + data_begin_ + entry.begin);
  auto self = shared_from_this();
  const auto options = at::TensorOptions().dtype(entry.dtype);
  if (reinterpret_cast<uintptr_t>(bytes) % at::elementSize(entry.dtype) != 0) {
    at::Tensor copy = at::empty(entry.shape, options);
    std::memcpy(copy.data_ptr(), bytes, entry.end - entry.begin);
    return copy;
  }
  return at::from_blob(
      bytes, entry.shape, [self](void*) {}, options);
}

void SafetensorsFile::release_pages(const std::string& name) const {
  const auto found = entries_.find(name);
  if (found == entries_.end()) return;
  const uintptr_t page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  const uintptr_t base = reinterpret_cast<uintptr_t>(map_ + data_begin_);
  const uintptr_t begin = (base + found->second.begin + page - 1) / page * page;
  const uintptr_t end = (base + found->second.end) / page * page;
  if (begin < end) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
}

SafetensorsWriter::SafetensorsWriter(const std::string& path, std::vector<Item> items,
                                     const std::map<std::string, std::string>& metadata)
    : path_(path), part_path_(path + ".part"), items_(std::move(items)) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  uint64_t offset = 0;
  for (const Item& item : items_) {
    if (header.contains(item.name)) {
      throw Error(Fault::kInternal, path_ + ": " + item.name + " would be written twice");
    }
    uint64_t bytes = at::elementSize(item.dtype);
    for (int64_t dim : item.shape) bytes *= static_cast<uint64_t>(dim);
    header[item.name] = {{"dtype", safetensors_name(item.dtype)},
                         {"shape", item.shape},
                         {"data_offsets", {offset, offset + bytes}}};
    offset += bytes;
  }
  std::string text = header.dump();
  text.append((8 - text.size() % 8) % 8, ' ');  // so that the data is aligned
  file_ = std::fopen(part_path_.c_str(), "wb");
  if (!file_) refuse(part_path_, "cannot be written: " + system_reason());
  uint8_t length[8];
  for (int i = 0; i < 8; ++i) length[i] = static_cast<uint8_t>(text.size() >> (8 * i));
  put(length, 8);
  put(text.data(), text.size());
}

SafetensorsWriter::~SafetensorsWriter() {
  if (file_) {
    std::fclose(file_);
    std::remove(part_path_.c_str());
  }
}

void SafetensorsWriter::put(const void* bytes, size_t count) {
  if (std::fwrite(bytes, 1, count, file_) != count) {
    refuse(part_path_, "cannot be written: " + system_reason());
  }
}

void SafetensorsWriter::write(const at::Tensor& tensor) {
  if (next_ == items_.size())
    throw Error(Fault::kInternal, path_ + ": more tensors than announced");
  const Item& item = items_[next_++];
  if (tensor.sizes() != at::IntArrayRef(item.shape)) {
    throw Error(Fault::kInternal, path_ + ": " + item.name + " is " + shape_text(tensor.sizes()) +
                                      ", announced as " + shape_text(item.shape));
  }
  const at::Tensor plain = tensor.detach().to(at::kCPU, item.dtype).contiguous();
  put(plain.data_ptr(), plain.numel() * plain.element_size());
}

void SafetensorsWriter::finish() {
  if (next_ != items_.size()) {
    throw Error(Fault::kInternal, path_ + ": " + items_[next_].name + " was never written");
  }
  const bool is_flushed = std::fflush(file_) == 0 && fsync(fileno(file_)) == 0;
  const std::string reason = is_flushed ? "" : system_reason();
  std::fclose(file_);
  file_ = nullptr;
  if (!is_flushed || std::rename(part_path_.c_str(), path_.c_str()) != 0) {
    const std::string why = is_flushed ? system_reason() : reason;
    std::remove(part_path_.c_str());
    refuse(path_, "cannot be written: " + why);
  }
}

void write_safetensors(const std::string& path,
                       const std::vector<std::pair<std::string, at::Tensor>>& tensors,
                       const std::map<std::string, std::string>& metadata) {
  std::vector<SafetensorsWriter::Item> items;
  for (const auto& [name, tensor] : tensors) {
    items.push_back({name, tensor.scalar_type(), tensor.sizes().vec()});
  }
  SafetensorsWriter writer(path, std::move(items), metadata);
  for (const auto& named : tensors) writer.write(named.second);
  writer.finish();
}

}  // namespace heart
