// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/audio/ar_interpolation.h"

#include "models/audio/fft.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <string>

namespace heart {
namespace {

using Vector = Eigen::VectorXd;
using ConstMap = Eigen::Map<const Vector>;

constexpr double kPi = 3.14159265358979323846;
// Shortest context worth a fit.
constexpr size_t kLeastContext = 64;
// From here on the least-squares solution has died away in the middle and only costs time.
constexpr double kLongestSolveMs = 150;

// Solves T x = rhs with the symmetric positive definite Toeplitz matrix whose first column is t.
Vector solve_toeplitz(const Vector& t, const Vector& rhs) {
  const Eigen::Index size = rhs.size();
  Vector x = Vector::Zero(size), a = Vector::Zero(size), turned(size);
  a[0] = 1;
  double error = t[0];
  x[0] = rhs[0] / error;
  for (Eigen::Index i = 1; i < size; ++i) {
    turned.head(i) = t.segment(1, i).reverse();  // t_i … t_1
    const double k = -a.head(i).dot(turned.head(i)) / error;
    const double q = rhs[i] - x.head(i).dot(turned.head(i));
    turned.head(i + 1) = a.head(i + 1) + k * a.head(i + 1).reverse();
    a.head(i + 1) = turned.head(i + 1);
    error *= 1 - k * k;
    x.head(i + 1) += (q / error) * a.head(i + 1).reverse();
  }
  return x;
}

// Last `size` samples, or first.
Stretch last(const Stretch& s, size_t size) {
  size = std::min(size, s.size);
  return {s.data + s.size - size, size};
}
Stretch first(const Stretch& s, size_t size) {
  return {s.data, std::min(size, s.size)};
}

}  // namespace

std::vector<double> interpolate_least_squares(const Predictor& predictor, const Stretch& left,
                                              size_t count, const Stretch& right) {
  const size_t p = static_cast<size_t>(predictor.order());
  if (count == 0) return {};
  if (left.size < p || right.size < p) {
    throw Error(Fault::kInternal,
                "least squares needs " + std::to_string(p) + " samples on each side");
  }
  const std::vector<double> b = autocorrelation(predictor.a.data(), p + 1, p);
  // Known neighbours within reach, the gap as zeros: one correlation with b gives all right sides.
  std::vector<double> known(p + count + p, 0.0), kernel(2 * p + 1);
  std::copy(left.data + left.size - p, left.data + left.size, known.begin());
  std::copy(right.data, right.data + p, known.begin() + p + count);
  for (size_t k = 0; k <= p; ++k) kernel[p + k] = kernel[p - k] = b[k];
  const std::vector<double> side =
      correlate_valid(known.data(), known.size(), kernel.data(), kernel.size());
  Vector column = Vector::Zero(count);
  const size_t filled = std::min(count, p + 1);
  column.head(filled) = ConstMap(b.data(), filled);
  column[0] *= 1 + 1e-12;
  const Vector x = solve_toeplitz(column, -ConstMap(side.data(), count));
  return {x.data(), x.data() + count};
}

std::vector<double> interpolate_faded(const Predictor& from_left, const Stretch& left, size_t count,
                                      const Predictor& from_right, const Stretch& right) {
  if (left.size == 0) return extrapolate_backward(from_right, right, count);
  std::vector<double> out = extrapolate(from_left, left, count);
  if (right.size == 0) return out;
  const std::vector<double> back = extrapolate_backward(from_right, right, count);
  for (size_t n = 0; n < count; ++n) {
    const double s = std::sin(kPi / 2 * (n + 0.5) / count);
    out[n] = (1 - s * s) * out[n] + s * s * back[n];
  }
  return out;
}

std::vector<double> interpolate(const Stretch& left, size_t count, const Stretch& right,
                                int rate_hz, const ArOptions& options, const Cancel& cancel) {
  if (left.size < kLeastContext && right.size < kLeastContext) {
    throw Error(Fault::kInput, "prediction needs at least " + std::to_string(kLeastContext) +
                                   " good samples on one side of the gap, there are " +
                                   std::to_string(left.size) + " and " +
                                   std::to_string(right.size));
  }
  const size_t context = static_cast<size_t>(std::lround(options.context_ms * rate_hz / 1000));
  const Stretch l = last(left, context), r = first(right, context);
  // A third of the shorter side: above, Burg's method fits the noise.
  const auto order_for = [&](size_t size) {
    return std::max(1, std::min(options.order, static_cast<int>(size / 3)));
  };
  const bool solve = count <= kLongestSolveMs * rate_hz / 1000 && l.size >= kLeastContext &&
                     r.size >= kLeastContext;
  if (!solve) {
    Predictor from_left, from_right;
    Stretch have_left = l, have_right = r;
    if (l.size >= kLeastContext) {
      from_left = fit_burg({l}, order_for(l.size));
    } else {
      have_left.size = 0;
    }
    cancel.check();
    if (r.size >= kLeastContext) {
      from_right = fit_burg({r}, order_for(r.size));
    } else {
      have_right.size = 0;
    }
    cancel.check();
    return interpolate_faded(from_left, have_left, count, from_right, have_right);
  }
  const int order = order_for(std::min(l.size, r.size));
  Predictor predictor = fit_burg({l, r}, order);
  cancel.check();
  std::vector<double> fill = interpolate_least_squares(predictor, l, count, r);
  for (int pass = 1; pass < options.passes; ++pass) {
    cancel.check();
    std::vector<double> whole(l.data, l.data + l.size);
    whole.insert(whole.end(), fill.begin(), fill.end());
    whole.insert(whole.end(), r.data, r.data + r.size);
    predictor = fit_burg({{whole.data(), whole.size()}}, order);
    fill = interpolate_least_squares(predictor, l, count, r);
  }
  return fill;
}

}  // namespace heart
