// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/heartcodec/encoder_vqv12/layers.h"

#include "models/base/error.h"

namespace heart::vqv12 {
namespace {

c10::optional<at::Tensor> maybe(const at::Tensor& bias) {
  return bias.defined() ? c10::optional<at::Tensor>(widened(bias)) : c10::nullopt;
}

}  // namespace

Linear::Linear(const Parameters& scope, int64_t inputs, int64_t outputs, bool with_bias)
    : weight(scope.get("weight", {outputs, inputs}, Init::fan_in(inputs))),
      bias(with_bias ? scope.get("bias", {outputs}, Init::zeros()) : at::Tensor()) {}

at::Tensor Linear::forward(const at::Tensor& x) const {
  return at::linear(x, widened(weight), maybe(bias));
}

NormedLinear::NormedLinear(const Parameters& scope, int64_t inputs, int64_t outputs, bool with_bias)
    : g(scope["parametrizations"]["weight"].get("original0", {outputs, 1}, Init::ones())),
      v(scope["parametrizations"]["weight"].get("original1", {outputs, inputs},
                                                Init::fan_in(inputs))),
      bias(with_bias ? scope.get("bias", {outputs}, Init::zeros()) : at::Tensor()) {}

at::Tensor NormedLinear::forward(const at::Tensor& x) const {
  const at::Tensor direction = widened(v);                                       // [out, in]
  const at::Tensor norm = direction.square().sum({1}, /*keepdim=*/true).sqrt();  // [out, 1]
  return at::linear(x, direction * (widened(g) / norm), maybe(bias));
}

LayerNorm::LayerNorm(const Parameters& scope, int64_t width, double eps)
    : weight(scope.get("weight", {width}, Init::ones())),
      bias(scope.get("bias", {width}, Init::zeros())),
      eps(eps) {}

at::Tensor LayerNorm::forward(const at::Tensor& x) const {
  return at::layer_norm(x, weight.sizes(), widened(weight), widened(bias), eps);
}

BatchNorm::BatchNorm(const Parameters& scope, int64_t channels)
    : weight(scope.get("weight", {channels}, Init::ones())),
      bias(scope.get("bias", {channels}, Init::zeros())),
      mean(scope.get("running_mean", {channels}, Init::zeros())),
      var(scope.get("running_var", {channels}, Init::ones())) {}

at::Tensor BatchNorm::forward(const at::Tensor& x) const {
  return at::batch_norm(x, widened(weight), widened(bias), widened(mean), widened(var),
                        /*training=*/false, /*momentum=*/0.0, kNormEps, /*cudnn_enabled=*/false);
}

Conv1d::Conv1d(const Parameters& scope, int64_t inputs, int64_t outputs, int64_t kernel,
               Options options)
    : weight(scope.get("weight", {outputs, inputs / options.groups, kernel},
                       Init::fan_in(inputs / options.groups * kernel))),
      bias(options.with_bias ? scope.get("bias", {outputs}, Init::zeros()) : at::Tensor()),
      options(options) {}

at::Tensor Conv1d::forward(const at::Tensor& x) const {
  return at::conv1d(x, widened(weight), maybe(bias), options.stride, options.padding,
                    /*dilation=*/1, options.groups);
}

Activation::Activation(const std::string& name) {
  if (name == "gelu") {
    kind_ = Kind::kGelu;
  } else if (name == "swish" || name == "silu") {
    kind_ = Kind::kSwish;
  } else if (name == "relu") {
    kind_ = Kind::kRelu;
  } else {
    throw Error(Fault::kInternal, "activation " + name + " passed the config's check");
  }
}

at::Tensor Activation::forward(const at::Tensor& x) const {
  switch (kind_) {
    case Kind::kGelu:
      return at::gelu(x);
    case Kind::kSwish:
      return at::silu(x);
    case Kind::kRelu:
      return at::relu(x);
  }
  return x;
}

at::Tensor split_heads(const at::Tensor& x, int64_t heads) {
  return x.reshape({x.size(0), x.size(1), heads, -1}).transpose(1, 2);  // [B, H, T, E]
}

at::Tensor join_heads(const at::Tensor& x) {
  return x.transpose(1, 2).reshape({x.size(0), x.size(2), -1});  // [B, T, D]
}

at::Tensor gated(const at::Tensor& x, int64_t dim) {
  const auto halves = x.chunk(2, dim);
  return halves[0] * at::sigmoid(halves[1]);
}

at::Tensor rotate_halves(const at::Tensor& x, const at::Tensor& cos, const at::Tensor& sin) {
  const auto halves = x.chunk(2, -1);
  return x * cos + at::cat({-halves[1], halves[0]}, -1) * sin;
}

Rotary Rotary::make(int64_t positions, int64_t width, double base, const at::Device& device) {
  const auto floats = at::TensorOptions().dtype(at::kFloat);
  const at::Tensor exponent = at::arange(0, width, 2, floats) / width;
  const at::Tensor frequency = at::pow(base, exponent).reciprocal();                // [E/2]
  const at::Tensor angle = at::arange(positions, floats).unsqueeze(1) * frequency;  // [T, E/2]
  const at::Tensor both = at::cat({angle, angle}, -1);                              // [T, E]
  return {both.cos().to(device), both.sin().to(device)};
}

}  // namespace heart::vqv12
