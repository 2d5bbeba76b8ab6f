// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/heartcodec/heartcodec.h"

#include "models/base/error.h"
#include "models/checkpoint/config.h"
#include "models/checkpoint/sources.h"
#include "models/heartcodec/windows.h"

#include <filesystem>

namespace heart::codec {
namespace {

// Hands a source's tensors on in another type.
class CastParameters : public ParameterSource {
 public:
  CastParameters(CheckpointParameters& source, at::ScalarType dtype)
      : source_(source), dtype_(dtype) {}

  bool has(const std::string& name) const override { return source_.has(name); }
  at::Tensor get(const std::string& name, at::IntArrayRef shape, const Init& init) override {
    const auto tensor = source_.get(name, shape, init);
    if (tensor.scalar_type() == dtype_) return tensor;
    const auto cast = tensor.to(dtype_);
    if (source_.has(name)) source_.files().release_pages(name);
    return cast;
  }

 private:
  CheckpointParameters& source_;
  at::ScalarType dtype_;
};

// Sends what one network asks for to a source of its own; all else goes to the first.
class SplitParameters : public ParameterSource {
 public:
  SplitParameters(ParameterSource& most, ParameterSource& some, std::string prefix)
      : most_(most), some_(some), prefix_(std::move(prefix)) {}

  bool has(const std::string& name) const override { return most_.has(name); }
  at::Tensor get(const std::string& name, at::IntArrayRef shape, const Init& init) override {
    return (name.rfind(prefix_, 0) == 0 ? some_ : most_).get(name, shape, init);
  }

 private:
  ParameterSource& most_;
  ParameterSource& some_;
  const std::string prefix_;
};

CheckpointParameters open(const std::string& path, const std::string& prefix,
                          const HeartCodec::LoadOptions& load, std::vector<std::string> ignorable,
                          std::vector<std::pair<std::string, at::Device>> elsewhere = {}) {
  CheckpointParameters::Options options;
  options.device = load.device;
  options.cancel = load.cancel;
  options.elsewhere = std::move(elsewhere);
  options.ignorable = std::move(ignorable);
  return CheckpointParameters(TensorFiles::open(path, prefix), std::move(options));
}

}  // namespace

std::vector<std::string> HeartCodec::ignorable() {
  return {"*._codebook.cluster_size", "*._codebook.embed_avg", "*._codebook.initted"};
}

HeartCodec::HeartCodec(const CodecConfig& config, const Parameters& root)
    : config_(config),
      rvq_(config, root["flow_matching"]["vq_embed"]),
      conditioning_(config, root["flow_matching"]),
      velocity_(config, root["flow_matching"]["estimator"]),
      autoencoder_(make_autoencoder(config, root)) {}

std::unique_ptr<HeartCodec> HeartCodec::load(const std::string& decoder_path,
                                             const std::string& encoder_path,
                                             const LoadOptions& options) {
  const auto config_in = [](const std::string& folder) {
    return Config::open((std::filesystem::path(folder) / "config.json").string());
  };
  const auto config = CodecConfig::read(config_in(decoder_path));
  auto source = open(decoder_path, "decoder.", options, ignorable(),
                     {{"scalar_model.", autoencoder_device(config, options.device)}});
  CastParameters cast(source, options.velocity_dtype);
  SplitParameters split(source, cast, "flow_matching.estimator.");
  auto codec = std::make_unique<HeartCodec>(config, Parameters(split));
  source.finish();

  if (!encoder_path.empty()) {
    const Config encoder_config = config_in(encoder_path);
    auto encoder_source =
        open(encoder_path, "encoder.", options, encoder_ignorable(encoder_config));
    auto encoder =
        make_code_encoder(encoder_config, config, codec->autoencoder(), Parameters(encoder_source));
    encoder_source.finish();
    codec->set_encoder(std::move(encoder));
  }
  return codec;
}

at::Tensor HeartCodec::encode_codes(const at::Tensor& audio, int64_t rate, const Cancel& cancel,
                                    const Progress& progress) const {
  if (!encoder_)
    throw Error(
        Fault::kInput,
        "this checkpoint was loaded without an encoder; give its HeartCodec-*-encoder folder");
  return rvq_.encode(encoder_->features(audio, rate, cancel, progress));  // [B, K, T]
}

at::Tensor HeartCodec::mu_of_codes(const at::Tensor& codes) const {
  return conditioning_.forward(rvq_.decode(codes.to(rvq_.codebook(0).device())));  // [B, L, D]
}

at::Tensor HeartCodec::detokenize(const at::Tensor& codes, const DetokenizeOptions& options,
                                  const Cancel& cancel, const Progress& progress) const {
  expect_shape(codes, {config_.num_quantizers, -1}, "codes");
  const WindowPlan plan = WindowPlan::make(codes.size(1), options.window_seconds);
  const int64_t per_frame = CodecConfig::kLatentsPerFrame;
  const int64_t length = plan.window * per_frame, kept = plan.overlap() * per_frame;
  const int64_t per_latent = config_.samples_per_latent(), width = config_.out_channels;
  if (options.noise.defined()) expect_shape(options.noise, {plan.count, length, width}, "noise");

  const auto all_codes = fill_windows(codes, plan);  // [K, T]
  const auto noise = options.noise.defined()
                         ? options.noise
                         : draw_noise(plan.count, length, width, options.seed);  // [windows, L, Z]
  WindowJoiner joiner(kept * per_latent);
  at::Tensor latents;
  for (int64_t i = 0; i < plan.count; ++i) {
    const auto part = [&](double share, const char* stage) {
      if (progress)
        progress((static_cast<double>(i) + share) / static_cast<double>(plan.count), stage);
    };
    const auto window_codes = all_codes.slice(1, i * plan.hop, i * plan.hop + plan.window);
    FlowInput input;
    input.noise = noise.slice(0, i, i + 1);             // [1, L, Z]
    input.mu = mu_of_codes(window_codes.unsqueeze(0));  // [1, L, D]
    input.mask = at::full({1, length}, static_cast<int64_t>(kGenerate), at::kLong);
    input.context = at::zeros({1, length, width});
    if (latents.defined()) {
      input.mask.slice(1, 0, kept).fill_(static_cast<int64_t>(kInContext));
      input.context.slice(1, 0, kept).copy_(latents.slice(1, length - kept));
    }
    latents = solve(input, options.flow, cancel, part);
    if (options.observe) options.observe(i, latents[0]);
    cancel.check();
    DecodeOptions decode;
    decode.seed = options.seed;
    decode.first_latent = i * plan.hop * per_frame;
    joiner.add(autoencoder_->decode(latents, decode)[0]);
  }
  return joiner.finish(codes.size(1) * per_frame * per_latent);  // [A, S]
}

}  // namespace heart::codec
