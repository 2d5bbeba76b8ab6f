// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/heartcodec/lapped_transform.h"

#include <c10/core/InferenceMode.h>

#include <cmath>

namespace heart::codec {
namespace {

constexpr double kPi = 3.14159265358979323846;

}  // namespace

LappedTransform::Tables LappedTransform::tables(const at::Device& device) const {
  const std::lock_guard<std::mutex> held(lock_);
  Tables& kept = device.is_cpu() ? cpu_ : other_;
  if (!kept.window.defined() || kept.window.device() != device) {
    // Plain tensors, so that tables first made under inference mode also serve autograd later.
    const c10::InferenceMode plain(false);
    const auto f64 = at::TensorOptions(at::kDouble);
    const double n = static_cast<double>(hop_);
    const auto window = at::sin((at::arange(2 * hop_, f64) + 0.5) * (kPi / (2 * n)));
    const auto angle = (at::arange(hop_ / 2, f64) + 0.125) * (-kPi / n);
    // Multiplied in twice, before and after the FFT, so each time by the root of the norm.
    const auto twiddle = at::complex(at::cos(angle), at::sin(angle)) * std::pow(2.0 / n, 0.25);
    kept = {window.to(at::kFloat).to(device), twiddle.to(at::kComplexFloat).to(device)};
  }
  return kept;
}

at::Tensor LappedTransform::dct4(const at::Tensor& x, const Tables& table) const {
  const auto even = x.slice(-1, 0, hop_, 2), odd = x.slice(-1, 1, hop_, 2);  // [..., hop/2]
  const auto spectrum =
      at::fft_fft(at::complex(even.contiguous(), odd.flip(-1)) * table.twiddle) * table.twiddle;
  return at::stack({at::real(spectrum), -at::imag(spectrum).flip(-1)}, -1).flatten(-2);
}

std::array<at::Tensor, 4> LappedTransform::quarters(const at::Tensor& x,
                                                    const Tables& table) const {
  const int64_t half = hop_ / 2;
  const auto frames = at::constant_pad_nd(x, {half, half}).unfold(-1, 2 * hop_, hop_) *
                      table.window;  // [..., M, 2 hop]
  const auto quarter = [&](int64_t i) { return frames.slice(-1, i * half, (i + 1) * half); };
  return {quarter(0), quarter(1), quarter(2), quarter(3)};
}

at::Tensor LappedTransform::forward(const at::Tensor& x) const {
  const Tables table = tables(x.device());
  const auto [a, b, c, d] = quarters(x, table);
  const auto folded = at::cat({-c.flip(-1) - d, a - b.flip(-1)}, -1);  // [..., M, hop]
  return dct4(folded, table);
}

at::Tensor LappedTransform::power(const at::Tensor& x) const {
  const Tables table = tables(x.device());
  const auto [a, b, c, d] = quarters(x, table);
  const auto cosine = dct4(at::cat({-c.flip(-1) - d, a - b.flip(-1)}, -1), table);
  // The DST-IV is the DCT-IV of the reversed input up to signs, which squaring forgets.
  const auto sine = dct4(at::cat({c.flip(-1) - d, a + b.flip(-1)}, -1).flip(-1), table);
  return (cosine.square() + sine.square()) * 0.5;  // [..., M, hop]
}

at::Tensor LappedTransform::inverse(const at::Tensor& coefficients) const {
  const Tables table = tables(coefficients.device());
  const int64_t half = hop_ / 2, frames = coefficients.size(-2);
  const auto folded = dct4(coefficients, table);  // [..., M, hop]; its own inverse
  const auto a = folded.slice(-1, 0, half), b = folded.slice(-1, half, hop_);
  // The first half of a frame's 2 hop samples overlaps the frame before, the second the one after.
  const auto first = at::cat({b, -b.flip(-1)}, -1) * table.window.slice(0, 0, hop_);
  const auto second = at::cat({-a.flip(-1), -a}, -1) * table.window.slice(0, hop_, 2 * hop_);
  const auto pad_time = [](const at::Tensor& y, int64_t before, int64_t after) {
    return at::constant_pad_nd(y, {0, 0, before, after});
  };
  const auto sum = pad_time(first, 0, 1) + pad_time(second, 1, 0);  // [..., M + 1, hop]
  return sum.flatten(-2).slice(-1, half, half + frames * hop_);     // [..., hop M]
}

}  // namespace heart::codec
