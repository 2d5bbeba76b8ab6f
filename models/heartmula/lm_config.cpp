// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/heartmula/lm_config.h"

#include "models/base/error.h"

namespace heart {
namespace {

// Far above any model, and small enough that no product of two sizes overflows.
constexpr int64_t kMaxSize = 1 << 20;
constexpr int64_t kMaxVocabulary = 1 << 24;

struct Flavor {
  const char* name;
  StackConfig config;  // layers, heads, kv heads, dim, ffn, max_seq
};
const Flavor kFlavors[] = {
    {"3B", {28, 24, 8, 3072, 8192, 8192}},
    {"7B", {32, 32, 8, 4096, 14336, 8192}},
    {"300M", {3, 8, 4, 3072, 8192, 2048}},
    {"400M", {4, 8, 4, 3072, 8192, 2048}},
};

const StackConfig* find_flavor(const std::string& name) {
  const std::string prefix = "llama-";
  const std::string bare = name.rfind(prefix, 0) == 0 ? name.substr(prefix.size()) : name;
  for (const Flavor& flavor : kFlavors) {
    if (bare == flavor.name) return &flavor.config;
  }
  return nullptr;
}

StackConfig read_stack(const Config& config, const std::string& key) {
  if (!config.has(key)) {
    const std::string flavor_key = key + "_flavor";
    if (!config.has(flavor_key)) {
      config.refuse(key, "is missing, and so is " + flavor_key + "; one of the two is needed");
    }
    const std::string name = config.string(flavor_key);
    const StackConfig* flavor = find_flavor(name);
    if (!flavor) {
      config.refuse(flavor_key,
                    "is \"" + name + "\", known are llama-3B, llama-7B, llama-300M, llama-400M");
    }
    return *flavor;
  }
  const Config section = config.section(key);
  StackConfig stack;
  stack.num_layers = section.integer("num_layers", 1, 1024);
  stack.num_heads = section.integer("num_heads", 1, 1024);
  stack.num_kv_heads = section.integer("num_kv_heads", 1, 1024);
  stack.embed_dim = section.integer("embed_dim", 2, kMaxSize);
  stack.intermediate_dim = section.integer("intermediate_dim", 1, kMaxSize);
  stack.max_seq_len = section.integer("max_seq_len", 1, kMaxSize);
  if (stack.num_heads % stack.num_kv_heads != 0) {
    section.refuse("num_kv_heads", "is " + std::to_string(stack.num_kv_heads) +
                                       ", which does not divide num_heads " +
                                       std::to_string(stack.num_heads));
  }
  if (stack.embed_dim % (2 * stack.num_heads) != 0) {
    section.refuse("embed_dim", "is " + std::to_string(stack.embed_dim) +
                                    ", wanted a multiple of twice num_heads (" +
                                    std::to_string(stack.num_heads) + "): rotary pairs");
  }
  return stack;
}

nlohmann::json stack_json(const StackConfig& stack) {
  return {{"num_layers", stack.num_layers},
          {"num_heads", stack.num_heads},
          {"num_kv_heads", stack.num_kv_heads},
          {"embed_dim", stack.embed_dim},
          {"intermediate_dim", stack.intermediate_dim},
          {"max_seq_len", stack.max_seq_len}};
}

}  // namespace

StackConfig StackConfig::flavor(const std::string& name) {
  const StackConfig* found = find_flavor(name);
  if (!found) throw Error(Fault::kInput, "no flavor " + name + "; known are 3B, 7B, 300M, 400M");
  return *found;
}

HeartMulaConfig HeartMulaConfig::from(const Config& config) {
  HeartMulaConfig lm;
  lm.text_vocab_size = config.integer_or("text_vocab_size", lm.text_vocab_size, 1, kMaxVocabulary);
  lm.audio_vocab_size =
      config.integer_or("audio_vocab_size", lm.audio_vocab_size, 1, kMaxVocabulary);
  lm.num_codebooks = config.integer_or("audio_num_codebooks", lm.num_codebooks, 1, 64);
  lm.muq_dim = config.integer_or("muq_dim", lm.muq_dim, 1, kMaxSize);
  lm.backbone = read_stack(config, "backbone");
  lm.decoder = read_stack(config, "decoder");
  if (lm.decoder.max_seq_len < lm.num_codebooks) {
    config.refuse("decoder", "reaches " + std::to_string(lm.decoder.max_seq_len) +
                                 " positions, wanted one per codebook (" +
                                 std::to_string(lm.num_codebooks) + ")");
  }
  return lm;
}

nlohmann::json HeartMulaConfig::to_json() const {
  return {{"model_type", "heartmula"},
          {"text_vocab_size", text_vocab_size},
          {"audio_vocab_size", audio_vocab_size},
          {"audio_num_codebooks", num_codebooks},
          {"muq_dim", muq_dim},
          {"backbone", stack_json(backbone)},
          {"decoder", stack_json(decoder)}};
}

GenerationIds GenerationIds::from(const Config& config) {
  GenerationIds ids;
  ids.text_bos = config.integer_or("text_bos_id", ids.text_bos, 0, kMaxVocabulary);
  ids.text_eos = config.integer_or("text_eos_id", ids.text_eos, 0, kMaxVocabulary);
  ids.audio_eos = config.integer_or("audio_eos_id", ids.audio_eos, 0, kMaxVocabulary);
  ids.empty = config.integer_or("empty_id", ids.empty, 0, kMaxVocabulary);
  return ids;
}

}  // namespace heart
