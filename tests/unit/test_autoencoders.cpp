// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Both autoencoders: what they keep of the sound, and that the reach they state is the reach they have.

#include "models/checkpoint/sources.h"
#include "models/heartcodec/autoencoder.h"
#include "models/heartcodec/flow_solver.h"
#include "models/heartcodec/lapped_transform.h"
#include "models/heartcodec/light_encoder.h"
#include "models/heartcodec/transform_autoencoder.h"

#include <glib.h>

#include <c10/core/GradMode.h>

#include <cmath>

namespace {

using namespace heart::codec;

heart::FreshParameters fresh(uint64_t seed = 7) {
  heart::FreshParameters::Options options;
  options.seed = seed;
  options.requires_grad = false;
  return heart::FreshParameters(options);
}

CodecConfig transform_config() {
  CodecConfig c;
  c.autoencoder.type = AutoencoderConfig::Type::kTransform;
  c.out_channels = 2 * TransformAutoencoder::numbers_per_channel(c.autoencoder);
  c.in_channels = 2 * c.out_channels + c.dim;
  return c;
}

// The released layers with short strides: 24 samples per latent, so that reach is quick to walk.
CodecConfig scalar_config(int64_t num_samples = 2) {
  CodecConfig c;
  c.autoencoder.num_samples = num_samples;
  c.autoencoder.init_channel = 2;
  c.autoencoder.latent_hidden_dim = 3;
  c.autoencoder.downsample_factors = {3, 4};
  c.autoencoder.downsample_kernel_sizes = {6, 8};
  c.autoencoder.upsample_factors = {4, 3};
  c.autoencoder.upsample_kernel_sizes = {8, 6};
  c.out_channels = 6;
  c.in_channels = 12 + c.dim;
  return c;
}

at::Tensor noise(at::IntArrayRef sizes, uint64_t seed) {
  return draw_noise(1, 1, c10::multiply_integers(sizes), seed).reshape(sizes);
}

double largest(const at::Tensor& x) {
  return x.numel() ? x.abs().max().item<double>() : 0.0;
}

void lapped_transform_reconstructs() {
  for (const int64_t hop : {16, 480}) {
    for (const int64_t frames : {2, 3, 9}) {
      const LappedTransform transform(hop);
      const auto x = noise({2, hop * frames}, 1);
      const auto coefficients = transform.forward(x);
      g_assert_cmpint(coefficients.size(1), ==, frames);
      const auto error =
          (transform.inverse(coefficients) - x).slice(1, hop / 2, hop * frames - hop / 2);
      // 5e-6: f32 sums over 480 products of size 1.
      g_assert_cmpfloat(largest(error), <, 5e-6);
    }
  }
}

void lapped_transform_is_the_textbook_sum() {
  // X[k] = sqrt(2/N) Σ w[n] x[n] cos(π/N (n + 1/2 + N/2)(k + 1/2)), and the same with sines.
  const int64_t hop = 16;
  const LappedTransform transform(hop);
  const auto x = noise({hop * 3}, 4);
  const auto n = at::arange(2 * hop, at::kDouble), k = at::arange(hop, at::kDouble) + 0.5;
  const auto angle = at::outer(k, n + 0.5 + hop / 2.0) * (M_PI / hop);  // [hop, 2 hop]
  const auto frame = x.to(at::kDouble).slice(0, hop / 2, hop / 2 + 2 * hop) *
                     at::sin((n + 0.5) * (M_PI / (2 * hop))) * std::sqrt(2.0 / hop);
  const auto cosine = at::mv(at::cos(angle), frame), sine = at::mv(at::sin(angle), frame);
  g_assert_cmpfloat(largest(transform.forward(x)[1] - cosine), <, 2e-6);
  const auto power = (cosine.square() + sine.square()) * 0.5;
  g_assert_cmpfloat(largest(transform.power(x)[1] - power), <, 2e-5);
}

void power_of_a_steady_tone_holds_still() {
  const LappedTransform transform(480);
  const auto t = at::arange(48000, at::kDouble) / 48000;
  const auto tone = at::sin(2 * M_PI * 1037 * t).to(at::kFloat);
  const auto swing = [](const at::Tensor& strength) {  // [M, hop], at the tone's own bin
    const auto inner = strength.slice(0, 1, strength.size(0) - 1).select(1, 1037 * 960 / 48000);
    return (inner.max() / inner.min().clamp_min(1e-9)).item<double>();
  };
  g_assert_cmpfloat(swing(transform.power(tone)), <, 1.6);  // the mirror frequency's leakage
  g_assert_cmpfloat(swing(transform.forward(tone).square()), >, 100);
}

void low_band_comes_back_exactly() {
  auto source = fresh();
  const auto codec = make_autoencoder(transform_config(), heart::Parameters(source));
  const auto t = at::arange(48000, at::kDouble) / 48000;
  const auto tone =
      (0.3 * at::sin(2 * M_PI * 440 * t) + 0.2 * at::sin(2 * M_PI * 97 * t)).to(at::kFloat);
  const auto audio = at::stack({tone, 0.5 * tone}).unsqueeze(0);
  const auto latents = codec->encode(audio);
  g_assert_cmpint(latents.size(1), ==, 25);
  g_assert_cmpint(latents.size(2), ==, codec->latent_width());
  const auto error = (codec->decode(latents) - audio).slice(2, 960, 47040);
  // What the sine window leaks of 440 Hz beyond 1.8 kHz lies about 60 dB down.
  g_assert_cmpfloat(error.square().mean().item<double>(), <,
                    1e-5 * audio.square().mean().item<double>());
}

void bands_keep_their_level() {
  auto source = fresh();
  const auto codec = make_autoencoder(transform_config(), heart::Parameters(source));
  const auto audio = 0.1 * noise({1, 2, 96000}, 3);
  const auto sound = codec->decode(codec->encode(audio));
  // 20 of 24 kHz of white noise come back: 0.8 dB less, and the level itself is that of a typical phase.
  const double db =
      10 * std::log10(sound.square().mean().item<double>() / audio.square().mean().item<double>());
  g_assert_cmpfloat(std::abs(db + 0.79), <, 0.15);
}

void silence_stays_silent() {
  auto source = fresh();
  const auto codec = make_autoencoder(transform_config(), heart::Parameters(source));
  g_assert_cmpfloat(largest(codec->decode(codec->encode(at::zeros({1, 2, 9600})))), <, 1e-4);
}

void lengths_follow_from_samples() {
  struct Row {
    int64_t samples, latents;
  };
  auto source = fresh();
  const auto codec = make_autoencoder(transform_config(), heart::Parameters(source));
  for (const Row& row :
       std::initializer_list<Row>{{0, 0}, {1, 1}, {1919, 1}, {1920, 1}, {1921, 2}}) {
    const auto latents = codec->encode(at::zeros({1, 2, row.samples}));
    g_assert_cmpint(latents.size(1), ==, row.latents);
    g_assert_cmpint(codec->decode(latents).size(2), ==, 1920 * row.latents);
  }
  auto other = fresh();
  const auto scalar = make_autoencoder(scalar_config(), heart::Parameters(other));
  for (const Row& row :
       std::initializer_list<Row>{{0, 0}, {1, 0}, {2, 1}, {23, 1}, {24, 1}, {25, 1}, {26, 2}}) {
    g_assert_cmpint(scalar->latents_for(row.samples), ==, row.latents);
    if (row.latents > 0)
      g_assert_cmpint(scalar->encode(at::zeros({1, 2, row.samples})).size(1), ==, row.latents);
  }
}

void statistics_normalise() {
  auto source = fresh();
  const TransformAutoencoder plain(transform_config(),
                                   heart::Parameters(source)["transform_model"]);
  TransformStatistics statistics(plain);
  const auto audio = noise({3, 2, 96000}, 5) * 0.05;
  statistics.add(audio.slice(0, 0, 2));
  statistics.add(audio.slice(0, 2));
  g_assert_cmpint(statistics.count(), ==, 150);
  const auto normal = (plain.analyse(audio) - statistics.mean()) / statistics.std();
  g_assert_cmpfloat(largest(normal.flatten(0, 1).mean(0)), <,
                    0.4);  // coefficients have a fixed mean of 0
  g_assert_cmpfloat(std::abs(normal.square().mean().item<double>() - 1), <, 0.01);
}

// Changes one thing and finds what else changed: nothing outside the reach, something at both its ends.
void check_reach(const CodecConfig& config, int64_t length, double nothing) {
  auto source = fresh();
  const auto codec = make_autoencoder(config, heart::Parameters(source));
  const int64_t per_latent = codec->samples_per_latent(), middle = length / 2;

  auto latents = 0.5 * noise({1, length, codec->latent_width()}, 11);
  const auto before = codec->decode(latents);
  latents.select(1, middle).add_(1.0);
  auto changed =
      ((codec->decode(latents) - before).abs().amax({0, 1}) > nothing).nonzero().flatten();
  const Reach decode = codec->decode_reach();
  g_assert_cmpint(changed.numel(), >, 0);
  g_assert_cmpint(changed.min().item<int64_t>(), >=, per_latent * middle + decode.begin);
  g_assert_cmpint(changed.max().item<int64_t>(), <, per_latent * middle + decode.end);
  g_assert_cmpint(changed.min().item<int64_t>(), <, per_latent * (middle + 1));

  // Which latents see a sample: [spl t + begin, spl t + end) holds it.
  const Reach encode = codec->encode_reach();
  auto audio = 0.3 * noise({1, 2, per_latent * length}, 12);
  const auto plain = codec->encode(audio);
  for (const int64_t offset :
       {int64_t{0}, int64_t{1}, int64_t{2}, per_latent / 2, per_latent - 1}) {
    const int64_t at = per_latent * middle + offset;
    auto touched = audio.clone();
    touched.select(2, at).add_(1.0);
    const auto differs = (codec->encode(touched) - plain).abs().amax({0, 2}) > nothing;  // [L]
    for (int64_t t = 0; t < length; ++t) {
      const bool within = at >= per_latent * t + encode.begin && at < per_latent * t + encode.end;
      if (!within) g_assert_false(differs[t].item<bool>());
    }
    g_assert_true(differs.any().item<bool>());
  }
}

void transform_reaches_half_a_sub_frame() {
  check_reach(transform_config(), 8, 1e-6);
  auto source = fresh();
  const auto codec = make_autoencoder(transform_config(), heart::Parameters(source));
  g_assert_cmpint(codec->decode_reach().begin, ==, -240);
  g_assert_cmpint(codec->decode_reach().end, ==, 1920 + 240);
}

void scalar_model_reaches_as_it_states() {
  for (const int64_t num_samples : {1, 2, 3}) check_reach(scalar_config(num_samples), 120, 1e-9);
}

void scalar_model_without_pooling_has_no_processors() {
  // The public code numbers its layers without them then: the first block comes second, the last
  // convolution right behind the blocks.
  const struct {
    int64_t num_samples;
    const char* first_block;
    const char* last_conv;
    bool has_processors;
  } rows[] = {{2, "encoder.2.down_conv.", "decoder.4.", true},
              {1, "encoder.1.down_conv.", "decoder.3.", false}};
  for (const auto& row : rows) {
    heart::SpecParameters specs;
    make_autoencoder(scalar_config(row.num_samples), heart::Parameters(specs));
    bool has_block = false, has_last = false, has_processors = false;
    for (const auto& spec : specs.specs()) {
      const auto has = [&](const std::string& part) {
        return spec.name.find(part) != std::string::npos;
      };
      has_block |= has(row.first_block);
      has_last |= has(std::string(row.last_conv) + "bias");
      has_processors |= has("encoder.1.conv.") || has("decoder.3.conv.");
    }
    g_assert_true(has_block);
    g_assert_true(has_last);
    g_assert_cmpint(has_processors, ==, row.has_processors);
  }
}

void released_reach_is_that_of_the_release() {
  // Worked from the strides: models of the release decode to 1920·(t-2) … 1920·(t+44.3), see to +1.
  heart::SpecParameters source;
  const auto codec = make_autoencoder(CodecConfig(), heart::Parameters(source));
  g_assert_cmpint(codec->decode_reach().begin, ==, -3840);
  g_assert_cmpint(codec->decode_reach().end, ==, 85002);
  g_assert_cmpint(codec->encode_reach().end, ==, 2);
  g_assert_cmpint(codec->encode_reach().begin, >, -50 * 1920);
  g_assert_cmpint(codec->encode_reach().begin, <, -45 * 1920);
}

void spans_equal_the_whole() {
  struct Row {
    int64_t begin, end;
  };
  for (const CodecConfig& config : {transform_config(), scalar_config()}) {
    auto source = fresh();
    const auto codec = make_autoencoder(config, heart::Parameters(source));
    const int64_t length = 190,
                  per_latent = codec->samples_per_latent();  // over one piece of decoding
    const auto latents = 0.5 * noise({1, length, codec->latent_width()}, 2);
    const auto whole = codec->decode(latents);
    for (const Row& row :
         std::initializer_list<Row>{{0, 0}, {0, 1}, {5, 9}, {100, 101}, {189, 190}}) {
      const auto part = codec->decode_span(latents, row.begin, row.end);
      const auto want = whole.slice(2, row.begin * per_latent, row.end * per_latent);
      g_assert_true(part.sizes() == want.sizes());
      g_assert_cmpfloat(largest(part - want), <, 2e-5);  // other block sizes round otherwise in f32
    }
  }
}

void pieces_encode_like_the_whole() {
  auto source = fresh();
  const auto codec = make_autoencoder(scalar_config(), heart::Parameters(source));
  const auto audio = 0.3 * noise({1, 2, 24 * 400 + 7}, 9);
  const auto pieces = codec->encode(audio);
  const at::AutoGradMode whole(true);  // under training sound is taken in one go
  g_assert_cmpfloat(largest(codec->encode(audio) - pieces), <, 2e-6);
}

void light_encoder_makes_a_frame_of_two_latents() {
  auto source = fresh();
  CodecConfig config = transform_config();
  config.dim = 48;
  const auto codec = make_autoencoder(config, heart::Parameters(source));
  LightEncoderConfig sizes;
  sizes.dim = 32;
  const LightEncoder encoder(sizes, config, *codec, heart::Parameters(source));
  struct Row {
    int64_t latents, frames;
  };
  for (const Row& row : std::initializer_list<Row>{{1, 1}, {2, 1}, {3, 2}, {8, 4}}) {
    const auto features =
        encoder.features_of_latents(noise({3, row.latents, config.out_channels}, 1));
    g_assert_true(features.sizes() == at::IntArrayRef({3, row.frames, 48}));
  }
  const auto audio = 0.1 * noise({1, 2, 44100}, 4);
  g_assert_cmpint(encoder.features(audio, 44100).size(1), ==, 13);  // 1 s: 25 latents
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  const c10::NoGradGuard no_grad;
  g_test_add_func("/autoencoders/lapped_transform_reconstructs", lapped_transform_reconstructs);
  g_test_add_func("/autoencoders/lapped_transform_is_the_textbook_sum",
                  lapped_transform_is_the_textbook_sum);
  g_test_add_func("/autoencoders/power_of_a_steady_tone_holds_still",
                  power_of_a_steady_tone_holds_still);
  g_test_add_func("/autoencoders/low_band_comes_back_exactly", low_band_comes_back_exactly);
  g_test_add_func("/autoencoders/bands_keep_their_level", bands_keep_their_level);
  g_test_add_func("/autoencoders/silence_stays_silent", silence_stays_silent);
  g_test_add_func("/autoencoders/lengths_follow_from_samples", lengths_follow_from_samples);
  g_test_add_func("/autoencoders/statistics_normalise", statistics_normalise);
  g_test_add_func("/autoencoders/transform_reaches_half_a_sub_frame",
                  transform_reaches_half_a_sub_frame);
  g_test_add_func("/autoencoders/scalar_model_reaches_as_it_states",
                  scalar_model_reaches_as_it_states);
  g_test_add_func("/autoencoders/scalar_model_without_pooling_has_no_processors",
                  scalar_model_without_pooling_has_no_processors);
  g_test_add_func("/autoencoders/released_reach_is_that_of_the_release",
                  released_reach_is_that_of_the_release);
  g_test_add_func("/autoencoders/spans_equal_the_whole", spans_equal_the_whole);
  g_test_add_func("/autoencoders/pieces_encode_like_the_whole", pieces_encode_like_the_whole);
  g_test_add_func("/autoencoders/light_encoder_makes_a_frame_of_two_latents",
                  light_encoder_makes_a_frame_of_two_latents);
  return g_test_run();
}
