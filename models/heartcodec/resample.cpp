// SPDX-License-Identifier: LGPL-2.1-or-later
//
// With rates reduced to from:to, output m·to + j is a product of filter j with the input around
// sample m·from. Common pairs of rates have few filters: one strided convolution does them all, as
// in torchaudio. That convolution is `from` samples wider than the sinc, so for pairs with a small
// common divisor (44101 -> 48000 has 48000 filters of 44127 samples) only the samples under each
// sinc are gathered.

#include "models/heartcodec/resample.h"

#include "models/base/error.h"

#include <c10/core/GradMode.h>
#include <c10/core/InferenceMode.h>

#include <cmath>
#include <map>
#include <mutex>
#include <numeric>
#include <string>
#include <tuple>

namespace heart {
namespace {

// Above this many filter values the gathered form is used; 44.1 kHz <-> 48 kHz needs 27 thousand.
constexpr int64_t kMaxDenseKernel = int64_t{1} << 21;
// Outputs per step of the gathered form: bounds its scratch memory to some 10 MB per channel.
constexpr int64_t kGatherBlock = 65536;

struct Filters {
  int64_t from = 1;  // reduced rates
  int64_t to = 1;
  int64_t width = 0;  // input samples that the sinc reaches to each side
  bool dense = true;
  at::Tensor taps;   // [to, 1, 2·width + from] dense, else [to, 2·width + 1]
  at::Tensor first;  // gathered form: offset of each filter's first sample from m·from, [to] int64
};

// Filter values at positions `t` (in output samples of the full-rate grid, any shape), torchaudio's
// formula.
at::Tensor windowed_sinc(at::Tensor t, double base, int64_t from, const ResampleOptions& options) {
  const double w = static_cast<double>(options.lowpass_width);
  t = (t * base).clamp(-w, w);
  const at::Tensor window = at::cos(t * M_PI / w / 2).square();
  t = t * M_PI;
  const at::Tensor sinc = at::where(t == 0, at::ones_like(t), at::sin(t) / t);
  return sinc * (window * (base / static_cast<double>(from)));
}

Filters build(int64_t from, int64_t to, const ResampleOptions& options, at::ScalarType dtype) {
  Filters f;
  f.from = from;
  f.to = to;
  const double base = static_cast<double>(std::min(from, to)) * options.rolloff;
  f.width = static_cast<int64_t>(
      std::ceil(static_cast<double>(options.lowpass_width) * static_cast<double>(from) / base));
  f.dense = to * (2 * f.width + from) <= kMaxDenseKernel;
  if (f.dense) {
    const auto floats = at::TensorOptions().dtype(dtype);
    const at::Tensor phase = at::arange(0, -to, -1, floats).unsqueeze(1) / to;  // [to, 1]
    const at::Tensor index = at::arange(-f.width, f.width + from, floats).unsqueeze(0) / from;
    f.taps =
        windowed_sinc(phase + index, base, from, options).unsqueeze(1);  // [to, 1, 2·width + from]
  } else {
    // The sinc of filter j is centred at input m·from + j·from/to. Positions in float64: with
    // rates this large float32 would shift each sinc by up to a hundredth of a sample.
    const auto whole = at::TensorOptions().dtype(at::kLong);
    const at::Tensor output = at::arange(to, whole);
    f.first = output.mul(from).div(to, "floor").sub(f.width);  // [to]
    const at::Tensor index = f.first.unsqueeze(1) + at::arange(2 * f.width + 2, whole);
    const at::Tensor exact =
        index * to - output.unsqueeze(1) * from;  // distance · from · to, whole
    const at::Tensor t =
        exact.to(at::kDouble) / (static_cast<double>(from) * static_cast<double>(to));
    f.taps = windowed_sinc(t, base, from, options).to(dtype);  // [to, 2·width + 2]
  }
  return f;
}

const Filters& filters(int64_t from, int64_t to, const ResampleOptions& options,
                       at::ScalarType dtype) {
  using Key = std::tuple<int64_t, int64_t, int64_t, double, at::ScalarType>;
  static std::mutex lock;
  static std::map<Key, Filters> cache;  // nodes stay where they are, so references outlive the lock
  const Key key{from, to, options.lowpass_width, options.rolloff, dtype};
  std::lock_guard<std::mutex> held(lock);
  auto found = cache.find(key);
  if (found == cache.end()) {
    // Tensors born under inference mode could not be used by a later training pass.
    c10::InferenceMode plain(false);
    c10::NoGradGuard no_grad;
    found = cache.emplace(key, build(from, to, options, dtype)).first;
  }
  return found->second;
}

// wave [B, S] -> [B, n]
at::Tensor resample_gathered(const at::Tensor& wave, const Filters& f, int64_t n) {
  const int64_t n_taps = f.taps.size(1);
  const at::Tensor padded = at::constant_pad_nd(wave, {f.width, f.width + f.from});
  const at::Tensor taps = f.taps.to(wave.device());
  std::vector<at::Tensor> blocks;
  for (int64_t begin = 0; begin < n; begin += kGatherBlock) {
    const int64_t end = std::min(n, begin + kGatherBlock);
    const auto whole = at::TensorOptions().dtype(at::kLong);
    const at::Tensor out = at::arange(begin, end, whole);  // [n]
    const at::Tensor phase = out.remainder(f.to);
    const at::Tensor start = out.div(f.to, "floor").mul(f.from) + f.first.index_select(0, phase);
    const at::Tensor index = (start + f.width).unsqueeze(1) + at::arange(n_taps, whole);
    const at::Tensor under = padded.index_select(1, index.reshape(-1).to(wave.device()))
                                 .view({wave.size(0), end - begin, n_taps});
    blocks.push_back((under * taps.index_select(0, phase.to(wave.device()))).sum(-1));
  }
  return at::cat(blocks, 1);
}

}  // namespace

int64_t resampled_length(int64_t samples, int64_t from_hz, int64_t to_hz) {
  const int64_t divisor = std::gcd(from_hz, to_hz);
  const int64_t from = from_hz / divisor;
  return (samples * (to_hz / divisor) + from - 1) / from;
}

at::Tensor resample(const at::Tensor& wave, int64_t from_hz, int64_t to_hz,
                    const ResampleOptions& options) {
  if (from_hz < 1 || to_hz < 1) {
    throw Error(Fault::kInput, "cannot resample from " + std::to_string(from_hz) + " Hz to " +
                                   std::to_string(to_hz) + " Hz: rates must be 1 Hz or more");
  }
  if (options.lowpass_width < 1 || !(options.rolloff > 0 && options.rolloff <= 1)) {
    throw Error(Fault::kInput, "resampling filter of " + std::to_string(options.lowpass_width) +
                                   " zero crossings and rolloff " +
                                   std::to_string(options.rolloff) +
                                   ": at least 1 crossing and a rolloff in (0, 1] are needed");
  }
  if (wave.dim() < 1) throw Error(Fault::kInput, "resample wants audio as [..., S], got a scalar");
  if (from_hz == to_hz) return wave;

  std::vector<int64_t> shape = wave.sizes().vec();
  const int64_t samples = shape.back();
  const int64_t n = resampled_length(samples, from_hz, to_hz);
  shape.back() = n;
  if (wave.numel() == 0) return at::zeros(shape, wave.options());

  // Half precision would put the filter's positions samples apart.
  const auto dtype = wave.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  const at::Tensor flat = wave.to(dtype).reshape({-1, samples});  // [B, S]
  const int64_t divisor = std::gcd(from_hz, to_hz);
  const Filters& f = filters(from_hz / divisor, to_hz / divisor, options, dtype);

  at::Tensor out;
  if (f.dense) {
    const at::Tensor padded = at::constant_pad_nd(flat, {f.width, f.width + f.from});
    out = at::conv1d(padded.unsqueeze(1), f.taps.to(flat.device()), {},
                     f.from);                                              // [B, to, S/from + 1]
    out = out.transpose(1, 2).reshape({flat.size(0), -1}).slice(1, 0, n);  // [B, n]
  } else {
    out = resample_gathered(flat, f, n);
  }
  return out.to(wave.scalar_type()).reshape(shape).contiguous();
}

}  // namespace heart
