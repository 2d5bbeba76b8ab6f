// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/sidecar/torch_file.h"

#include "models/base/error.h"
#include "models/checkpoint/json_text.h"
#include "models/sidecar/integer_array.h"
#include "models/sidecar/pickle.h"
#include "models/sidecar/stored_zip.h"

#include <algorithm>
#include <cstring>
#include <optional>

namespace heart {
namespace {

using Kind = PickleValue::Kind;

// A tensor's pickle has some 200 bytes. Values take more room than their opcodes, so they are bounded.
constexpr size_t kMaxPickleBytes = 1 << 20;

constexpr char kZipMagic[] = "PK\x03\x04";
constexpr char kPickleMagic = '\x80';
// What the older format begins with, pickled: 0x1950a86a20f9469cfc6c, lowest byte first.
constexpr char kLegacyMagic[] = "\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";
constexpr int64_t kLegacyVersion = 1001;

struct StorageType {
  const char* name;
  const char* type;  // as an error says it
  int width;         // 0: no codes
  bool is_signed;
};
constexpr StorageType kStorageTypes[] = {
    {"torch.ByteStorage", "uint8", 1, false},
    {"torch.CharStorage", "int8", 1, true},
    {"torch.ShortStorage", "int16", 2, true},
    {"torch.IntStorage", "int32", 4, true},
    {"torch.LongStorage", "int64", 8, true},
    {"torch.HalfStorage", "float16", 0, false},
    {"torch.BFloat16Storage", "bfloat16", 0, false},
    {"torch.FloatStorage", "float32", 0, false},
    {"torch.DoubleStorage", "float64", 0, false},
    {"torch.BoolStorage", "bool", 0, false},
    {"torch.ComplexFloatStorage", "complex64", 0, false},
    {"torch.ComplexDoubleStorage", "complex128", 0, false},
};

/// What the pickle says about the one tensor.
struct SavedTensor {
  const StorageType* type = nullptr;
  std::string key;       // of its storage
  int64_t elements = 0;  // of the storage
  int64_t first = 0;
  std::vector<int64_t> shape, strides;
};

class Reader {
 public:
  explicit Reader(const std::string& path) : path_(path) {}

  at::Tensor read_zip(const uint8_t* data, size_t size) const;
  at::Tensor read_legacy(const uint8_t* data, size_t size) const;

 private:
  [[noreturn]] void refuse(const std::string& what) const {
    throw Error(Fault::kFile, path_ + ": " + what);
  }
  SavedTensor tensor_of(const PickleValue& top) const;
  int64_t count_of(const PickleValue& value, const char* what) const;
  std::vector<int64_t> counts_of(const PickleValue& value, const char* what) const;
  at::Tensor values_of(const SavedTensor& saved, const uint8_t* data, uint64_t bytes,
                       bool is_big_endian) const;

  const std::string& path_;
};

int64_t Reader::count_of(const PickleValue& value, const char* what) const {
  if (!value.is(Kind::kInteger) || !value.text.empty() || value.integer < 0) {
    refuse(std::string(what) + " of the tensor is " + describe(value) + ", wanted a count");
  }
  return value.integer;
}

std::vector<int64_t> Reader::counts_of(const PickleValue& value, const char* what) const {
  if (!value.is(Kind::kTuple)) {
    refuse(std::string(what) + " of the tensor is " + describe(value) + ", wanted a tuple");
  }
  std::vector<int64_t> counts;
  for (const PickleValue* item : value.items) counts.push_back(count_of(*item, what));
  return counts;
}

SavedTensor Reader::tensor_of(const PickleValue& top) const {
  if (!top.is(Kind::kCall) || top.text != "torch._utils._rebuild_tensor_v2") {
    refuse("holds " + describe(top) + ", wanted one tensor: torch.save(codes, file)");
  }
  // (storage, first element, shape, strides, requires_grad, hooks[, metadata])
  const std::vector<const PickleValue*>& given = top.items.front()->items;
  if (given.size() < 6 || !given[0]->is(Kind::kPersistent)) {
    refuse("describes its tensor in an unknown way; which version of torch saved it?");
  }
  // ('storage', type, key, device, elements[, view])
  const PickleValue& identity = *given[0]->items.front();
  const auto& part = identity.items;
  if (!identity.is(Kind::kTuple) || part.size() < 5 || !part[0]->is(Kind::kText) ||
      part[0]->text != "storage" || !part[1]->is(Kind::kName) || !part[2]->is(Kind::kText)) {
    refuse("describes its storage in an unknown way; which version of torch saved it?");
  }
  if (part.size() > 5 && !part[5]->is(Kind::kNone)) {
    refuse("holds a view of another storage, as torch before 0.4 saved it; save codes.clone()");
  }
  SavedTensor saved;
  for (const StorageType& type : kStorageTypes) {
    if (part[1]->text == type.name) saved.type = &type;
  }
  if (!saved.type) refuse("has " + describe(*part[1]) + " as its type");
  if (saved.type->width == 0) refuse_type(path_, saved.type->type);
  saved.key = part[2]->text;
  saved.elements = count_of(*part[4], "the storage");
  saved.first = count_of(*given[1], "the first element");
  saved.shape = counts_of(*given[2], "the shape");
  saved.strides = counts_of(*given[3], "the strides");
  return saved;
}

at::Tensor Reader::values_of(const SavedTensor& saved, const uint8_t* data, uint64_t bytes,
                             bool is_big_endian) const {
  const auto width = static_cast<uint64_t>(saved.type->width);
  if (bytes % width != 0 || bytes / width != static_cast<uint64_t>(saved.elements)) {
    refuse("has a storage of " + std::to_string(bytes) + " bytes, " +
           std::to_string(saved.elements) + " elements of " + saved.type->type +
           " were announced; is the file damaged?");
  }
  IntegerArray array;
  array.data = data;
  array.bytes = bytes;
  array.width = saved.type->width;
  array.is_signed = saved.type->is_signed;
  array.is_big_endian = is_big_endian;
  array.shape = saved.shape;
  array.strides = saved.strides;
  array.first = saved.first;
  return to_int64(path_, array);
}

at::Tensor Reader::read_zip(const uint8_t* data, size_t size) const {
  const StoredZip zip(path_, data, size);
  // All members lie in one folder, whose name is the file's when it was saved.
  const std::string ending = "/data.pkl";
  std::optional<std::string> folder;
  for (const auto& [name, member] : zip.members()) {
    const size_t slash = name.find('/');
    if (slash != name.npos && name.compare(slash, name.npos, ending) == 0) {
      if (folder) refuse("is a zip archive with more than one data.pkl");
      folder = name.substr(0, slash + 1);
    }
  }
  if (!folder)
    refuse("is a zip archive without a data.pkl; torch.save(codes, file) makes one with it");
  const StoredZip::Member pickled = zip.members().at(*folder + "data.pkl");
  if (pickled.size > kMaxPickleBytes) refuse("has a pickle too long for one tensor");
  const Pickle pickle(path_, pickled.data, pickled.data + pickled.size);
  const SavedTensor saved = tensor_of(pickle.top());

  bool is_big_endian = false;
  const auto order = zip.members().find(*folder + "byteorder");
  if (order != zip.members().end()) {
    const std::string text(order->second.data,
                           order->second.data + std::min<uint64_t>(order->second.size, 16));
    if (text != "little" && text != "big") refuse("has an unknown order of bytes");
    is_big_endian = text == "big";
  }
  const auto storage = zip.members().find(*folder + "data/" + saved.key);
  if (storage == zip.members().end()) {
    refuse("lacks the storage " + shortened(saved.key) + " of its tensor; is the file damaged?");
  }
  return values_of(saved, storage->second.data, storage->second.size, is_big_endian);
}

at::Tensor Reader::read_legacy(const uint8_t* data, size_t size) const {
  // Pickles one behind the other: magic, version, system, object, keys; then length and bytes of each storage.
  const uint8_t* at = data;
  const uint8_t* const end = data + size;
  const auto end_of_pickle = [&] {
    return at + std::min<size_t>(static_cast<size_t>(end - at), kMaxPickleBytes);
  };
  const Pickle magic(path_, at, end_of_pickle());
  if (!magic.top().is(Kind::kInteger) ||
      magic.top().text != std::string(kLegacyMagic, sizeof kLegacyMagic - 1)) {
    refuse("is a pickle but none that torch.save wrote; wanted torch.save(codes, file)");
  }
  at = magic.end();
  const Pickle version(path_, at, end_of_pickle());
  if (!version.top().is(Kind::kInteger) || version.top().integer != kLegacyVersion) {
    refuse("has version " + describe(version.top()) + " of torch's older format, wanted " +
           std::to_string(kLegacyVersion));
  }
  at = version.end();
  const Pickle system(path_, at, end_of_pickle());
  bool is_big_endian = false;
  const auto& facts = system.top().items;
  for (size_t i = 0; system.top().is(Kind::kDict) && i + 1 < facts.size(); i += 2) {
    if (facts[i]->is(Kind::kText) && facts[i]->text == "little_endian") {
      is_big_endian = facts[i + 1]->is(Kind::kBool) && facts[i + 1]->integer == 0;
    }
  }
  at = system.end();
  const Pickle object(path_, at, end_of_pickle());
  const SavedTensor saved = tensor_of(object.top());
  at = object.end();
  const Pickle keys(path_, at, end_of_pickle());
  if (!keys.top().is(Kind::kList) || keys.top().items.size() != 1 ||
      !keys.top().items[0]->is(Kind::kText) || keys.top().items[0]->text != saved.key) {
    refuse("does not hold just the storage of its tensor");
  }
  at = keys.end();
  if (end - at < 8) refuse("ends before its values; is it cut off?");
  int64_t elements = 0;
  for (int i = 0; i < 8; ++i) {
    elements =
        static_cast<int64_t>(static_cast<uint64_t>(elements) << 8 | at[is_big_endian ? i : 7 - i]);
  }
  if (elements != saved.elements) {
    refuse("has a storage of " + std::to_string(elements) + " elements, " +
           std::to_string(saved.elements) + " were announced; is the file damaged?");
  }
  at += 8;
  return values_of(saved, at, static_cast<uint64_t>(end - at), is_big_endian);
}

}  // namespace

at::Tensor read_torch_file(const std::string& path, const std::string& bytes) {
  const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
  const Reader reader(path);
  if (bytes.compare(0, 4, kZipMagic) == 0) return reader.read_zip(data, bytes.size());
  if (!bytes.empty() && bytes[0] == kPickleMagic) return reader.read_legacy(data, bytes.size());
  throw Error(Fault::kFile, path + ": does not begin like a file of torch.save(codes, file)");
}

}  // namespace heart
