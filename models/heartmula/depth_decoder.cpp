// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/heartmula/depth_decoder.h"

namespace heart {

DepthDecoder::DepthDecoder(const HeartMulaConfig& config, const Parameters& params)
    : stack_(config.decoder, config.num_codebooks, params["decoder"]),
      projection_(params.get("projection.weight",
                             {config.decoder.embed_dim, config.backbone.embed_dim},
                             Init::fan_in(config.backbone.embed_dim))),
      heads_(
          params.get("audio_head",
                     {config.num_codebooks - 1, config.decoder.embed_dim, config.audio_vocab_size},
                     Init::normal(0.02))) {}

at::Tensor DepthDecoder::logits(const Embeddings& embeddings, const at::Tensor& hidden,
                                const at::Tensor& codes) const {
  const int64_t books = codes.size(1);
  std::vector<at::Tensor> inputs = {hidden};
  for (int64_t k = 0; k + 1 < books; ++k) inputs.push_back(embeddings.code(k, codes.select(1, k)));
  const at::Tensor x = at::linear(at::stack(inputs, 1), projection_);  // [M, K, Dd]
  const at::Tensor y = stack_.forward(x).narrow(1, 1, books - 1);      // [M, K − 1, Dd]
  return at::matmul(y.transpose(0, 1), heads_).transpose(0, 1);        // [M, K − 1, V]
}

DepthDecoder::Steps::Steps(const DepthDecoder& decoder, const Embeddings& embeddings, int64_t batch)
    : decoder_(decoder),
      embeddings_(embeddings),
      cache_(decoder.stack_.make_cache(batch, decoder.heads_.size(0) + 1)) {}

at::Tensor DepthDecoder::Steps::begin(const at::Tensor& hidden, const at::Tensor& codes) {
  cache_.truncate(0);
  const at::Tensor x = at::stack({hidden, embeddings_.code(0, codes)}, 1);  // [B, 2, D]
  const at::Tensor y =
      decoder_.stack_.forward(at::linear(x, decoder_.projection_), &cache_);  // [B, 2, Dd]
  return at::matmul(y.select(1, 1), decoder_.heads_.select(0, 0));            // [B, V]
}

at::Tensor DepthDecoder::Steps::next(int64_t k, const at::Tensor& codes) {
  const at::Tensor x = embeddings_.code(k, codes).unsqueeze(1);  // [B, 1, D]
  const at::Tensor y =
      decoder_.stack_.forward(at::linear(x, decoder_.projection_), &cache_);  // [B, 1, Dd]
  return at::matmul(y.select(1, 0), decoder_.heads_.select(0, k));            // [B, V]
}

}  // namespace heart
