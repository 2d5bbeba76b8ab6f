// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Runs a fuzz target without libFuzzer: every file of a folder as it is, then seeded mutations of it.
// So each target is a test with any compiler. A failed invariant aborts, with the input in the message.
//
//   fuzz_NAME FOLDER|FILE… [--mutations N]

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

void run(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// One to four small changes: a byte set, a stretch removed, doubled, or taken from another input.
std::string mutated(std::string input, const std::vector<std::string>& others,
                    std::mt19937_64& random) {
  const auto below = [&](size_t bound) {
    return bound ? static_cast<size_t>(random() % bound) : 0;
  };
  for (size_t n = 1 + below(4); n > 0; --n) {
    const size_t at = below(input.size() + 1);
    const size_t length = below(std::min<size_t>(16, input.size() - at) + 1);
    switch (below(5)) {
      case 0:
        if (at < input.size()) input[at] = static_cast<char>(random());
        break;
      case 1:
        if (at < input.size()) input[at] = " \t\r\n;,:-+=\"#.0129e\\*"[below(20)];
        break;
      case 2:
        input.erase(at, length);
        break;
      case 3:
        input.insert(at, input.substr(at, length));
        break;
      default: {
        const std::string& other = others[below(others.size())];
        const size_t from = below(other.size() + 1);
        input.insert(at, other.substr(from, below(16)));
      }
    }
  }
  return input;
}

}  // namespace

int main(int argc, char** argv) {
  size_t n_mutations = 2000;
  std::vector<std::string> inputs{""};
  for (int i = 1; i < argc; ++i) {
    if (strcmp(argv[i], "--mutations") == 0 && i + 1 < argc) {
      n_mutations = strtoul(argv[++i], nullptr, 10);
      continue;
    }
    const std::filesystem::path path = argv[i];
    if (!std::filesystem::is_directory(path)) {
      inputs.push_back(read_file(path));
      continue;
    }
    for (const auto& entry : std::filesystem::directory_iterator(path))
      inputs.push_back(read_file(entry.path()));
  }
  if (inputs.size() < 2) {
    fprintf(stderr, "no inputs: give the folder of the corpus\n");
    return 1;
  }
  std::mt19937_64 random(1);  // the same mutations in every run
  size_t n_runs = 0;
  for (const std::string& input : inputs) {
    run(input);
    for (size_t i = 0; i < n_mutations; ++i) run(mutated(input, inputs, random));
    n_runs += 1 + n_mutations;
  }
  printf("%zu runs on %zu inputs\n", n_runs, inputs.size());
  return 0;
}
