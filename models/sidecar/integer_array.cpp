// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/sidecar/integer_array.h"

#include "models/base/error.h"
#include "models/checkpoint/safetensors.h"

#include <algorithm>

namespace heart {
namespace {

constexpr size_t kMaxAxes = 8;
// 37 hours of 80 codes a frame; memory for it is 1 GiB.
constexpr int64_t kMaxElements = int64_t{1} << 27;

[[noreturn]] void refuse(const std::string& path, const std::string& what) {
  throw Error(Fault::kFile, path + ": " + what);
}

/// Elements of a shape, whose axes are checked.
int64_t count_of(const std::string& path, const std::vector<int64_t>& shape) {
  if (shape.size() > kMaxAxes) {
    refuse(path, "has " + std::to_string(shape.size()) + " axes, wanted 2 or 3");
  }
  int64_t count = 1;
  bool is_empty = false;
  for (const int64_t size : shape) {
    if (size < 0) refuse(path, "has the impossible shape " + shape_text(shape));
    if (size == 0) is_empty = true;
    if (size > 0 && __builtin_mul_overflow(count, size, &count)) {
      refuse(path, "has the shape " + shape_text(shape) + ", which overflows");
    }
  }
  return is_empty ? 0 : count;
}

uint64_t read_element(const uint8_t* at, int width, bool is_big_endian) {
  uint64_t value = 0;
  for (int i = 0; i < width; ++i) value = value << 8 | at[is_big_endian ? i : width - 1 - i];
  return value;
}

}  // namespace

std::vector<int64_t> dense_strides(const std::string& path, const std::vector<int64_t>& shape,
                                   bool is_fortran_order) {
  count_of(path, shape);
  std::vector<int64_t> strides(shape.size());
  int64_t stride = 1;
  for (size_t n = 0; n < shape.size(); ++n) {
    const size_t axis = is_fortran_order ? n : shape.size() - 1 - n;
    strides[axis] = stride;
    stride *= std::max<int64_t>(shape[axis], 1);
  }
  return strides;
}

at::Tensor to_int64(const std::string& path, const IntegerArray& array) {
  const int64_t count = count_of(path, array.shape);
  if (count > kMaxElements) {
    refuse(path, "has the shape " + shape_text(array.shape) + ", too many codes for any song");
  }
  at::Tensor values = at::empty(array.shape, at::kLong);
  if (count == 0) return values;

  // First and last place that any index reaches.
  const size_t axes = array.shape.size();
  int64_t least = array.first;
  int64_t most = array.first;
  bool fits = array.strides.size() == axes;
  for (size_t axis = 0; fits && axis < axes; ++axis) {
    int64_t reach = 0;
    int64_t& end = array.strides[axis] < 0 ? least : most;
    fits = !__builtin_mul_overflow(array.strides[axis], array.shape[axis] - 1, &reach) &&
           !__builtin_add_overflow(end, reach, &end);
  }
  if (!fits || least < 0 || static_cast<uint64_t>(most) >= array.bytes / array.width) {
    refuse(path, shape_text(array.shape) + " does not fit the " + std::to_string(array.bytes) +
                     " bytes of data; is the file cut off?");
  }

  int64_t* out = values.data_ptr<int64_t>();
  std::vector<int64_t> index(axes, 0);
  int64_t place = array.first;
  const int unused_bits = 64 - 8 * array.width;
  for (int64_t n = 0; n < count; ++n) {
    const uint64_t bits =
        read_element(array.data + place * array.width, array.width, array.is_big_endian);
    if (array.is_signed) {
      // Shifted up and back, which repeats the sign.
      out[n] = static_cast<int64_t>(bits << unused_bits) >> unused_bits;
    } else {
      if (bits > INT64_MAX) refuse(path, "holds " + std::to_string(bits) + ", which is no code");
      out[n] = static_cast<int64_t>(bits);
    }
    // Counts like a clock, the last axis fastest.
    for (size_t axis = axes; axis-- > 0;) {
      place += array.strides[axis];
      if (++index[axis] < array.shape[axis]) break;
      place -= array.strides[axis] * array.shape[axis];
      index[axis] = 0;
    }
  }
  return values;
}

void refuse_type(const std::string& path, const std::string& type) {
  refuse(path, "holds " + type +
                   ", wanted integers (int8, uint8, int16, int32 or int64); save the codes "
                   "themselves, converted to int64");
}

}  // namespace heart
