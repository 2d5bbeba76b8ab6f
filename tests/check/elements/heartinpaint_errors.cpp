// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a user gets to read for a setting that cannot work: the value that was wrong, and where. And how a
// load is followed and cancelled.

// gstcheck.h has a macro named `fail`, so the streams of the standard library must come before it.
// clang-format off
#include <filesystem>
#include <fstream>
#include <sstream>
#include "gate_filler.h"
#include "inpaint_harness.h"
#include "models/repair/model_module.h"
#include "plugins/heartinpaint/inpaint.h"
#include "tests/check/no_leaks.h"
// clang-format on

#include <cstdlib>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace fs = std::filesystem;
using namespace inpaint_test;  // NOLINT

namespace {

/// All that a test wants to know of a bus, in the order it came: "start load", "error: no such file", …
std::vector<std::string> texts_on(GstBus* bus) {
  std::vector<std::string> texts;
  while (GstMessage* message = gst_bus_pop(bus)) {
    g_autoptr(GError) error = nullptr;
    switch (GST_MESSAGE_TYPE(message)) {
      case GST_MESSAGE_ERROR:
        gst_message_parse_error(message, &error, nullptr);
        texts.push_back(std::string("error: ") + error->message);
        break;
      case GST_MESSAGE_WARNING:
        gst_message_parse_warning(message, &error, nullptr);
        texts.push_back(std::string("warning: ") + error->message);
        break;
      case GST_MESSAGE_PROGRESS: {
        GstProgressType type;
        g_autofree gchar* code = nullptr;
        gst_message_parse_progress(message, &type, &code, nullptr);
        const char* const names[] = {"start", "continue", "complete", "canceled", "error"};
        if (type != GST_PROGRESS_TYPE_CONTINUE)
          texts.push_back(std::string(names[type]) + " " + code);
        break;
      }
      default:
        break;
    }
    gst_message_unref(message);
  }
  return texts;
}

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += "\n  " + text;
  return all;
}

// Looked up before the tests are forked: libtorch takes its time to be opened.
bool has_networks = false;

/// The element of a launch line with a bus, in NULL.
class Loner {
 public:
  explicit Loner(const std::string& properties) {
    element = gst_parse_launch(("heartinpaint " + properties).c_str(), nullptr);
    fail_unless(element != nullptr, "%s", properties.c_str());
    gst_object_ref_sink(element);
    bus = gst_bus_new();
    gst_element_set_bus(element, bus);
  }
  ~Loner() {
    gst_element_set_state(element, GST_STATE_NULL);
    gst_bus_set_flushing(bus, TRUE);
    gst_element_set_bus(element, nullptr);
    gst_object_unref(bus);
    gst_object_unref(element);
  }
  Loner(const Loner&) = delete;
  GstElement* element;
  GstBus* bus;
};

/// The small checkpoint's files by links, in a folder of their own, so that one of them can be another.
class CheckpointCopy {
 public:
  CheckpointCopy() {
    const char* nano = std::getenv("HEARTINPAINT_MODEL");
    fail_unless(nano != nullptr);
    gchar* folder = g_dir_make_tmp("heart-XXXXXX", nullptr);
    path = folder;
    g_free(folder);
    for (const auto& entry : fs::recursive_directory_iterator(nano)) {
      const fs::path here = path / fs::relative(entry.path(), nano);
      if (entry.is_directory()) {
        fs::create_directory(here);
      } else {
        fs::create_symlink(fs::absolute(entry.path()), here);
      }
    }
  }
  ~CheckpointCopy() { fs::remove_all(path); }
  /// The text of a file of it, to be given back changed.
  std::string read(const std::string& name) const {
    std::ifstream file(path / name, std::ios::binary);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }
  void replace(const std::string& name, const std::string& bytes) const {
    fs::remove(path / name);
    std::ofstream(path / name, std::ios::binary) << bytes;
  }
  fs::path path;
};

struct Case {
  const char* properties;
  GstState fails_at;
  bool needs_networks;
  std::vector<const char*> words;  // each must be in the error's text
};

const Case kCases[] = {
    {"method=ar regions=\"1-2; 3-x\"", GST_STATE_PAUSED, false, {"1:", "x"}},
    {"method=ar regions-location=/nonexistent/labels.txt",
     GST_STATE_PAUSED,
     false,
     {"/nonexistent/labels.txt"}},
    {"method=lm model-location=/nonexistent/checkpoint",
     GST_STATE_READY,
     true,
     {"/nonexistent/checkpoint"}},
    {"model-location=/nonexistent/checkpoint", GST_STATE_READY, true, {"/nonexistent/checkpoint"}},
    // A device that is not there: what was asked for, and what there is.
    {"device=foo", GST_STATE_READY, true, {"'foo'", "auto, cpu"}},
    {"device=cuda:9", GST_STATE_READY, true, {"'cuda:9'", "auto, cpu"}},
    {"method=lm device=cuda:", GST_STATE_READY, true, {"'cuda:'", "auto, cpu"}},
};

struct Damage {
  const char* name;
  std::function<void(const CheckpointCopy&)> apply;
  std::vector<const char*> words;
};

const Damage kDamages[] = {
    {"truncated weights",
     [](const CheckpointCopy& c) {
       const std::string all = c.read("HeartMuLa-nano/model.safetensors");
       c.replace("HeartMuLa-nano/model.safetensors", all.substr(0, all.size() / 2));
     },
     {"HeartMuLa-nano/model.safetensors"}},
    {"weights cut in their header",
     [](const CheckpointCopy& c) {
       c.replace("HeartCodec-nano/model.safetensors",
                 c.read("HeartCodec-nano/model.safetensors").substr(0, 100));
     },
     {"HeartCodec-nano/model.safetensors"}},
    {"tensors of another shape than the config says",
     [](const CheckpointCopy& c) {
       std::string config = c.read("HeartMuLa-nano/config.json");
       const std::string wanted = "\"text_vocab_size\": 1024";
       fail_unless(config.find(wanted) != std::string::npos);
       c.replace("HeartMuLa-nano/config.json",
                 config.replace(config.find(wanted), wanted.size(), "\"text_vocab_size\": 1025"));
     },
     {"HeartMuLa-nano", "text_embeddings", "1024", "1025"}},
    {"a config that is not JSON",
     [](const CheckpointCopy& c) { c.replace("HeartCodec-nano/config.json", "{\"a\": "); },
     {"HeartCodec-nano/config.json"}},
    {"no codec",
     [](const CheckpointCopy& c) {
       fs::remove_all(c.path / "HeartCodec-nano");
       fs::remove_all(c.path / "HeartCodec-nano-encoder");
     },
     {"HeartCodec"}},
    {"no encoder",
     [](const CheckpointCopy& c) { fs::remove_all(c.path / "HeartCodec-nano-encoder"); },
     {"encoder", "tokens-location"}},
    {"no tokenizer",
     [](const CheckpointCopy& c) { fs::remove(c.path / "tokenizer.json"); },
     {"tokenizer.json"}},
};

void expect_words(const std::string& text, const std::vector<const char*>& words,
                  const char* where) {
  for (const char* word : words) {
    fail_unless(text.find(word) != std::string::npos, "%s: no '%s' in: %s", where, word,
                text.c_str());
  }
}

}  // namespace

GST_START_TEST(a_setting_that_cannot_work_fails_the_state_change_and_says_why)
{
  const Case& c = kCases[__i__];
  // Without libtorch there is nothing to load: the tests of pipelines say what is said then.
  if (c.needs_networks && !has_networks) return;
  Loner loner(c.properties);
  if (c.fails_at == GST_STATE_PAUSED) {
    fail_unless_equals_int(gst_element_set_state(loner.element, GST_STATE_READY),
                           GST_STATE_CHANGE_SUCCESS);
  }
  fail_unless_equals_int(gst_element_set_state(loner.element, c.fails_at),
                         GST_STATE_CHANGE_FAILURE);
  std::string error;
  for (const std::string& text : texts_on(loner.bus)) {
    if (text.rfind("error: ", 0) == 0) error = text;
  }
  expect_words(error, c.words, c.properties);
}
GST_END_TEST

GST_START_TEST(a_faulty_checkpoint_does_not_become_ready_and_names_the_fault)
{
  if (!has_networks) return;
  const Damage& damage = kDamages[__i__];
  CheckpointCopy checkpoint;
  damage.apply(checkpoint);
  for (const char* method : {"auto", "lm"}) {
    Loner loner(std::string("method=") + method + " model-location=" + checkpoint.path.string());
    fail_unless(gst_element_set_state(loner.element, GST_STATE_READY) == GST_STATE_CHANGE_FAILURE,
                "%s: it became ready", damage.name);
    const auto texts = texts_on(loner.bus);
    // The error comes before the end of the task, which only says that there was one.
    fail_unless(texts.size() == 3 && texts[0] == "start load" && texts[2] == "error load", "%s:%s",
                damage.name, joined(texts).c_str());
    expect_words(texts[1], damage.words, damage.name);
    fail_unless(texts[1].rfind("error: ", 0) == 0);
  }
}
GST_END_TEST

GST_START_TEST(a_load_is_followed_from_start_to_complete)
{
  if (!has_networks) return;
  Loner loner("method=lm");
  fail_unless_equals_int(gst_element_set_state(loner.element, GST_STATE_READY),
                         GST_STATE_CHANGE_SUCCESS);
  const auto texts = texts_on(loner.bus);
  fail_unless(texts == std::vector<std::string>({"start load", "complete load"}), "%s",
              joined(texts).c_str());
}
GST_END_TEST

namespace {

/// Goes to NULL from another thread, and returns once the load has been told.
void cancel_load(GstElement* element, std::thread& other) {
  other = std::thread([element] { gst_element_set_state(element, GST_STATE_NULL); });
  heart::engine::Inpaint& self = heart::engine::of(element);
  wait_until(
      [&] {
        std::lock_guard<std::mutex> held(self.loading_lock);
        return self.loading->is_raised();
      },
      "the load to be told");
}

/// Cancels a load as soon as it says that it has begun.
GstBusSyncReply cancel_on_start(GstBus*, GstMessage* message, gpointer other) {
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_PROGRESS) {
    GstProgressType type;
    gst_message_parse_progress(message, &type, nullptr, nullptr);
    if (type == GST_PROGRESS_TYPE_START) {
      cancel_load(GST_ELEMENT_CAST(GST_MESSAGE_SRC(message)), *static_cast<std::thread*>(other));
    }
  }
  return GST_BUS_PASS;
}

}  // namespace

GST_START_TEST(a_load_is_cancelled_by_going_to_null)
{
  // With the networks, where there are some, and with a filler of the test's own.
  for (const bool is_real : {true, false}) {
    if (is_real && !has_networks) continue;
    std::unique_ptr<GateInUse> gate;
    if (!is_real) gate = std::make_unique<GateInUse>();
    Loner loner("");
    std::thread other;
    gst_bus_set_sync_handler(loner.bus, cancel_on_start, &other, nullptr);
    fail_unless_equals_int(gst_element_set_state(loner.element, GST_STATE_READY),
                           GST_STATE_CHANGE_FAILURE);
    other.join();
    gst_bus_set_sync_handler(loner.bus, nullptr, nullptr, nullptr);
    fail_unless_equals_int(GST_STATE(loner.element), GST_STATE_NULL);
    auto texts = texts_on(loner.bus);
    fail_unless(texts == std::vector<std::string>({"start load", "canceled load"}), "%s",
                joined(texts).c_str());
    // Nothing is left of it.
    fail_unless_equals_int(gst_element_set_state(loner.element, GST_STATE_READY),
                           GST_STATE_CHANGE_SUCCESS);
    texts = texts_on(loner.bus);
    fail_unless(texts == std::vector<std::string>({"start load", "complete load"}), "%s",
                joined(texts).c_str());
  }
}
GST_END_TEST

static Suite* heartinpaint_errors_suite() {
  GST_ELEMENT_REGISTER(heartinpaint, nullptr);
  has_networks = static_cast<bool>(heart::ModelModule::open());
  Suite* suite = suite_create("heartinpaint_errors");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_checked_fixture(tcase, nullptr, fail_on_leaks);
  tcase_add_loop_test(tcase, a_setting_that_cannot_work_fails_the_state_change_and_says_why, 0,
                      G_N_ELEMENTS(kCases));
  tcase_add_loop_test(tcase, a_faulty_checkpoint_does_not_become_ready_and_names_the_fault, 0,
                      G_N_ELEMENTS(kDamages));
  tcase_add_test(tcase, a_load_is_followed_from_start_to_complete);
  tcase_add_test(tcase, a_load_is_cancelled_by_going_to_null);
  return suite;
}

GST_CHECK_MAIN(heartinpaint_errors);
