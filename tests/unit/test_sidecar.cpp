// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Codes sidecars: files made by numpy, torch and safetensors (tests/data/sidecar, with their script), shapes
// that fit two ways, and everything that must be refused with a word about it.

#include "models/base/error.h"
#include "models/checkpoint/file_bytes.h"
#include "models/checkpoint/safetensors.h"
#include "models/sidecar/npy.h"
#include "models/sidecar/sidecar.h"
#include "models/sidecar/torch_file.h"

#include <glib.h>
#include <glib/gstdio.h>

#include <cstring>
#include <filesystem>
#include <functional>
#include <string>
#include <sys/stat.h>

namespace {

using namespace heart;  // NOLINT
namespace fs = std::filesystem;

constexpr int64_t kCodebooks = 8;
constexpr int64_t kFrames = 13;
const std::string kFolder = TESTS_DATA "/sidecar/";

/// What make_sidecars.py put into every file.
at::Tensor expected_codes() {
  const at::Tensor k = at::arange(kCodebooks, at::kLong).unsqueeze(1);
  const at::Tensor t = at::arange(kFrames, at::kLong).unsqueeze(0);
  return (31 * k + 7 * t).remainder(120);  // [K, T]
}

SidecarOptions options(int64_t codebooks = kCodebooks, int64_t codebook_size = 8192) {
  SidecarOptions options;
  options.codebooks = codebooks;
  options.codebook_size = codebook_size;
  return options;
}

/// Runs what must be refused; the error's text, which has to hold `words`.
void must_refuse(const std::string& what, const char* words, const std::function<void()>& work,
                 Fault fault = Fault::kFile) {
  try {
    work();
  } catch (const Error& error) {
    if (error.fault() != fault || !std::strstr(error.what(), words)) {
      g_error("%s: said \"%s\", wanted the words \"%s\"", what.c_str(), error.what(), words);
    }
    return;
  }
  g_error("%s: was not refused", what.c_str());
}

void files_of_every_tool_layout_and_type_give_the_same_codes() {
  const char* const stems[] = {"int64-KT",      "int64-TK",       "int64-BKT", "int64-BTK",
                               "int64-KT-text", "int64-BTK-text", "int8-KT",   "uint8-KT",
                               "int16-KT",      "int32-KT"};
  const char* const others[] = {
      "npy-fortran.npy",        "npy-fortran-BTK.npy",    "npy-big-endian.npy",
      "npy-uint16.npy",         "npy-uint64.npy",         "npy-version-2.npy",
      "npy-version-3.npy",      "pt-protocol-4.pt",       "pt-protocol-5.pt",
      "pt-transposed.pt",       "pt-part-of-a-larger.pt", "pt-legacy.pt",
      "pt-legacy-int16.pt",     "pt-from-cuda.pt",        "pt-big-endian.pt",
      "pt-legacy-transposed.pt"};
  std::vector<std::string> names(std::begin(others), std::end(others));
  for (const char* stem : stems) {
    for (const char* ending : {".npy", ".pt", ".safetensors"}) {
      names.push_back(std::string(stem) + ending);
    }
  }
  for (const std::string& name : names) {
    const Sidecar sidecar = read_sidecar(kFolder + name, options());
    if (!sidecar.codes.equal(expected_codes())) g_error("%s: other codes", name.c_str());
    if (!sidecar.warning.empty()) g_error("%s: %s", name.c_str(), sidecar.warning.c_str());
    g_assert_true(sidecar.codes.is_contiguous());
  }
}

void a_broadcast_tensor_is_laid_out() {
  const Sidecar sidecar = read_sidecar(kFolder + "pt-broadcast.pt", options());
  g_assert_true(sidecar.codes.equal(expected_codes().slice(1, 0, 1).expand({kCodebooks, kFrames})));
}

void files_without_codes_are_refused_by_name() {
  const struct {
    const char* file;
    const char* words;
  } rows[] = {
      {"float32-KT.npy", "holds float32, wanted integers"},
      {"float32-KT.pt", "holds float32, wanted integers"},
      {"float32-KT.safetensors", "holds F32, wanted integers"},
      {"bool-KT.npy", "holds bool, wanted integers"},
      {"bool-KT.pt", "holds bool, wanted integers"},
      {"bool-KT.safetensors", "holds BOOL, wanted integers"},
      {"npy-nan.npy", "holds float64, wanted integers"},
      {"npy-records.npy", "describes records"},
      {"npy-objects.npy", "elements of type '|O'"},
      {"pt-dict.pt", "holds a dict, wanted one tensor"},
      {"pt-list.pt", "holds a list, wanted one tensor"},
      {"pt-parameter.pt", "asks for torch._utils._rebuild_parameter"},
      {"pt-uint16.pt", "asks for torch._utils._rebuild_tensor_v3"},
      {"pt-numpy.pt", "asks for numpy."},
      {"pt-plain-pickle.pt", "is a pickle but none that torch.save wrote"},
      {"pt-compressed.pt", "has the compressed member"},
      {"pt-without-storage.pt", "lacks the storage 0"},
  };
  for (const auto& row : rows) {
    must_refuse(row.file, row.words, [&] { read_sidecar(kFolder + row.file, options()); });
  }
}

void a_pickle_that_runs_a_command_is_named_and_not_run() {
  gchar* folder = g_dir_make_tmp("heart-sidecar-XXXXXX", nullptr);
  gchar* before = g_get_current_dir();
  g_assert_cmpint(g_chdir(folder), ==, 0);
  for (const char* file : {"pt-malicious.pt", "pt-malicious-legacy.pt"}) {
    must_refuse(file, "asks for posix.system, which no saved tensor needs; nothing of it was run",
                [&] { read_sidecar(kFolder + file, options()); });
  }
  g_assert_false(g_file_test("heart-sidecar-was-run", G_FILE_TEST_EXISTS));
  g_assert_cmpint(g_chdir(before), ==, 0);
  g_rmdir(folder);
  g_free(before);
  g_free(folder);
}

void shapes_say_which_axis_is_which() {
  using L = CodeLayout;
  const struct {
    std::vector<int64_t> shape;
    L layout;
    int64_t frames;       // 0: refused
    bool is_frame_first;  // where the codes come from
    const char* words;    // of the warning, or of the error
  } rows[] = {
      {{8, 100}, L::kAuto, 100, false, ""},
      {{100, 8}, L::kAuto, 100, true, ""},
      {{1, 8, 100}, L::kAuto, 100, false, ""},
      {{1, 100, 8}, L::kAuto, 100, true, ""},
      {{9, 100}, L::kAuto, 100, false, ""},
      {{1, 100, 9}, L::kAuto, 100, true, ""},
      {{8, 1}, L::kAuto, 1, false, ""},
      {{8, 7}, L::kAuto, 7, false, ""},
      {{10, 8}, L::kAuto, 10, true, ""},
      // Either axis may be the codebooks.
      {{8, 8}, L::kAuto, 8, false, "tokens-layout=BTK takes frames first"},
      {{1, 8, 8}, L::kAuto, 8, false, "either axis may be the 8 codebooks"},
      {{8, 9}, L::kAuto, 9, false, "either axis"},
      {{9, 8}, L::kAuto, 8, false, "either axis"},
      {{9, 9}, L::kAuto, 9, false, "either axis"},
      {{8, 8}, L::kCodebookFirst, 8, false, ""},
      {{8, 8}, L::kFrameFirst, 8, true, ""},
      {{1, 8, 9}, L::kFrameFirst, 8, true, ""},
      {{1, 9, 8}, L::kFrameFirst, 9, true, ""},
      {{100, 8}, L::kFrameFirst, 100, true, ""},
      // What does not fit.
      {{7, 100}, L::kAuto, 0, false, "codes of another model?"},
      {{100, 8},
       L::kCodebookFirst,
       0,
       false,
       "the first axis of a song is its codebooks, which are 8"},
      {{8, 100}, L::kFrameFirst, 0, false, "the last axis of a song is its codebooks, which are 8"},
      {{2, 8, 100}, L::kAuto, 0, false, "a batch of 2"},
      {{0, 8, 100}, L::kAuto, 0, false, "a batch of 0"},
      {{8}, L::kAuto, 0, false, "holds [8], wanted [8, frames]"},
      {{}, L::kAuto, 0, false, "holds [], wanted"},
      {{1, 1, 8, 100}, L::kAuto, 0, false, "wanted [8, frames]"},
  };
  for (const auto& row : rows) {
    int64_t count = 1;
    for (const int64_t size : row.shape) count *= size;
    const at::Tensor stored = at::arange(count, at::kLong).reshape(row.shape);
    const std::string what = shape_text(row.shape);
    if (row.frames == 0) {
      must_refuse(what, row.words, [&] { order_codes("x.npy", stored, 8, row.layout); });
      continue;
    }
    const OrderedCodes ordered = order_codes("x.npy", stored, 8, row.layout);
    const at::Tensor song = stored.dim() == 3 ? stored[0] : stored;
    const at::Tensor want = (row.is_frame_first ? song.t() : song).slice(0, 0, 8);
    if (!ordered.codes.equal(want) || ordered.codes.size(1) != row.frames) {
      g_error("%s came as %s", what.c_str(), shape_text(ordered.codes.sizes()).c_str());
    }
    g_assert_cmpint(ordered.warning.empty(), ==, *row.words == 0);
    g_assert_nonnull(std::strstr(ordered.warning.c_str(), row.words));
  }
}

void layouts_have_names() {
  g_assert_true(code_layout_named("auto") == CodeLayout::kAuto);
  g_assert_true(code_layout_named("KT") == CodeLayout::kCodebookFirst);
  g_assert_true(code_layout_named("BKT") == CodeLayout::kCodebookFirst);
  g_assert_true(code_layout_named("BTK") == CodeLayout::kFrameFirst);
  must_refuse(
      "KTB", "there are auto, KT, BKT and BTK", [] { code_layout_named("KTB"); }, Fault::kInput);
}

/// A folder for files made by a test.
struct Scratch {
  std::string path;
  Scratch() {
    gchar* made = g_dir_make_tmp("heart-sidecar-XXXXXX", nullptr);
    path = std::string(made) + "/";
    g_free(made);
  }
  ~Scratch() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
};

void codes_outside_their_codebook_are_refused_with_their_place() {
  const Scratch scratch;
  const struct {
    int64_t code;
    bool is_wrong;
  } rows[] = {{0, false}, {8191, false},     {8192, true},
              {-1, true}, {INT32_MAX, true}, {INT32_MIN, true}};
  for (const auto& row : rows) {
    at::Tensor codes = expected_codes().to(at::kInt);
    codes[5][11] = row.code;
    const std::string file = scratch.path + "codes.safetensors";
    write_safetensors(file, {{"codes", codes}});
    if (!row.is_wrong) {
      read_sidecar(file, options());
      continue;
    }
    const std::string words =
        "code " + std::to_string(row.code) + " in codebook 5 of frame 11, wanted 0 to 8191";
    must_refuse(words, words.c_str(), [&] { read_sidecar(file, options()); });
  }
  must_refuse("a smaller codebook", "wanted 0 to 99",
              [] { read_sidecar(kFolder + "int64-KT.pt", options(8, 100)); });
}

void safetensors_need_codes_or_a_single_tensor() {
  const Scratch scratch;
  const std::string file = scratch.path + "a.safetensors";
  const at::Tensor codes = expected_codes();
  write_safetensors(file, {{"other", codes * 2}, {"codes", codes}});
  g_assert_true(read_sidecar(file, options()).codes.equal(codes));
  write_safetensors(file, {{"tokens", codes}});
  g_assert_true(read_sidecar(file, options()).codes.equal(codes));
  write_safetensors(file, {{"a", codes}, {"b", codes}});
  must_refuse("two tensors", "no tensor \"codes\" but a, b",
              [&] { read_sidecar(file, options()); });
  write_safetensors(file, {{"codes", at::empty({8, 0}, at::kLong)}});
  must_refuse("no frame", "holds no frame", [&] { read_sidecar(file, options()); });
}

void paths_that_are_no_sidecar_are_refused() {
  const Scratch scratch;
  const std::string pipe = scratch.path + "pipe";
  fs::create_directory(scratch.path + "folder.npy");
  for (const char* ending : {".npy", ".pt", ".safetensors"}) {
    g_assert_cmpint(mkfifo((pipe + ending).c_str(), 0600), ==, 0);
    must_refuse(ending, "is not a regular file", [&] { read_sidecar(pipe + ending, options()); });
    must_refuse(ending, "cannot be opened",
                [&] { read_sidecar(scratch.path + "nothing" + ending, options()); });
  }
  const struct {
    const char* name;
    const char* words;
  } rows[] = {
      {"folder.npy", "is not a regular file"},
      {"codes.wav", "not from .wav"},
      {"codes", "are read from .safetensors, .npy and .pt files"},
  };
  for (const auto& row : rows) {
    must_refuse(row.name, row.words, [&] { read_sidecar(scratch.path + row.name, options()); });
  }
  // An ending is an ending in capitals, too, and a link is the file that it leads to.
  fs::create_symlink(kFolder + "int64-KT.pt", scratch.path + "LINK.PT");
  g_assert_true(read_sidecar(scratch.path + "LINK.PT", options()).codes.equal(expected_codes()));
}

void a_file_of_another_kind_is_told_by_its_first_bytes() {
  const std::string npy = read_file_bytes(kFolder + "int64-KT.npy", 1 << 20, "a test");
  const std::string pt = read_file_bytes(kFolder + "int64-KT.pt", 1 << 20, "a test");
  must_refuse("a .pt as .npy", "does not begin like a .npy file", [&] { read_npy("x", pt); });
  must_refuse("a .npy as .pt", "does not begin like a file of torch.save",
              [&] { read_torch_file("x", npy); });
}

void files_cut_anywhere_are_refused() {
  size_t n_cuts = 0;
  for (const auto& item : fs::directory_iterator(kFolder)) {
    const std::string ending = item.path().extension().string();
    if (ending != ".npy" && ending != ".pt") continue;
    const std::string whole = read_file_bytes(item.path().string(), 1 << 20, "a test");
    const auto read = ending == ".npy" ? read_npy : read_torch_file;
    for (size_t size = 0; size < whole.size(); ++size, ++n_cuts) {
      must_refuse(item.path().filename().string() + " cut to " + std::to_string(size),
                  "x: ", [&] { read("x", whole.substr(0, size)); });
    }
    if (ending == ".npy" && item.path().filename().string().rfind("int64", 0) == 0) {
      must_refuse("one byte more", "needs ", [&] { read("x", whole + "."); });
    }
  }
  g_assert_cmpuint(n_cuts, >, 10000);
}

/// A header of version 1 and no data.
std::string npy_with(const std::string& header) {
  const auto length = static_cast<char>(header.size());
  return std::string("\x93NUMPY\1\0", 8) + length + '\0' + header;
}

void npy_headers_are_not_believed() {
  const struct {
    const char* header;
    const char* words;
  } rows[] = {
      {"{'descr': '<i8', 'fortran_order': False, 'shape': (3037000500, 3037000500), }",
       "overflows"},
      {"{'descr': '<i8', 'fortran_order': False, 'shape': (99999999999999999999,), }", "63 bits"},
      {"{'descr': '<i8', 'fortran_order': False, 'shape': (8, 1000000000), }", "too many codes"},
      {"{'descr': '<i8', 'fortran_order': False, 'shape': (8, 1000), }",
       "does not fit the 0 bytes"},
      {"{'descr': '<i8', 'fortran_order': False, 'shape': (8, -1), }", "no count"},
      {"{'descr': '<i8', 'fortran_order': 1, 'shape': (8, 0), }", "no True or False"},
      {"{'descr': '<i8', 'fortran_order': False, }", "lacks descr or shape"},
      {"{'shape': (8, 0), }", "lacks descr or shape"},
      {"{'descr': '<i8', 'shape': (8, 0), 'more': 1}", "unknown key more"},
      {"{'descr': '<i8', 'shape': (8, 0), } import os", "goes on behind"},
      {"{'descr': '<i3', 'shape': (8, 0), }", "holds int24"},
      {"{'descr': '|i8', 'shape': (8, 0), }", "no byte order"},
      {"{'descr': '<i8', 'shape': (1,1,1,1,1,1,1,1,1), }", "9 axes"},
      {"{'descr: '<i8'}", "damaged"},
      {"", "damaged"},
  };
  for (const auto& row : rows) {
    must_refuse(row.header, row.words, [&] { read_npy("x", npy_with(row.header)); });
  }
  std::string newer = npy_with("{'descr': '<i8', 'shape': (8, 0), }");
  newer[6] = 4;
  must_refuse("version 4", "version 4", [&] { read_npy("x", newer); });
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  const struct {
    const char* name;
    void (*test)();
  } tests[] = {
      {"files-of-every-tool-layout-and-type-give-the-same-codes",
       files_of_every_tool_layout_and_type_give_the_same_codes},
      {"a-broadcast-tensor-is-laid-out", a_broadcast_tensor_is_laid_out},
      {"files-without-codes-are-refused-by-name", files_without_codes_are_refused_by_name},
      {"a-pickle-that-runs-a-command-is-named-and-not-run",
       a_pickle_that_runs_a_command_is_named_and_not_run},
      {"shapes-say-which-axis-is-which", shapes_say_which_axis_is_which},
      {"layouts-have-names", layouts_have_names},
      {"codes-outside-their-codebook-are-refused-with-their-place",
       codes_outside_their_codebook_are_refused_with_their_place},
      {"safetensors-need-codes-or-a-single-tensor", safetensors_need_codes_or_a_single_tensor},
      {"paths-that-are-no-sidecar-are-refused", paths_that_are_no_sidecar_are_refused},
      {"a-file-of-another-kind-is-told-by-its-first-bytes",
       a_file_of_another_kind_is_told_by_its_first_bytes},
      {"files-cut-anywhere-are-refused", files_cut_anywhere_are_refused},
      {"npy-headers-are-not-believed", npy_headers_are_not_believed},
  };
  for (const auto& row : tests) {
    g_test_add_func((std::string("/sidecar/") + row.name).c_str(), row.test);
  }
  return g_test_run();
}
