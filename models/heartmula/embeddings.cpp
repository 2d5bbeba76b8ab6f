// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/heartmula/embeddings.h"

namespace heart {

Embeddings::Embeddings(const HeartMulaConfig& config, const Parameters& params)
    : num_codebooks_(config.num_codebooks), audio_vocab_size_(config.audio_vocab_size) {
  const int64_t dim = config.backbone.embed_dim;
  const Init init = Init::normal(0.02);
  text_ = params.get("text_embeddings.weight", {config.text_vocab_size, dim}, init);
  audio_ = params.get("audio_embeddings.weight", {num_codebooks_ * audio_vocab_size_, dim}, init);
  unconditional_ = params.get("unconditional_text_embedding.weight", {1, dim}, init);
  // The weight would only count for a reference that is not empty; it belongs to the checkpoint.
  muq_weight_ = params.get("muq_linear.weight", {dim, config.muq_dim}, init);
  muq_bias_ = params.get("muq_linear.bias", {dim}, init);
  offsets_ = (at::arange(num_codebooks_, at::kLong) * audio_vocab_size_).to(audio_.device());
}

at::Tensor Embeddings::positions(const at::Tensor& tokens, const at::Tensor& mask,
                                 const at::Tensor& muq, const at::Tensor& unconditional) const {
  const auto weight = mask.to(audio_.scalar_type());
  const at::Tensor audio_ids = tokens.narrow(-1, 0, num_codebooks_) + offsets_;  // [B, T, K]
  const at::Tensor audio = at::embedding(audio_, audio_ids) *
                           weight.narrow(-1, 0, num_codebooks_).unsqueeze(-1);  // [B, T, K, D]
  at::Tensor text = at::embedding(text_, tokens.select(-1, num_codebooks_));    // [B, T, D]
  text = at::where(muq.unsqueeze(-1), muq_bias_, text);
  if (unconditional.defined()) {
    text = at::where(unconditional.view({-1, 1, 1}), unconditional_, text);
  }
  text = text * weight.select(-1, num_codebooks_).unsqueeze(-1);
  return at::sum(at::cat({audio, text.unsqueeze(2)}, 2), {2});  // [B, T, D]
}

at::Tensor Embeddings::frames(const at::Tensor& codes) const {
  const at::Tensor ids = codes.transpose(1, 2) + offsets_;  // [B, T, K]
  return at::sum(at::embedding(audio_, ids), {2});          // [B, T, D]
}

at::Tensor Embeddings::code(int64_t k, const at::Tensor& codes) const {
  return at::embedding(audio_, codes + k * audio_vocab_size_);
}

}  // namespace heart
