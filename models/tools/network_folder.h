// SPDX-License-Identifier: LGPL-2.1-or-later
//
// One network as a folder of a checkpoint: which of the three a config.json describes, what its files are
// called, and every tensor that it asks for.

#pragma once

#include "models/checkpoint/config.h"
#include "models/checkpoint/parameters.h"

#include <ATen/ATen.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace heart::tools {

enum class NetworkKind { kLanguageModel, kCodec, kEncoder };

/// What a config.json describes, told by its keys.
/// Errors   Error{kFile}: none of the three
NetworkKind kind_of(const Config& config);

const char* kind_name(NetworkKind kind);
/// "HeartMuLa-x", "HeartCodec-x", "HeartCodec-x-encoder".
std::string folder_name(NetworkKind kind, const std::string& name);
/// Released name of the weights where they are one file, without ".safetensors".
const char* weights_stem(NetworkKind kind);
/// What the released names of this network's tensors begin with, beyond what the code asks for. Some
/// releases of the codec have none.
const char* prefix_of(NetworkKind kind);
/// Patterns of tensors that may be stored without being used.
std::vector<std::string> ignorable_of(NetworkKind kind, const Config& config);

/// Builds the network from `source` and throws it away, so that the source has been asked for all. A light
/// encoder needs the config of its codec.
/// Errors   Error{kFile}: the config does not fit together
void ask_for_all(NetworkKind kind, const Config& config, const std::optional<Config>& codec,
                 ParameterSource& source);

/// f32, f16 or bf16.
/// Errors   Error{kInput}: any other; q8 and q4 with a word of their own
at::ScalarType number_format(const std::string& name);

}  // namespace heart::tools
