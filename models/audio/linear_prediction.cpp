// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/audio/linear_prediction.h"

#include "models/audio/fft.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>

namespace heart {
namespace {

using Vector = Eigen::VectorXd;
using ConstMap = Eigen::Map<const Vector>;

// White noise far below 16 bit, so that a pure tone or a fade to digital zero keeps the recursion
// away from a division of rounding errors.
constexpr double kNoiseFloor = 1e-10;

}  // namespace

Predictor fit_burg(const std::vector<Stretch>& stretches, int order) {
  Predictor result;
  size_t shortest = stretches.empty() ? 0 : stretches.front().size;
  for (const Stretch& s : stretches) shortest = std::min(shortest, s.size);
  if (shortest < 2) return result;
  const int p = static_cast<int>(std::min<size_t>(std::max(order, 0), shortest - 1));
  if (p == 0) return result;

  Vector c = Vector::Zero(p + 1);
  std::vector<Vector> reversed;  // so that both edge terms below are dot products of whole vectors
  for (const Stretch& s : stretches) {
    const std::vector<double> r = autocorrelation(s.data, s.size, static_cast<size_t>(p));
    c += ConstMap(r.data(), p + 1);
    reversed.push_back(ConstMap(s.data, p + 1).reverse());
  }
  if (!(c[0] > 0)) return result;
  const double power = c[0];
  c[0] *= 1 + kNoiseFloor;

  Vector a = Vector::Zero(p + 1), g = Vector::Zero(p + 1), r = Vector::Zero(p + 1);
  Vector next(p + 1);
  a[0] = 1;
  g[0] = 2 * c[0];
  for (const Stretch& s : stretches) {
    g[0] -= s.data[0] * s.data[0] + s.data[s.size - 1] * s.data[s.size - 1];
  }
  g[1] = 2 * c[1];
  r[0] = 2 * c[1];
  double error = 1;  // share of the power that is left after the orders so far
  for (int i = 0; i < p; ++i) {
    const double numerator = a.head(i + 1).dot(g.segment(1, i + 1).reverse());
    const double denominator = a.head(i + 1).dot(g.head(i + 1));
    if (!(denominator > 0)) break;
    const double k = std::clamp(-numerator / denominator, -0.9999999, 0.9999999);
    next.head(i + 2) = a.head(i + 2) + k * a.head(i + 2).reverse();
    a.head(i + 2) = next.head(i + 2);
    error *= 1 - k * k;
    if (i == p - 1) break;

    next.head(i + 2) = g.head(i + 2) + k * g.head(i + 2).reverse();
    std::copy_backward(r.data(), r.data() + i + 1, r.data() + i + 2);
    r[0] = 2 * c[i + 2];
    for (size_t j = 0; j < stretches.size(); ++j) {
      const Stretch& s = stretches[j];
      const ConstMap head(s.data, i + 2);                   // x_0 … x_{i+1}
      const ConstMap tail(s.data + s.size - i - 2, i + 2);  // x_{N−2−i} … x_{N−1}
      r.segment(1, i + 1) -= head.head(i + 1) * s.data[i + 1];
      r.segment(1, i + 1) -= tail.tail(i + 1).reverse() * tail[0];
      const auto head_reversed = reversed[j].tail(i + 2);  // x_{i+1} … x_0
      next.head(i + 2) -= head_reversed * head_reversed.dot(a.head(i + 2));
      next.head(i + 2) -= tail * tail.dot(a.head(i + 2));
    }
    g.head(i + 2) = next.head(i + 2);
    g[i + 2] = r.head(i + 2).dot(a.head(i + 2));
  }
  result.a.assign(a.data(), a.data() + p + 1);
  result.gain = power > 0 ? 1 / std::max(error, 1e-15) : 1;
  return result;
}

std::vector<double> extrapolate(const Predictor& predictor, const Stretch& past, size_t count) {
  const int p = static_cast<int>(std::min<size_t>(predictor.order(), past.size));
  Vector taps = -ConstMap(predictor.a.data() + 1, p).reverse();
  std::vector<double> line(past.data + past.size - p, past.data + past.size);
  line.resize(p + count);
  for (size_t n = 0; n < count; ++n) line[p + n] = taps.dot(ConstMap(line.data() + n, p));
  return {line.begin() + p, line.end()};
}

std::vector<double> extrapolate_backward(const Predictor& predictor, const Stretch& future,
                                         size_t count) {
  const size_t p = std::min<size_t>(predictor.order(), future.size);
  std::vector<double> mirrored(future.data, future.data + p);
  std::reverse(mirrored.begin(), mirrored.end());
  std::vector<double> out = extrapolate(predictor, {mirrored.data(), mirrored.size()}, count);
  std::reverse(out.begin(), out.end());
  return out;
}

std::vector<double> residual(const Predictor& predictor, const Stretch& x) {
  const size_t p = static_cast<size_t>(predictor.order());
  std::vector<double> padded(p, 0.0);
  padded.insert(padded.end(), x.data, x.data + x.size);
  const Vector taps = ConstMap(predictor.a.data(), p + 1).reverse();
  std::vector<double> out(x.size);
  for (size_t n = 0; n < x.size; ++n) out[n] = taps.dot(ConstMap(padded.data() + n, p + 1));
  return out;
}

}  // namespace heart
