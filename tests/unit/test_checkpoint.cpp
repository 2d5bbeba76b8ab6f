// SPDX-License-Identifier: LGPL-2.1-or-later
//
// From files to parameters: what broken files say, every way in which released weights lie on disk, and that
// all that does not fit a config is reported at once.

#include "models/base/error.h"
#include "models/checkpoint/config.h"
#include "models/checkpoint/json_text.h"
#include "models/checkpoint/layout.h"
#include "models/checkpoint/sources.h"

#include <glib.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <sys/stat.h>

namespace {

using namespace heart;  // NOLINT
namespace fs = std::filesystem;

/// A folder that goes with the test.
struct Scratch {
  std::string path;
  Scratch() {
    gchar* made = g_dir_make_tmp("heart-checkpoint-XXXXXX", nullptr);
    path = std::string(made) + "/";
    g_free(made);
  }
  ~Scratch() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  std::string write(const std::string& name, const std::string& bytes) const {
    fs::create_directories(fs::path(path + name).parent_path());
    std::ofstream(path + name, std::ios::binary) << bytes;
    return path + name;
  }
};

/// Runs what must be refused; every one of `words` has to stand in the error.
void must_refuse(const std::string& what, const std::vector<std::string>& words,
                 const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    g_assert_true(error.fault() == Fault::kFile);
    for (const std::string& word : words) {
      if (!std::strstr(error.what(), word.c_str())) {
        g_error("%s: said \"%s\", wanted the words \"%s\"", what.c_str(), error.what(),
                word.c_str());
      }
    }
    return;
  }
  g_error("%s: was not refused", what.c_str());
}

void expect_text(const std::string& got, const std::string& wanted) {
  g_assert_cmpstr(got.c_str(), ==, wanted.c_str());
}

/// A safetensors file with this header and so many bytes of data.
std::string file_of(const std::string& header, size_t data_bytes) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(header.size() >> (8 * i));
  return bytes + header + std::string(data_bytes, '\1');
}

at::Tensor counted(at::IntArrayRef shape) {
  int64_t count = 1;
  for (const int64_t size : shape) count *= size;
  return at::arange(count, at::kFloat).reshape(shape);
}

void headers_are_not_believed() {
  const std::string deep(100, '[');
  const std::string deep_end(100, ']');
  const struct {
    const char* what;
    std::string header;
    size_t data_bytes;
    const char* words;
  } rows[] = {
      {"not JSON", "{\"a\": ", 0, "the header is not JSON"},
      {"a NaN", R"({"a":{"dtype":"F32","shape":[NaN],"data_offsets":[0,4]}})", 4, "is not JSON"},
      {"not an object", "[]", 0, "not a JSON object"},
      {"a bomb of nesting", "{\"a\":" + deep + deep_end + "}", 0, "nested more than 64 levels"},
      {"a name twice",
       R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
       R"("a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})",
       2, "has \"a\" twice"},
      {"a key twice", R"({"a":{"dtype":"U8","dtype":"I8","shape":[1],"data_offsets":[0,1]}})", 1,
       "has \"dtype\" twice"},
      {"no type", R"({"a":{"shape":[1],"data_offsets":[0,1]}})", 1, "a lacks a dtype"},
      {"one offset", R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0]}})", 1, "data_offsets"},
      {"an unknown type", R"({"a":{"dtype":"X9","shape":[1],"data_offsets":[0,1]}})", 1,
       "unknown type X9"},
      {"a size below 0", R"({"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}})", 1,
       "not a count"},
      {"a broken size", R"({"a":{"dtype":"U8","shape":[1.5],"data_offsets":[0,1]}})", 1,
       "not a count"},
      {"a size beyond 63 bits",
       R"({"a":{"dtype":"U8","shape":[9223372036854775808],"data_offsets":[0,1]}})", 1,
       "not a count"},
      {"a product beyond 63 bits",
       R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}})", 4,
       "overflows"},
      {"a product that hides behind a zero",
       R"({"a":{"dtype":"F32","shape":[4294967296,4294967296,0],"data_offsets":[0,0]}})", 0,
       "overflows"},
      {"an offset beyond 63 bits",
       R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[18446744073709551615,0]}})", 1,
       "truncated download?"},
      {"an end before the begin", R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}})", 1,
       "lies at bytes 1 to 0"},
      {"an end behind the data", R"({"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}})", 4,
       "lies at bytes 0 to 8 of 4 bytes"},
      {"another size than the shape's", R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})",
       8, "F32 [3] needs 12"},
      {"tensors that overlap",
       R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},)"
       R"("b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}})",
       6, "b overlaps the tensor before it"},
      {"a hole",
       R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},)"
       R"("b":{"dtype":"U8","shape":[2],"data_offsets":[4,6]}})",
       6, "2 bytes before b belong to no tensor"},
      {"bytes left over", R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})", 5,
       "3 bytes at the end belong to no tensor"},
      {"metadata that is no text", R"({"__metadata__":{"n":1}})", 0, "__metadata__.n"},
      {"too many axes",
       "{\"a\":{\"dtype\":\"U8\",\"shape\":[1" +
           [] {
             std::string ones;
             for (int i = 0; i < 70; ++i) ones += ",1";
             return ones;
           }() +
           "],\"data_offsets\":[0,1]}}",
       1, "too many dimensions"},
  };
  const Scratch scratch;
  for (const auto& row : rows) {
    const std::string file = scratch.write("a.safetensors", file_of(row.header, row.data_bytes));
    must_refuse(row.what, {row.words, "a.safetensors"}, [&] { SafetensorsFile::open(file); });
  }
  const struct {
    const char* what;
    std::string bytes;
    const char* words;
  } whole_rows[] = {
      {"an empty file", "", "has 0 bytes, too short"},
      {"seven bytes", std::string(7, '\0'), "too short"},
      {"a header of all ones", std::string(8, '\xff') + "{}", "more than any safetensors file"},
      {"a header beyond the limit", file_of("", 0).replace(0, 4, "\1\341\365\5"), "more than any"},
      {"a header beyond the end", std::string("\x40\0\0\0\0\0\0\0{}", 10), "but only 10 bytes"},
  };
  for (const auto& row : whole_rows) {
    const std::string file = scratch.write("a.safetensors", row.bytes);
    must_refuse(row.what, {row.words}, [&] { SafetensorsFile::open(file); });
  }
}

void a_file_cut_anywhere_is_refused() {
  const Scratch scratch;
  const std::string file = scratch.path + "whole.safetensors";
  write_safetensors(file, {{"a", counted({3, 2})}, {"b", counted({5})}}, {{"format", "pt"}});
  gchar* text = nullptr;
  gsize size = 0;
  g_assert_true(g_file_get_contents(file.c_str(), &text, &size, nullptr));
  const std::string whole(text, size);
  g_free(text);
  for (size_t cut = 0; cut < size; ++cut) {
    const std::string part = scratch.write("cut.safetensors", whole.substr(0, cut));
    must_refuse("cut to " + std::to_string(cut), {}, [&] { SafetensorsFile::open(part); });
  }
}

void links_are_followed_and_what_is_no_file_is_refused() {
  const Scratch scratch;
  write_safetensors(scratch.path + "blob", {{"a", counted({2})}});
  fs::create_symlink("blob", scratch.path + "model.safetensors");
  g_assert_cmpuint(TensorFiles::open(scratch.path).names().size(), ==, 1);

  const Scratch other;
  fs::create_symlink("nowhere", other.path + "dangling.safetensors");
  fs::create_symlink("loop.safetensors", other.path + "loop.safetensors");
  fs::create_directory(other.path + "folder.safetensors");
  g_assert_cmpint(mkfifo((other.path + "pipe.safetensors").c_str(), 0600), ==, 0);
  const struct {
    const char* name;
    const char* words;
  } rows[] = {
      {"dangling", "cannot be opened: No such file"},
      {"loop", "cannot be opened: Too many levels of symbolic links"},
      {"folder", "is not a regular file"},
      {"pipe", "is not a regular file"},
      {"nothing", "cannot be opened: No such file"},
  };
  for (const auto& row : rows) {
    must_refuse(row.name, {row.words},
                [&] { SafetensorsFile::open(other.path + row.name + ".safetensors"); });
  }
}

void weights_lie_in_one_file_or_in_shards_with_or_without_an_index() {
  const std::string index =
      R"({"metadata":{},"weight_map":{"a":"m-1.safetensors","b.c":"m-2.safetensors"}})";
  for (const char* prefix : {"", "decoder.", "encoder."}) {
    for (const char* layout : {"one", "shards", "index", "path of the file", "path of the index"}) {
      const Scratch scratch;
      const std::string p = prefix;
      const std::string how = layout;
      std::string path = scratch.path;
      if (how == "one" || how == "path of the file") {
        write_safetensors(path + "m.safetensors",
                          {{p + "a", counted({2})}, {p + "b.c", counted({3})}});
        if (how != "one") path += "m.safetensors";
      } else {
        write_safetensors(path + "m-1.safetensors", {{p + "a", counted({2})}});
        write_safetensors(path + "m-2.safetensors", {{p + "b.c", counted({3})}});
        if (how != "shards") {
          std::string text = index;
          for (const char* name : {"\"a\"", "\"b.c\""}) {
            text.insert(text.find(name) + 1, p);
          }
          scratch.write("m.safetensors.index.json", text);
          // What an index does not name is not of this network.
          write_safetensors(path + "other.safetensors", {{"x", counted({9})}});
        }
        if (how == "path of the index") path += "m.safetensors.index.json";
      }
      const TensorFiles files = TensorFiles::open(path, p.empty() ? "decoder." : p);
      g_assert_true(files.names() == std::vector<std::string>({"a", "b.c"}));
      g_assert_true(files.tensor("b.c").equal(counted({3})));
      g_assert_cmpuint(files.data_bytes(), ==, 20);
    }
  }
}

void a_prefix_is_taken_off_only_where_all_names_have_it() {
  const Scratch scratch;
  write_safetensors(scratch.path + "m.safetensors",
                    {{"decoder.a", counted({1})}, {"b", counted({1})}});
  const TensorFiles files = TensorFiles::open(scratch.path, "decoder.");
  g_assert_true(files.has("decoder.a") && files.has("b") && !files.has("a"));
}

void shards_that_do_not_fit_together_are_refused() {
  const struct {
    const char* what;
    const char* index;  // null: none
    bool has_second;
    const char* second_name;  // of its tensor
    std::vector<std::string> words;
  } rows[] = {
      {"a shard that is not there",
       R"({"weight_map":{"a":"m-1.safetensors","b":"m-2.safetensors"}})",
       false,
       "",
       {"names shards that are not beside it: m-2.safetensors; download them"}},
      {"a tensor elsewhere",
       R"({"weight_map":{"a":"m-2.safetensors","b":"m-1.safetensors"}})",
       true,
       "b",
       {"a is not in m-2.safetensors", "b is not in m-1.safetensors"}},
      {"a name in two shards",
       nullptr,
       true,
       "a",
       {"a is in m-1.safetensors and in m-2.safetensors"}},
      {"an index that is not JSON", "weights", true, "b", {"is not JSON"}},
      {"an index without a map", R"({"metadata":{}})", true, "b", {"has no weight_map"}},
      {"an index that leads away",
       R"({"weight_map":{"a":"../m-1.safetensors"}})",
       true,
       "b",
       {"gives no file name beside it for a"}},
      {"an index of something else",
       R"({"weight_map":{"a":"pytorch_model.bin"}})",
       true,
       "b",
       {"gives no file name beside it for a"}},
      {"an index with a name twice",
       R"({"weight_map":{"a":"m-1.safetensors","a":"m-2.safetensors"}})",
       true,
       "b",
       {"has \"a\" twice"}},
  };
  for (const auto& row : rows) {
    const Scratch scratch;
    write_safetensors(scratch.path + "m-1.safetensors", {{"a", counted({2})}});
    if (row.has_second) {
      write_safetensors(scratch.path + "m-2.safetensors", {{row.second_name, counted({2})}});
    }
    if (row.index) scratch.write("m.safetensors.index.json", row.index);
    must_refuse(row.what, row.words, [&] { TensorFiles::open(scratch.path); });
  }
  const Scratch empty;
  must_refuse("a folder without weights", {"holds no .safetensors file"},
              [&] { TensorFiles::open(empty.path); });
}

void all_that_does_not_fit_is_reported_at_once() {
  const Scratch scratch;
  write_safetensors(scratch.path + "m.safetensors", {{"fits", counted({2})},
                                                     {"other.shape", counted({2, 3})},
                                                     {"unknown.one", counted({4})},
                                                     {"state.count", counted({1})}});
  CheckpointParameters::Options options;
  options.ignorable = {"state.*"};
  CheckpointParameters source(TensorFiles::open(scratch.path), options);
  const Parameters params(source);
  const at::Tensor fits = params.get("fits", {2});
  const at::Tensor placeholder = params["other"].get("shape", {3, 2});
  g_assert_true(placeholder.sizes() == at::IntArrayRef({3, 2}));
  params.get("gone.one", {5, 6});
  params.get("gone.two", {7});
  must_refuse("all at once",
              {"4 tensors do not fit the config", "other.shape is [2, 3], the config says [3, 2]",
               "gone.one is missing, wanted [5, 6]", "gone.two is missing, wanted [7]",
               "unknown.one [4] is not known here"},
              [&] { source.finish(); });

  CheckpointParameters::Options all_others;
  all_others.ignorable = {"*"};
  CheckpointParameters single(TensorFiles::open(scratch.path), all_others);
  Parameters(single).get("fits", {3});
  must_refuse("one", {"1 tensor does not fit", "fits is [2], the config says [3]"},
              [&] { single.finish(); });
}

void types_are_converted_and_what_needs_none_is_a_view_of_the_file() {
  const struct {
    at::ScalarType stored;
    at::ScalarType wanted;
  } rows[] = {{at::kFloat, at::kFloat},       {at::kHalf, at::kFloat}, {at::kBFloat16, at::kFloat},
              {at::kFloat, at::kBFloat16},    {at::kFloat, at::kHalf}, {at::kBFloat16, at::kHalf},
              {at::kBFloat16, at::kBFloat16}, {at::kHalf, at::kHalf}};
  for (const auto& row : rows) {
    const Scratch scratch;
    // Small whole numbers are the same in all three.
    write_safetensors(scratch.path + "m.safetensors", {{"a", counted({4, 8}).to(row.stored)}});
    CheckpointParameters source(TensorFiles::open(scratch.path), {row.wanted, at::kCPU, {}});
    const at::Tensor got = Parameters(source).get("a", {4, 8});
    source.finish();
    g_assert_true(got.scalar_type() == row.wanted);
    g_assert_true(got.to(at::kFloat).equal(counted({4, 8})));
    const bool is_view = got.data_ptr() == source.files().tensor("a").data_ptr();
    g_assert_cmpint(is_view, ==, row.stored == row.wanted);
  }
  const Scratch scratch;
  const std::string file = scratch.write(
      "m.safetensors", file_of(R"({"a":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,2]}})", 2));
  CheckpointParameters source(TensorFiles::open(file), {});
  Parameters(source).get("a", {2});
  must_refuse("f8", {"a is of type F8_E4M3, wanted F32, F16 or BF16"}, [&] { source.finish(); });
}

void folders_are_found_by_their_names_in_the_wild() {
  const struct {
    std::vector<const char*> folders;
    const char* lm;
    const char* codec;
    const char* encoder;  // empty: none
  } rows[] = {
      {{"HeartMuLa-oss-3B", "HeartCodec-oss", "HeartCodec-oss-encoder"},
       "HeartMuLa-oss-3B",
       "HeartCodec-oss",
       "HeartCodec-oss-encoder"},
      {{"HeartMuLa-oss-3B-happy-new-year", "HeartCodec-oss"},
       "HeartMuLa-oss-3B-happy-new-year",
       "HeartCodec-oss",
       ""},
      {{"HeartMuLa-RL-oss-3B-20260123", "HeartCodec-oss-20260123", "HeartTranscriptor-oss"},
       "HeartMuLa-RL-oss-3B-20260123",
       "HeartCodec-oss-20260123",
       ""},
      {{"HeartMuLa-oss-3B", "HeartCodec-oss", "HeartCodec-oss-20260123", ".cache"},
       "HeartMuLa-oss-3B",
       "HeartCodec-oss-20260123",
       ""},
      {{"HeartMuLa", "HeartCodec", "HeartCodec-encoder-oss"},
       "HeartMuLa",
       "HeartCodec",
       "HeartCodec-encoder-oss"},
  };
  for (const auto& row : rows) {
    const Scratch scratch;
    for (const char* folder : row.folders) fs::create_directory(scratch.path + folder);
    fs::create_symlink("nowhere", scratch.path + "HeartCodec-zzz");
    scratch.write("tokenizer.json", "{}");
    const CheckpointLayout layout = CheckpointLayout::find(scratch.path);
    const auto name = [](const std::string& path) { return fs::path(path).filename().string(); };
    expect_text(name(layout.lm), row.lm);
    expect_text(layout.name, row.lm);
    expect_text(name(layout.codec), row.codec);
    expect_text(name(layout.encoder), row.encoder);
    g_assert_true(layout.generation.empty());
  }
  const Scratch scratch;
  must_refuse("an empty folder",
              {"lacks a folder HeartMuLa*, a folder HeartCodec*, tokenizer.json"},
              [&] { CheckpointLayout::find(scratch.path); });
  must_refuse("no folder", {"no such checkpoint directory"},
              [&] { CheckpointLayout::find(scratch.path + "nowhere"); });
}

void parts_that_lie_apart_are_named_in_a_file() {
  const Scratch scratch;
  fs::create_directories(scratch.path + "a/llm");
  fs::create_directories(scratch.path + "b/codec");
  scratch.write("a/llm/tokenizer.json", "{}");
  scratch.write("a/llm/gen_config.json", "{}");
  const std::string list =
      scratch.write("parts.json", R"({"lm":"a/llm","codec":")" + scratch.path + R"(b/codec"})");
  const CheckpointLayout layout = CheckpointLayout::find(list);
  g_assert_true(fs::equivalent(layout.lm, scratch.path + "a/llm"));
  g_assert_true(fs::equivalent(layout.codec, scratch.path + "b/codec"));
  g_assert_true(fs::equivalent(layout.tokenizer, scratch.path + "a/llm/tokenizer.json"));
  g_assert_false(layout.generation.empty());
  g_assert_true(layout.encoder.empty());
  expect_text(layout.name, "llm");

  const struct {
    const char* text;
    const char* words;
  } rows[] = {
      {R"({"lm":"a/llm"})", "lacks a folder HeartCodec*"},
      {R"({"lm":"a/none","codec":"b/codec"})", "lm is "},
      {R"({"lm":"a/llm","codec":"b/codec","vocoder":"c"})", "vocoder is not known"},
      {R"({"lm":3,"codec":"b/codec"})", "lm is 3, wanted a string"},
      {"lm", "is not JSON"},
  };
  for (const auto& row : rows) {
    const std::string file = scratch.write("wrong.json", row.text);
    must_refuse(row.text, {row.words}, [&] { CheckpointLayout::find(file); });
  }
}

void a_config_says_which_key_is_wrong() {
  const struct {
    const char* text;
    const char* words;
  } rows[] = {
      {"", "is not JSON"},
      {"safetensors", "is not JSON"},
      {"{\"n\": 1,}", "is not JSON"},
      {"{\"n\": NaN}", "is not JSON"},
      {"{\"n\": 1e999}", "is not JSON"},
      {"{\"n\": \"\xff\"}", "is not JSON"},
      {"[1]", "is not a JSON object"},
      {"{\"n\": 1, \"n\": 2}", "has \"n\" twice"},
      {"{}", "n is missing, wanted an integer from 1 to 9"},
      {"{\"n\": null}", "n is missing"},
      {"{\"n\": 0}", "n is 0, wanted an integer from 1 to 9"},
      {"{\"n\": 2.5}", "n is 2.5, wanted"},
      {"{\"n\": 1e3}", "n is 1000.0, wanted"},
      {"{\"n\": \"six\"}", "n is \"six\", wanted"},
      {"{\"n\": 18446744073709551615}", "n is 18446744073709551615, wanted"},
      {"{\"n\": -9223372036854775808}", "n is -9223372036854775808, wanted"},
      {"{\"n\": {\"m\": [1, 2]}}", "n is {\"m\":[1,2]}, wanted"},
  };
  const Scratch scratch;
  for (const auto& row : rows) {
    const std::string file = scratch.write("config.json", row.text);
    must_refuse(row.text, {row.words, "config.json: "},
                [&] { Config::open(file).integer("n", 1, 9); });
  }
  const std::string bomb = scratch.write("config.json", std::string(1000000, '['));
  must_refuse("a bomb of nesting", {"nested more than 64 levels"}, [&] { Config::open(bomb); });
  const std::string inner = scratch.write("config.json", "{\"a\": {\"list\": [1, 2, \"x\"]}}");
  must_refuse("a list", {"a.list[2] is \"x\""},
              [&] { Config::open(inner).section("a").integers("list", 0, 9); });
  must_refuse("no file", {"cannot be opened"}, [&] { Config::open(scratch.path + "none.json"); });
  must_refuse("a folder", {"is not a regular file"}, [&] { Config::open(scratch.path); });
}

void names_from_files_are_shown_as_text() {
  expect_text(shortened("plain"), "plain");
  expect_text(shortened("tab\tand\nline"), "tab\\tand\\nline");
  expect_text(shortened("bad\xff"), "bad\xEF\xBF\xBD");
  expect_text(shortened("0123456789", 4), "0123...");
  // Cut within a character.
  g_assert_true(g_utf8_validate(shortened("ab\u00e9", 3).c_str(), -1, nullptr));
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  const struct {
    const char* name;
    void (*test)();
  } tests[] = {
      {"headers-are-not-believed", headers_are_not_believed},
      {"a-file-cut-anywhere-is-refused", a_file_cut_anywhere_is_refused},
      {"links-are-followed-and-what-is-no-file-is-refused",
       links_are_followed_and_what_is_no_file_is_refused},
      {"weights-lie-in-one-file-or-in-shards-with-or-without-an-index",
       weights_lie_in_one_file_or_in_shards_with_or_without_an_index},
      {"a-prefix-is-taken-off-only-where-all-names-have-it",
       a_prefix_is_taken_off_only_where_all_names_have_it},
      {"shards-that-do-not-fit-together-are-refused", shards_that_do_not_fit_together_are_refused},
      {"all-that-does-not-fit-is-reported-at-once", all_that_does_not_fit_is_reported_at_once},
      {"types-are-converted-and-what-needs-none-is-a-view-of-the-file",
       types_are_converted_and_what_needs_none_is_a_view_of_the_file},
      {"folders-are-found-by-their-names-in-the-wild",
       folders_are_found_by_their_names_in_the_wild},
      {"parts-that-lie-apart-are-named-in-a-file", parts_that_lie_apart_are_named_in_a_file},
      {"a-config-says-which-key-is-wrong", a_config_says_which_key_is_wrong},
      {"names-from-files-are-shown-as-text", names_from_files_are_shown_as_text},
  };
  for (const auto& row : tests) {
    g_test_add_func((std::string("/checkpoint/") + row.name).c_str(), row.test);
  }
  return g_test_run();
}
