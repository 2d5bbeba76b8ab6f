// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/train/latent_store.h"

#include "models/base/error.h"
#include "models/checkpoint/safetensors.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace heart::train {

LatentStore::LatentStore(at::Tensor rows, std::vector<int64_t> begins,
                         std::vector<std::string> names)
    : rows_(std::move(rows)), begins_(std::move(begins)), names_(std::move(names)) {
  const bool fits =
      begins_.size() >= 2 && begins_.front() == 0 && begins_.back() == rows_.size(0) &&
      std::is_sorted(begins_.begin(), begins_.end()) && names_.size() + 1 == begins_.size();
  if (!fits) {
    throw Error(Fault::kFile, "the pieces of this data set do not cover its rows; make it anew");
  }
}

LatentStore LatentStore::open(const std::string& path) {
  const auto file = SafetensorsFile::open(path);
  const at::Tensor begins = file->tensor("begins").to(at::kLong).contiguous();
  const auto names = file->metadata().find("names");
  if (names == file->metadata().end()) {
    throw Error(Fault::kFile,
                path + ": no names in its metadata; was it made by heart-train latents?");
  }
  const int64_t* first = begins.data_ptr<int64_t>();
  return LatentStore(file->tensor("rows"), std::vector<int64_t>(first, first + begins.numel()),
                     nlohmann::json::parse(names->second).get<std::vector<std::string>>());
}

void LatentStore::save(const std::string& path) const {
  write_safetensors(path, {{"rows", rows_}, {"begins", at::tensor(begins_, at::kLong)}},
                    {{"names", nlohmann::json(names_).dump()}});
}

LatentStore::Place LatentStore::draw(int64_t rows, int64_t grid, StepRandom& random) const {
  // Rejection by a uniform position over all rows: long pieces are as likely as they are long.
  for (int attempt = 0; attempt < 10000; ++attempt) {
    const int64_t at = random.between(0, total());
    const auto next = std::upper_bound(begins_.begin(), begins_.end(), at);
    const int64_t piece = static_cast<int64_t>(next - begins_.begin()) - 1;
    const int64_t begin = (at - begins_[piece]) / grid * grid;
    if (begin + rows <= length(piece)) return {piece, begin};
  }
  throw Error(Fault::kInput, "no piece of the data set holds a crop of " + std::to_string(rows) +
                                 " rows; make longer pieces or ask for shorter crops");
}

at::Tensor LatentStore::crops(int64_t batch, int64_t rows, int64_t grid, StepRandom& random) const {
  std::vector<at::Tensor> crops;
  for (int64_t i = 0; i < batch; ++i) {
    const Place place = draw(rows, grid, random);
    crops.push_back(rows_.narrow(0, begins_[place.piece] + place.begin, rows));
  }
  return at::stack(crops).to(at::kFloat);  // [B, L, Z]
}

}  // namespace heart::train
