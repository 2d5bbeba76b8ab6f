// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Golden cases of the released encoder: its front ends, each listener by itself, the fusion with the query
// transformer, and sound to codes end to end. Codes go through the RVQ of the codec checkpoint beside the
// encoder's ("encoder-NAME" -> "codec-NAME").

#include "models/base/error.h"
#include "models/checkpoint/config.h"
#include "models/checkpoint/sources.h"
#include "models/heartcodec/config.h"
#include "models/heartcodec/encoder_vqv12/encoder_vqv12.h"
#include "models/heartcodec/encoder_vqv12/mel.h"
#include "models/heartcodec/resample.h"
#include "models/heartcodec/rvq.h"
#include "tests/parity/parity.h"

#include <ATen/ATen.h>

#include <memory>
#include <string>

namespace heart::parity {
namespace {

using vqv12::Encoder;
using vqv12::Features;
using vqv12::Vqv12Config;

// The case's encoder. Every case builds it whole, so a checkpoint with anything amiss fails them all.
Encoder load_encoder(const Case& c) {
  const Vqv12Config config = Vqv12Config::read(Config::open(c.checkpoint() + "/config.json"));
  CheckpointParameters::Options options;
  options.device = c.device();
  options.ignorable = Encoder::ignorable(config);
  CheckpointParameters source(TensorFiles::open(c.checkpoint(), "encoder."), options);
  Encoder encoder(config, Parameters(source));
  source.finish();
  return encoder;
}

codec::Rvq load_rvq(const Case& c) {
  std::string name = c.meta("checkpoint");
  const size_t at = name.find("encoder");
  if (at == std::string::npos)
    throw Error(Fault::kFile, c.path() + ": whose codec is " + name + "?");
  const std::string folder = c.beside(name.replace(at, 7, "codec"));
  const auto config = codec::CodecConfig::read(Config::open(folder + "/config.json"));
  CheckpointParameters::Options options;
  options.device = c.device();
  options.ignorable = {"*"};  // only the RVQ is wanted of it
  CheckpointParameters source(TensorFiles::open(folder, "decoder."), options);
  codec::Rvq rvq(config, Parameters(source)["flow_matching"]["vq_embed"]);
  source.finish();
  return rvq;
}

void close(const Case& c, Report& r, const std::string& name, const at::Tensor& got) {
  r.close(name, got.cpu(), c.out(name), c.number("tol.out." + name));
}

at::Tensor on_device(const Case& c, const std::string& name) {
  return c.in(name).to(c.device());
}

// One code where two entries are nearly as near may fall either way, and takes the frame's later layers
// with it: compared are codes with every margin up to their own layer above `sure_margin`.
void sure_codes(const Case& c, Report& r, const at::Tensor& codes) {
  const double sure = c.has_meta("sure_margin") ? c.number("sure_margin") : 0.005;
  const at::Tensor least = std::get<0>(c.out("margin").cummin(0));  // [K, T]
  const at::Tensor is_sure = least > sure;
  const at::Tensor other = at::where(is_sure, codes.cpu(), -at::ones_like(c.out("codes")));
  const at::Tensor want = at::where(is_sure, c.out("codes"), -at::ones_like(c.out("codes")));
  r.require("some codes are sure", is_sure.any().item<bool>());
  r.exact("codes", other, want);
}

void run_mel(const Case& c, Report& r) {
  const Encoder encoder = load_encoder(c);
  const at::Tensor wave = on_device(c, "wave24k").unsqueeze(0);  // [1, S]
  close(c, r, "mel", encoder.extractors().mu().mel().forward(wave).squeeze(0));
}

void run_mu(const Case& c, Report& r) {
  const Encoder encoder = load_encoder(c);
  const vqv12::MuEncoder& mu = encoder.extractors().mu();
  const at::Tensor conv =
      mu.conv().forward(mu.mel().forward(on_device(c, "wave24k").unsqueeze(0)), Cancel());
  const auto states = mu.hidden_states(conv, Cancel());
  close(c, r, "conv", conv.squeeze(0));
  for (const size_t layer : {1, 2, 11}) {
    close(c, r, "h" + std::to_string(layer), states[layer - 1].squeeze(0));
  }
}

void run_resample(const Case& c, Report& r) {
  close(c, r, "from_24k_16k", resample(on_device(c, "wave24k"), 24000, 16000));
  close(c, r, "from_48k_24k", resample(on_device(c, "wave48k"), 48000, 24000));
  close(c, r, "from_44k1_24k", resample(on_device(c, "wave44k1"), 44100, 24000));
}

void run_whisper_mel(const Case& c, Report& r) {
  const Encoder encoder = load_encoder(c);
  const at::Tensor wave = on_device(c, "wave16k").unsqueeze(0);
  const at::Tensor mel = encoder.extractors().whisper().mel().forward(wave).squeeze(0);
  // A case may hold the columns up to the padding only: all further ones are then as its last.
  const int64_t columns = c.out("mel").size(1);
  close(c, r, "mel", mel.slice(1, 0, columns));
  const at::Tensor rest = mel.slice(1, columns);
  r.close("padding of mel", rest, c.out("mel").slice(1, columns - 1).expand_as(rest),
          c.number("tol.out.mel"));
}

void run_whisper(const Case& c, Report& r) {
  const Encoder encoder = load_encoder(c);
  const at::Tensor all =
      encoder.extractors().whisper().forward(on_device(c, "wave16k").unsqueeze(0), Cancel());
  close(c, r, "hidden", all.squeeze(0).slice(0, 0, c.out("hidden").size(0)));
}

void run_wavlm(const Case& c, Report& r) {
  const Encoder encoder = load_encoder(c);
  const vqv12::WavLmEncoder& wavlm = encoder.extractors().wavlm();
  const at::Tensor wave = on_device(c, "wave16k").unsqueeze(0);
  const at::Tensor conv = wavlm.features().forward(wave, Cancel());
  const auto states = wavlm.hidden_states(conv, Cancel());
  close(c, r, "conv", conv.squeeze(0));
  for (const size_t layer : {0, 1, 6, 9}) {
    close(c, r, "h" + std::to_string(layer), states[layer].squeeze(0));
  }
  close(c, r, "mean", wavlm.forward(wave, Cancel()).squeeze(0));
}

void run_features(const Case& c, Report& r) {
  const Encoder encoder = load_encoder(c);
  const Features f = encoder.extractors().forward(on_device(c, "wave24k"), Cancel());
  close(c, r, "acoustic", f.acoustic.squeeze(0));
  close(c, r, "semantic", f.semantic.squeeze(0));
  close(c, r, "whisper", f.whisper.squeeze(0));
  close(c, r, "wavlm", f.wavlm.squeeze(0));
}

void run_query(const Case& c, Report& r) {
  const Encoder encoder = load_encoder(c);
  const auto in = [&](const char* name) { return on_device(c, name).unsqueeze(0); };
  const at::Tensor fused =
      encoder.query().fuse({in("acoustic"), in("semantic"), in("whisper"), in("wavlm")});
  const at::Tensor query = encoder.query().forward(fused, Cancel());  // [1, T, D]
  close(c, r, "fused", fused.squeeze(0));
  close(c, r, "query", query.squeeze(0));
  sure_codes(c, r, load_rvq(c).encode(query).squeeze(0));
}

void run_tokens(const Case& c, Report& r) {
  const Encoder encoder = load_encoder(c);
  const at::Tensor query =
      encoder.forward(c.in("wave"), c.integer("sample_rate")).unsqueeze(0);  // [1, T, D]
  close(c, r, "query", query.squeeze(0));
  sure_codes(c, r, load_rvq(c).encode(query).squeeze(0));
}

const AddKind kMel{"encoder-mel", run_mel};
const AddKind kMu{"encoder-mu", run_mu};
const AddKind kResample{"encoder-resample", run_resample};
const AddKind kWhisperMel{"encoder-whisper-mel", run_whisper_mel};
const AddKind kWhisper{"encoder-whisper", run_whisper};
const AddKind kWavLm{"encoder-wavlm", run_wavlm};
const AddKind kFeatures{"encoder-features", run_features};
const AddKind kQuery{"encoder-query", run_query};
const AddKind kTokens{"encoder-tokens", run_tokens};

}  // namespace
}  // namespace heart::parity
