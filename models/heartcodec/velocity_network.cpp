// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/heartcodec/velocity_network.h"

namespace heart::codec {
namespace {

// LayerNorm without weights, then the time's shift and scale.   x [B, L, D], embedded [B or 1, D]
at::Tensor adaptive_norm(const at::Tensor& x, const at::Tensor& table, const at::Tensor& embedded) {
  const auto rows = table + embedded.unsqueeze(1);  // [B, 2, D]
  const auto normed = at::layer_norm(x, {x.size(-1)}, {}, {}, 1e-6);
  return at::addcmul(rows.slice(1, 0, 1), normed, rows.slice(1, 1, 2) + 1);  // [B, L, D]
}

std::vector<VelocityBlock> make_blocks(int64_t count, int64_t width, int64_t heads,
                                       const Parameters& scope) {
  std::vector<VelocityBlock> blocks;
  blocks.reserve(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) blocks.emplace_back(width, heads, scope[i]);
  return blocks;
}

}  // namespace

VelocityNetwork::Modulation VelocityNetwork::Modulation::row(int64_t step) const {
  const auto one = [step](const at::Tensor& all) { return all.slice(0, step, step + 1); };
  return {{one(stage_1.embedded), one(stage_1.modulation)},
          {one(stage_2.embedded), one(stage_2.modulation)}};
}

VelocityNetwork::VelocityNetwork(const CodecConfig& config, const Parameters& scope)
    : latent_width_(config.out_channels),
      head_width_(config.attention_head_dim),
      mu_width_(config.dim),
      proj_in_(config.in_channels, config.inner_dim(), scope["proj_in"]),
      connection_proj_(config.in_channels + config.inner_dim(), 2 * config.inner_dim(),
                       scope["connection_proj"]),
      proj_out_(2 * config.inner_dim(), config.out_channels, scope["proj_out"]),
      time_1_(config.inner_dim(), scope["adaln_single"]),
      time_2_(2 * config.inner_dim(), scope["adaln_single_2"]),
      blocks_1_(make_blocks(config.num_layers, config.inner_dim(), config.num_attention_heads,
                            scope["transformer_blocks"])),
      blocks_2_(make_blocks(config.num_layers_2, 2 * config.inner_dim(), config.num_attention_heads,
                            scope["transformer_blocks_2"])),
      table_1_(scope.get("scale_shift_table", {2, config.inner_dim()},
                         Init::fan_in(config.inner_dim()))),
      table_2_(scope.get("scale_shift_table_2", {2, 2 * config.inner_dim()},
                         Init::fan_in(2 * config.inner_dim()))) {}

VelocityNetwork::Modulation VelocityNetwork::modulation(const at::Tensor& t) const {
  return {time_1_.forward(t), time_2_.forward(t)};
}

VelocityNetwork::Prepared VelocityNetwork::prepare(const at::Tensor& context,
                                                   const at::Tensor& mu) const {
  expect_shape(context, {-1, -1, latent_width_}, "context latents");
  expect_shape(mu, {context.size(0), context.size(1), mu_width_}, "mu");
  const int64_t length = context.size(1);
  const auto fixed = at::cat({context.to(dtype()), mu.to(dtype())}, -1);  // [B, L, Z + D]
  return {proj_in_.convolve(fixed, latent_width_), connection_proj_.convolve(fixed, latent_width_),
          make_rotary(length, head_width(1), device()),
          make_rotary(length, head_width(2), device())};
}

at::Tensor VelocityNetwork::forward(const at::Tensor& latents, const Prepared& prepared,
                                    const Modulation& modulation, Trace* trace) const {
  expect_shape(latents, {prepared.in_part.size(0), prepared.in_part.size(1), latent_width_}, "x");
  const int64_t in_channels = 2 * latent_width_ + mu_width_;
  const auto input = latents.to(dtype());

  auto x = proj_in_.finish(proj_in_.convolve(input, 0) + prepared.in_part);  // [B, L, D]
  if (trace) trace->proj_in = x;
  for (const VelocityBlock& block : blocks_1_)
    x = block.forward(x, modulation.stage_1.modulation, prepared.rotary_1);
  x = adaptive_norm(x, table_1_, modulation.stage_1.embedded);  // [B, L, D]
  if (trace) trace->stage_1 = x;

  x = connection_proj_.finish(connection_proj_.convolve(input, 0) + prepared.connection_part +
                              connection_proj_.convolve(x, in_channels));  // [B, L, 2 D]
  if (trace) trace->connection = x;
  for (const VelocityBlock& block : blocks_2_)
    x = block.forward(x, modulation.stage_2.modulation, prepared.rotary_2);
  x = adaptive_norm(x, table_2_, modulation.stage_2.embedded);  // [B, L, 2 D]
  return proj_out_.forward(x).to(latents.scalar_type());        // [B, L, Z]
}

}  // namespace heart::codec
