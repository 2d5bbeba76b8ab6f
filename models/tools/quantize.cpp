// SPDX-License-Identifier: LGPL-2.1-or-later
//
// heart-models quantize: a copy of a checkpoint whose weights are stored in another number format. A tensor
// at a time; shards stay as they are, so an index needs no change beyond its total.

#include "models/base/error.h"
#include "models/checkpoint/layout.h"
#include "models/checkpoint/safetensors.h"
#include "models/tools/command_line.h"
#include "models/tools/console.h"
#include "models/tools/network_folder.h"
#include "models/tools/output.h"
#include "models/tools/verbs.h"

#include <c10/core/InferenceMode.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

namespace heart::tools {
namespace {

namespace fs = std::filesystem;

struct Total {
  uint64_t before = 0, after = 0;
};

at::Tensor converted(const at::Tensor& stored, at::ScalarType dtype, const std::string& name) {
  if (!stored.is_floating_point() || stored.scalar_type() == dtype) return stored;
  const at::Tensor result = stored.to(dtype);
  // f16 ends at 65504.
  if (!at::isfinite(result).all().item<bool>() && at::isfinite(stored).all().item<bool>()) {
    throw Error(Fault::kInput, name + " has values that f16 cannot hold; take bf16");
  }
  return result;
}

void convert_file(const fs::path& from, const fs::path& to, at::ScalarType dtype, Bar& bar,
                  Total& total) {
  const auto file = SafetensorsFile::open(from.string());
  std::vector<SafetensorsWriter::Item> items;
  for (const auto& [name, entry] : file->entries()) {
    const bool is_float = c10::isFloatingType(entry.dtype);
    items.push_back({name, is_float ? dtype : entry.dtype, entry.shape});
  }
  SafetensorsWriter writer(to.string(), items, file->metadata());
  for (size_t i = 0; i < items.size(); ++i) {
    interrupted().check();
    bar.show(static_cast<double>(i) / static_cast<double>(items.size()), from.filename().string());
    const at::Tensor made = converted(file->tensor(items[i].name), dtype, items[i].name);
    writer.write(made);
    total.after += made.nbytes();
    file->release_pages(items[i].name);
  }
  writer.finish();
  total.before += file->data_bytes();
}

// One network's folder; its other files are copied.
void convert_folder(const fs::path& from, const fs::path& to, at::ScalarType dtype, Bar& bar,
                    Total& total) {
  fs::create_directories(to);
  Total own;
  std::vector<fs::path> indices;
  for (const auto& item : fs::directory_iterator(from)) {
    const fs::path target = to / item.path().filename();
    const std::string name = item.path().filename().string();
    if (item.path().extension() == ".safetensors") {
      convert_file(item.path(), target, dtype, bar, own);
    } else if (name.size() > 11 && name.substr(name.size() - 11) == ".index.json") {
      indices.push_back(item.path());
    } else if (item.is_regular_file()) {
      copy_file(item.path().string(), target.string());
    }
  }
  for (const fs::path& index : indices) {
    nlohmann::json json = read_json(index.string());
    json["metadata"]["total_size"] = own.after;
    write_text((to / index.filename()).string(), json.dump(2) + "\n");
  }
  total.before += own.before;
  total.after += own.after;
}

}  // namespace

int run_quantize(int argc, char** argv) {
  std::string to, codec_to;
  bool is_progress = false;
  CommandLine line(
      "quantize", "IN_DIR OUT_DIR", "Copies a checkpoint into another number format.",
      "IN_DIR is a whole checkpoint directory, of which --to converts the language model alone, "
      "or\n"
      "the folder of one network. The codec loses nothing that can be heard in f16 (30 dB against\n"
      "f32) and does in bf16. Its codebooks decide by small differences: a code may change.\n"
      "q8 and q4 need kernels that this build does not have.");
  line.text("to", to, "f16|bf16|f32", "format of the language model, or of the one network");
  line.text("codec", codec_to, "f16|f32", "format of codec and encoder (as they are)");
  line.flag("progress", is_progress, "show a progress bar even where stderr is no terminal");
  const auto files = line.parse(argc, argv, 2, 2);
  if (to.empty() && codec_to.empty()) throw Error(Fault::kInput, "no --to was given");
  if (codec_to == "bf16") throw Error(Fault::kInput, "bf16 degrades the codec; take --codec f16");

  c10::InferenceMode no_gradients;
  Bar bar(is_progress);
  Total total;
  Output folder(files[1], Output::Type::kFolder);
  if (fs::exists(fs::path(files[0]) / "config.json")) {
    convert_folder(files[0], folder.path(), number_format(to.empty() ? codec_to : to), bar, total);
  } else {
    const CheckpointLayout layout = CheckpointLayout::find(files[0]);
    const fs::path root(folder.path());
    const auto network = [&](const std::string& from, const std::string& format) {
      if (from.empty()) return;
      const fs::path target = root / fs::path(from).filename();
      if (format.empty()) {
        fs::copy(from, target, fs::copy_options::recursive);
      } else {
        convert_folder(from, target, number_format(format), bar, total);
      }
    };
    network(layout.lm, to);
    network(layout.codec, codec_to);
    network(layout.encoder, codec_to);
    // Those inside the language model's folder were copied with it.
    for (const std::string& file : {layout.tokenizer, layout.generation}) {
      if (!file.empty() && fs::path(file).parent_path() != fs::path(layout.lm))
        copy_file(file, (root / fs::path(file).filename()).string());
    }
  }
  interrupted().check();
  folder.finish();
  std::printf("%s became %s\n", bytes_text(total.before).c_str(), bytes_text(total.after).c_str());
  return 0;
}

}  // namespace heart::tools
