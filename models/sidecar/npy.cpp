// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/sidecar/npy.h"

#include "models/base/error.h"
#include "models/checkpoint/json_text.h"
#include "models/checkpoint/safetensors.h"
#include "models/sidecar/integer_array.h"

#include <cctype>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace heart {
namespace {

constexpr char kMagic[] = "\x93NUMPY";
constexpr size_t kMagicBytes = 6;

/// The header: {'descr': '<i8', 'fortran_order': False, 'shape': (8, 100), }, keys in any order.
class Header {
 public:
  Header(const std::string& path, const char* begin, const char* end)
      : path_(path), at_(begin), end_(end) {
    expect('{');
    while (!take('}')) {
      const std::string key = quoted();
      expect(':');
      if (key == "descr") {
        read_type();
      } else if (key == "fortran_order") {
        is_fortran_order = boolean();
      } else if (key == "shape") {
        read_shape();
      } else {
        refuse("has the unknown key " + shortened(key));
      }
      if (!take(',')) {
        expect('}');
        break;
      }
    }
    skip_blanks();
    if (at_ != end_) refuse("goes on behind its closing brace");
    if (type.empty() || !has_shape_) refuse("lacks descr or shape");
  }

  std::string type;  // "<i8"
  bool is_fortran_order = false;
  std::vector<int64_t> shape;

 private:
  [[noreturn]] void refuse(const std::string& what) const {
    throw Error(Fault::kFile, path_ + ": the header of this .npy file " + what);
  }
  void skip_blanks() {
    while (at_ != end_ && std::isspace(static_cast<unsigned char>(*at_))) ++at_;
  }
  bool take(char wanted) {
    skip_blanks();
    if (at_ == end_ || *at_ != wanted) return false;
    ++at_;
    return true;
  }
  void expect(char wanted) {
    if (!take(wanted)) refuse(std::string("is damaged: no '") + wanted + "' where one was wanted");
  }
  bool take_word(const char* word) {
    skip_blanks();
    const size_t length = std::strlen(word);
    if (static_cast<size_t>(end_ - at_) < length || std::memcmp(at_, word, length) != 0)
      return false;
    at_ += length;
    return true;
  }
  std::string quoted() {
    skip_blanks();
    if (at_ == end_ || (*at_ != '\'' && *at_ != '"')) refuse("is damaged: no name in quotes");
    const char quote = *at_++;
    const char* begin = at_;
    while (at_ != end_ && *at_ != quote) ++at_;
    if (at_ == end_) refuse("is damaged: a quote is not closed");
    return std::string(begin, at_++);
  }
  bool boolean() {
    if (take_word("True")) return true;
    if (take_word("False")) return false;
    refuse("gives no True or False as fortran_order");
  }
  void read_type() {
    skip_blanks();
    if (at_ != end_ && *at_ == '[') refuse("describes records; wanted one plain array of integers");
    type = quoted();
  }
  void read_shape() {
    expect('(');
    has_shape_ = true;
    shape.clear();
    while (!take(')')) {
      skip_blanks();
      int64_t size = 0;
      const char* begin = at_;
      while (at_ != end_ && std::isdigit(static_cast<unsigned char>(*at_))) {
        if (__builtin_mul_overflow(size, int64_t{10}, &size) ||
            __builtin_add_overflow(size, int64_t{*at_ - '0'}, &size)) {
          refuse("has a size beyond 63 bits");
        }
        ++at_;
      }
      if (at_ == begin) refuse("has a size that is no count");
      shape.push_back(size);
      if (!take(',')) {
        expect(')');
        break;
      }
    }
  }

  const std::string& path_;
  const char* at_;
  const char* end_;
  bool has_shape_ = false;
};

/// "<f4" as numpy would say it; unknown ones as they stand.
std::string type_name(const std::string& type) {
  static const struct {
    char letter;
    const char* name;
  } kKinds[] = {{'f', "float"}, {'c', "complex"}, {'b', "bool"}, {'i', "int"}, {'u', "uint"}};
  if (type.size() >= 3) {
    const int bytes = std::atoi(type.c_str() + 2);
    for (const auto& kind : kKinds) {
      if (type[1] != kind.letter || bytes < 1 || bytes > 32) continue;
      return kind.letter == 'b' ? kind.name : kind.name + std::to_string(8 * bytes);
    }
  }
  return "elements of type '" + shortened(type, 40) + "'";
}

}  // namespace

at::Tensor read_npy(const std::string& path, const std::string& bytes) {
  const auto refuse = [&](const std::string& what) {
    throw Error(Fault::kFile, path + ": " + what);
  };
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(bytes[i]); };
  if (bytes.size() < kMagicBytes || bytes.compare(0, kMagicBytes, kMagic) != 0) {
    refuse("does not begin like a .npy file; numpy.save makes them");
  }
  if (bytes.size() < 10) refuse("ends within its header; is it cut off?");
  const int version = byte(6);
  if (version < 1 || version > 3) {
    refuse("has version " + std::to_string(version) +
           " of the .npy format, versions 1 to 3 are read");
  }
  const size_t length_bytes = version == 1 ? 2 : 4;
  const size_t begin = 8 + length_bytes;
  size_t length = 0;
  if (bytes.size() >= begin) {
    for (size_t i = length_bytes; i-- > 0;) length = length << 8 | byte(8 + i);
  }
  if (bytes.size() < begin || bytes.size() - begin < length) {
    refuse("ends within its header; is it cut off?");
  }
  const Header header(path, bytes.data() + begin, bytes.data() + begin + length);

  // "<i8": byte order, kind, bytes.
  const std::string& type = header.type;
  IntegerArray array;
  const auto is_one_of = [](char c, const std::string& set) { return set.find(c) != set.npos; };
  const bool is_integer = type.size() == 3 && is_one_of(type[0], "<>|") &&
                          is_one_of(type[1], "iu") && is_one_of(type[2], "1248");
  if (!is_integer) refuse_type(path, type_name(type));
  array.width = type[2] - '0';
  if (type[0] == '|' && array.width > 1) refuse("says no byte order for its " + type_name(type));
  array.is_signed = type[1] == 'i';
  array.is_big_endian = type[0] == '>';
  array.data = reinterpret_cast<const uint8_t*>(bytes.data()) + begin + length;
  array.bytes = bytes.size() - begin - length;
  array.shape = header.shape;
  array.strides = dense_strides(path, array.shape, header.is_fortran_order);
  const at::Tensor values = to_int64(path, array);
  const size_t needed = static_cast<size_t>(values.numel()) * array.width;
  if (array.bytes != needed) {
    refuse("has " + std::to_string(array.bytes) + " bytes of data, " + type_name(type) + " " +
           shape_text(array.shape) + " needs " + std::to_string(needed));
  }
  return values;
}

}  // namespace heart
