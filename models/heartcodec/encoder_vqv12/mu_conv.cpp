// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/heartcodec/encoder_vqv12/mu_conv.h"

#include <algorithm>

namespace heart::vqv12 {
namespace {

constexpr int64_t kBlockFrames = 128;  // of output: columns of some 150 MB at full size

int64_t halved(int64_t n) {
  return (n + 1) / 2;
}

}  // namespace

Conv3x3::Conv3x3(const Parameters& scope, int64_t inputs, int64_t outputs, int64_t stride)
    : stride_(stride),
      weight_(scope.get("weight", {outputs, inputs, 3, 3}, Init::fan_in(inputs * 9))),
      bias_(scope.get("bias", {outputs}, Init::zeros())) {}

at::Tensor Conv3x3::forward(const at::Tensor& x, const Cancel& cancel) const {
  const at::Tensor weight = widened(weight_), bias = widened(bias_);
  const int64_t frames = (x.size(3) + stride_ - 1) / stride_;
  std::vector<at::Tensor> blocks;
  for (int64_t begin = 0; begin < frames; begin += kBlockFrames) {
    cancel.check();
    const int64_t end = std::min(frames, begin + kBlockFrames);
    // Output t sees inputs t·stride - 1 … t·stride + 1; zeros only where the picture itself ends.
    const int64_t first = begin * stride_ - 1, last = (end - 1) * stride_ + 2;
    const int64_t left = std::max<int64_t>(0, -first),
                  right = std::max<int64_t>(0, last - x.size(3));
    const at::Tensor seen = at::constant_pad_nd(x.slice(3, first + left, last - right),
                                                {left, right});  // [B, C, F, stride·t + 1…2]
    blocks.push_back(at::conv2d(seen, weight, bias, stride_, {1, 0}));
  }
  return at::cat(blocks, 3);
}

MuConvBlock::MuConvBlock(const Parameters& scope, int64_t inputs, int64_t outputs)
    : conv1_(scope["conv1"], inputs, outputs, 2),
      conv2_(scope["conv2"], outputs, outputs, 1),
      conv3_(scope["conv3"], inputs, outputs, 2),
      norm1_(scope["bn1"], outputs),
      norm2_(scope["bn2"], outputs),
      norm3_(scope["bn3"], outputs) {}

at::Tensor MuConvBlock::forward(const at::Tensor& x, const Cancel& cancel) const {
  at::Tensor y = at::relu(norm1_.forward(conv1_.forward(x, cancel)));  // [B, C, F/2, T/2]
  y = norm2_.forward(conv2_.forward(y, cancel));
  return at::relu(y + norm3_.forward(conv3_.forward(x, cancel)));
}

MuConv::MuConv(const MuConfig& config, const Parameters& scope)
    : first_(scope["conv"][0], 1, config.conv_dim),
      second_(scope["conv"][1], config.conv_dim, config.conv_dim),
      linear_(scope["linear"], config.conv_dim * halved(halved(config.mels)),
              config.conformer.dim) {}

at::Tensor MuConv::forward(const at::Tensor& mel, const Cancel& cancel) const {
  at::Tensor x = first_.forward(mel.unsqueeze(1), cancel);  // [B, C, F/2, 2·L]
  x = second_.forward(x, cancel);                           // [B, C, F/4, L]
  x = x.permute({0, 3, 1, 2}).flatten(2);                   // [B, L, C·F/4]
  return linear_.forward(x);                                // [B, L, D]
}

}  // namespace heart::vqv12
