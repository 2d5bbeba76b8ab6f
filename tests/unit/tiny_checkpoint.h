// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A whole checkpoint directory with random weights and small sizes, for tests of what runs on one.

#pragma once

#include "models/checkpoint/safetensors.h"
#include "models/checkpoint/sources.h"
#include "models/heartcodec/heartcodec.h"
#include "models/heartcodec/light_encoder.h"
#include "models/heartmula/heartmula.h"
#include "models/train/tokenizer_trainer.h"

#include <glib.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace heart {

struct TinyCheckpoint {
  std::string path;

  explicit TinyCheckpoint(uint64_t seed = 1) {
    gchar* folder = g_dir_make_tmp("heart-tiny-XXXXXX", nullptr);
    path = folder;
    g_free(folder);
    const nlohmann::json stack = {{"num_layers", 2},        {"num_heads", 2},
                                  {"num_kv_heads", 1},      {"embed_dim", 32},
                                  {"intermediate_dim", 64}, {"max_seq_len", 512}};
    TokenizerTrainer trainer;
    trainer.add("<tag>piano,slow</tag> la la la [verse] we sing along", 3);
    const TrainedTokenizer tokenizer = trainer.train(300);
    tokenizer.write(path + "/tokenizer.json");
    write_json("gen_config.json", {{"text_bos_id", tokenizer.bos},
                                   {"text_eos_id", tokenizer.eos},
                                   {"audio_eos_id", 17},
                                   {"empty_id", 0}});

    const nlohmann::json lm = {{"text_vocab_size", tokenizer.vocabulary_size()},
                               {"audio_vocab_size", 20},
                               {"audio_num_codebooks", 4},
                               {"muq_dim", 8},
                               {"backbone", stack},
                               {"decoder", stack}};
    const nlohmann::json codec = {{"dim", 24},
                                  {"codebook_size", 16},
                                  {"codebook_dim", 8},
                                  {"num_quantizers", 4},
                                  {"attention_head_dim", 16},
                                  {"num_attention_heads", 2},
                                  {"num_layers", 1},
                                  {"num_layers_2", 1},
                                  {"in_channels", 344 * 2 + 24},
                                  {"out_channels", 344},
                                  {"sample_rate", 48000},
                                  {"autoencoder",
                                   {{"type", "transform"},
                                    {"hop", 480},
                                    {"sub_frames", 4},
                                    {"low_bins", 36},
                                    {"bands", 24},
                                    {"envelopes", 1},
                                    {"top_hz", 20000}}}};
    const nlohmann::json encoder = {
        {"version", "light1"}, {"dim", 16}, {"num_layers", 1}, {"num_heads", 2}};
    write_json("HeartMuLa-tiny/config.json", lm);
    write_json("HeartCodec-tiny/config.json", codec);
    write_json("HeartCodec-tiny-encoder/config.json", encoder);

    SpecParameters lm_specs;
    HeartMula(HeartMulaConfig::from(Config(lm, "lm")), Parameters(lm_specs));
    write_weights("HeartMuLa-tiny/model.safetensors", lm_specs, "", seed);
    const codec::CodecConfig codec_config = codec::CodecConfig::read(Config(codec, "codec"));
    SpecParameters codec_specs;
    const codec::HeartCodec spec_codec(codec_config, Parameters(codec_specs));
    write_weights("HeartCodec-tiny/model.safetensors", codec_specs, "", seed);
    SpecParameters encoder_specs;
    codec::make_code_encoder(Config(encoder, "encoder"), codec_config, spec_codec.autoencoder(),
                             Parameters(encoder_specs));
    write_weights("HeartCodec-tiny-encoder/encoder.safetensors", encoder_specs, "encoder.", seed);
  }
  ~TinyCheckpoint() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  TinyCheckpoint(const TinyCheckpoint&) = delete;
  TinyCheckpoint& operator=(const TinyCheckpoint&) = delete;

 private:
  void write_json(const std::string& name, const nlohmann::json& json) const {
    const std::filesystem::path file = path + "/" + name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << json.dump(1) << '\n';
  }
  void write_weights(const std::string& name, const SpecParameters& specs,
                     const std::string& prefix, uint64_t seed) const {
    std::vector<std::pair<std::string, at::Tensor>> tensors;
    for (const SpecParameters::Spec& spec : specs.specs()) {
      tensors.emplace_back(prefix + spec.name,
                           draw_initial(spec.name, spec.shape, spec.init, seed));
    }
    write_safetensors(path + "/" + name, tensors);
  }
};

}  // namespace heart
