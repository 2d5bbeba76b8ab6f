// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The file tool as a user runs it: every kind of input, the report, Ctrl-C, and what it says when it cannot
// work. HEART_REPAIR is the built program.

#include "tests/check/pipelines/pipeline_rig.h"

#include <signal.h>
#include <sys/wait.h>

using namespace pipeline_test;  // NOLINT

namespace {

struct Ended {
  int code = -1;  // of the exit; 128 + number of the signal that killed it
  std::string out, err;
};

std::vector<gchar*> argv_of(std::vector<std::string>& words) {
  std::vector<gchar*> argv;
  for (std::string& word : words) argv.push_back(&word[0]);
  argv.push_back(nullptr);
  return argv;
}

int code_of(int wait_status) {
  return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
}

Ended heart_repair(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), HEART_REPAIR);
  g_autofree gchar* out = nullptr;
  g_autofree gchar* err = nullptr;
  gint wait_status = 0;
  g_autoptr(GError) error = nullptr;
  fail_unless(g_spawn_sync(nullptr, argv_of(arguments).data(), nullptr, G_SPAWN_DEFAULT, nullptr,
                           nullptr, &out, &err, &wait_status, &error),
              "%s", error ? error->message : "");
  return {code_of(wait_status), out, err};
}

nlohmann::json read_json(const std::string& path) {
  g_autofree gchar* text = nullptr;
  fail_unless(g_file_get_contents(path.c_str(), &text, nullptr, nullptr), "no %s", path.c_str());
  return nlohmann::json::parse(text);
}

}  // namespace

GST_START_TEST(every_kind_of_input_is_repaired_and_reported)
{
  const Kind& kind = kKinds[__i__];
  const std::vector<Span> damage = {{2.0, 2.04}, {4.0, 4.3}};
  const Scratch scratch;
  if (!make_damaged(scratch, kind, 6, damage)) return;
  const std::string in = scratch / ("damaged." + std::string(kind.name));
  Line decode(
      "filesrc location=" + in +
      " ! decodebin ! audioconvert ! wavenc ! filesink location=" + (scratch / "decoded.wav"));
  decode.play().expect_clean(kind.name);
  const Sound before = read_sound(scratch / "decoded.wav");
  std::vector<Span> spans;
  for (const Span& d : damage) spans.push_back({d.begin - kind.smear, d.end + kind.smear});
  g_autofree gchar* regions = g_strdup_printf("%.3f-%.3f=first; %.3f-%.3f", spans[0].begin,
                                              spans[0].end, spans[1].begin, spans[1].end);

  const std::string out = scratch / "repaired.wav", report = scratch / "report.json";
  const Ended ended =
      heart_repair({in, out, "--regions", regions, "--seed", "5", "--set", "threads=1", "--set",
                    "crossfade=20000000", "--set", "context-before=2000000000", "--set",
                    "context-after=2000000000", "--report", report});
  fail_unless(ended.code == 0, "%s: exit %d: %s", kind.name, ended.code, ended.err.c_str());
  expect_same_outside(before, read_sound(out), spans, 0.02, kind.name);

  const nlohmann::json told = read_json(report);
  fail_unless(told.at("input") == in && told.at("output") == out);
  fail_unless_equals_int(told.at("regions").size(), 2);
  for (size_t i = 0; i < 2; ++i) {
    const nlohmann::json& region = told.at("regions")[i];
    fail_unless(region.at("status") == "repaired", "%s", region.dump().c_str());
    fail_unless(region.at("trigger") == "property");
    fail_unless(region.at("region-id") == i + 1);
    fail_unless(region.at("seed") == 5, "%s", region.dump().c_str());
    fail_unless(region.at("start") == static_cast<guint64>(spans[i].begin * GST_SECOND + .5));
    fail_unless(region.at("stop") == static_cast<guint64>(spans[i].end * GST_SECOND + .5));
    // What was replaced: the region and at most a seam on each side.
    const double from = region.at("timestamp").get<double>() / GST_SECOND;
    const double length = region.at("duration").get<double>() / GST_SECOND;
    fail_unless(from <= spans[i].begin + 1e-4 && from >= spans[i].begin - 0.0201, "from %f", from);
    fail_unless(from + length >= spans[i].end - 1e-4 && from + length <= spans[i].end + 0.0201);
    fail_unless(region.at("candidates").is_array() && !region.at("candidates").empty());
    fail_unless(ended.out.find(region.at("method").get<std::string>()) != std::string::npos,
                "the table lacks it: %s", ended.out.c_str());
  }
  fail_unless(told.at("regions")[0].at("label") == "first");
  fail_unless(told.at("stats").at("repaired") == 2);
  fail_unless(told.at("stats").at("regions") == 2);
  fail_unless(told.at("warnings").is_array());
  fail_unless(told.at("warnings").empty() == kHasNetworks, "%s",
              told.at("warnings").dump().c_str());
  // Nothing but what was asked for.
  const std::vector<std::string> names = {"damaged." + std::string(kind.name), "decoded.wav",
                                          "repaired.wav", "report.json"};
  fail_unless(scratch.names() == names);
}
GST_END_TEST

namespace {

struct Output {
  const char* extension;
  const char* needs;
  bool is_lossless;
};
const Output kOutputs[] = {
    {"wav", "wavenc", true},     {"flac", "flacenc", true},  {"aiff", "aiffmux", true},
    {"ogg", "vorbisenc", false}, {"opus", "opusenc", false}, {"mp3", "lamemp3enc", false},
    {"FLAC", "flacenc", true},
};

}  // namespace

GST_START_TEST(every_kind_of_output_is_written_and_reads_back)
{
  const Output& o = kOutputs[__i__];
  if (!is_there(o.needs)) {
    g_printerr("SKIP %s: no %s on this machine\n", o.extension, o.needs);
    return;
  }
  const Scratch scratch;
  const std::vector<Span> spans = {{1.0, 1.03}};
  fail_unless(make_damaged(scratch, kKinds[0], 3, spans));
  const std::string out = scratch / ("out." + std::string(o.extension));
  const Ended ended = heart_repair({scratch / "damaged.wav", out, "--method", "ar", "--regions",
                                    "1.0-1.03", "--set", "crossfade=20000000"});
  fail_unless(ended.code == 0, "%s: exit %d: %s", o.extension, ended.code, ended.err.c_str());
  Line back("filesrc location=" + out +
            " ! decodebin ! audioconvert ! wavenc ! filesink location=" + (scratch / "back.wav"));
  back.play().expect_clean(o.extension);
  const Sound before = read_sound(scratch / "damaged.wav"),
              after = read_sound(scratch / "back.wav");
  if (o.is_lossless) {
    expect_same_outside(before, after, spans, 0.02, o.extension);
  } else {
    // Coders pad to their blocks, and a rate of their own.
    const double in_seconds = static_cast<double>(before.frames()) / before.rate;
    const double out_seconds = static_cast<double>(after.frames()) / after.rate;
    fail_unless(std::fabs(in_seconds - out_seconds) < 0.1, "%f s became %f s", in_seconds,
                out_seconds);
  }
  fail_unless(after.rms(1.01, 1.02) > 0.2 * before.rms(0.5, 0.9), "%s: still silent", o.extension);
}
GST_END_TEST

GST_START_TEST(an_interrupt_leaves_no_file)
{
  const int number = __i__ ? SIGTERM : SIGINT;
  const Scratch scratch;
  fail_unless(make_damaged(scratch, kKinds[0], 60, {}));
  // Hundreds of gaps keep it at work for far longer than the signal takes.
  std::string labels;
  for (int i = 1; i < 590; ++i) {
    g_autofree gchar* line = g_strdup_printf("%.3f\t%.3f\t%d\n", i / 10.0, i / 10.0 + 0.05, i);
    labels += line;
  }
  write_text(scratch / "labels.txt", labels);
  const std::string out = scratch / "repaired.wav", partial = out + ".part";
  std::vector<std::string> words = {HEART_REPAIR,
                                    scratch / "damaged.wav",
                                    out,
                                    "--method",
                                    "ar",
                                    "--regions-file",
                                    scratch / "labels.txt",
                                    "--report",
                                    scratch / "report.json"};
  GPid child = 0;
  g_autoptr(GError) error = nullptr;
  gint err = -1;
  fail_unless(
      g_spawn_async_with_pipes(nullptr, argv_of(words).data(), nullptr, G_SPAWN_DO_NOT_REAP_CHILD,
                               nullptr, nullptr, &child, nullptr, nullptr, &err, &error),
      "%s", error ? error->message : "");
  // It is under way when samples have reached the file.
  int wait_status = 0;
  for (;;) {
    std::error_code none;
    const auto size = std::filesystem::file_size(partial, none);
    if (!none && size > 100000) break;
    fail_unless(waitpid(child, &wait_status, WNOHANG) == 0, "it ended before the signal, code %d",
                code_of(wait_status));
    g_usleep(2000);
  }
  kill(child, number);
  fail_unless(waitpid(child, &wait_status, 0) == child);
  fail_unless_equals_int(code_of(wait_status), 130);
  gchar text[512] = {};
  fail_unless(read(err, text, sizeof text - 1) > 0);
  close(err);
  fail_unless(std::strstr(text, "cancelled") && std::strstr(text, "was not written"), "%s", text);
  const std::vector<std::string> names = {"damaged.wav", "labels.txt"};
  fail_unless(scratch.names() == names);
}
GST_END_TEST

namespace {

struct Refusal {
  std::vector<std::string> arguments;  // IN, OUT and TEXT stand for files, DIR for their folder
  int code;
  std::vector<const char*> words;
};

const Refusal& refusal(int index) {
  static const Refusal kRefusals[] = {
      {{}, 2, {"one input and one output"}},
      {{"IN"}, 2, {"one input and one output"}},
      {{"IN", "OUT", "third"}, 2, {"one input and one output"}},
      {{"IN", "OUT", "--nonsense"}, 2, {"--nonsense"}},
      {{"IN", "OUT", "--seed", "much"}, 1, {"--seed", "much"}},
      {{"IN", "OUT", "--seed", "2147483648"}, 1, {"-1 to 2147483647"}},
      {{"/nowhere/in.wav", "OUT"}, 1, {"/nowhere/in.wav", "no such file"}},
      {{"DIR", "OUT"}, 1, {"no such file"}},
      {{"IN", "IN"}, 1, {"is the input too"}},
      {{"IN", "DIR/out.xyz"}, 1, {".xyz", ".flac"}},
      {{"IN", "/nowhere/out.wav", "--regions", "1-1.1"}, 1, {"/nowhere/out.wav"}},
      {{"TEXT", "OUT", "--regions", "1-1.1"}, 1, {"heart-repair: "}},
      {{"IN", "OUT", "--regions", "1-x"}, 1, {"regions:1:", "x"}},
      {{"IN", "OUT", "--regions", "2-1"}, 1, {"before it begins"}},
      {{"IN", "OUT", "--regions-file", "/nowhere/l.txt"}, 1, {"/nowhere/l.txt"}},
      {{"IN", "OUT", "--regions", "1-1.1", "--regions-format", "nonsense"},
       1,
       {"nonsense", "audacity"}},
      {{"IN", "OUT", "--regions", "1-1.1", "--method", "magic"}, 1, {"magic", "transplant"}},
      {{"IN", "OUT", "--regions", "1-1.1", "--set", "nonsense=1"},
       1,
       {"nonsense=1", "no property nonsense"}},
      {{"IN", "OUT", "--regions", "1-1.1", "--set", "seed"}, 1, {"seed", "PROPERTY=VALUE"}},
      {{"IN", "OUT", "--regions", "1-1.1", "--set", "seed=many"}, 1, {"many", "seed"}},
      {{"IN", "OUT", "--regions", "1-1.1", "--set", "stats=x"}, 1, {"no property stats to set"}},
      {{"IN", "OUT", "--regions", "1-1.1", "--set", "candidates=0"},
       1,
       {"candidates", "'0'", "1 to 64"}},
      {{"IN", "OUT", "--regions", "1-1.1", "--model", "/nowhere/model", "--method", "lm"},
       1,
       {kHasModule ? "/nowhere/model" : "libheartmodels.so not found"}},
      {{"IN", "OUT", "--regions", "1-1.1", "--set", "triggers=gap+nonsense"},
       1,
       {"missing-data, gap"}},
  };
  return kRefusals[index];
}
constexpr int kRefusalCount = 24;

}  // namespace

GST_START_TEST(what_cannot_work_is_refused_with_words_and_leaves_no_file)
{
  const Refusal& r = refusal(__i__);
  const Scratch scratch;
  fail_unless(make_damaged(scratch, kKinds[0], 2, {}));
  write_text(scratch / "note.wav", "this is a letter and not music\n");
  std::vector<std::string> arguments;
  std::string all;
  for (std::string word : r.arguments) {
    if (word == "IN") word = scratch / "damaged.wav";
    if (word == "OUT") word = scratch / "out.wav";
    if (word == "TEXT") word = scratch / "note.wav";
    if (word.rfind("DIR", 0) == 0) word = (scratch / ".") + word.substr(3);
    arguments.push_back(word);
    all += word + " ";
  }
  const Ended ended = heart_repair(arguments);
  fail_unless(ended.code == r.code, "%s: exit %d: %s", all.c_str(), ended.code, ended.err.c_str());
  for (const char* word : r.words) {
    fail_unless(ended.err.find(word) != std::string::npos, "%s: no '%s' in: %s", all.c_str(), word,
                ended.err.c_str());
  }
  const std::vector<std::string> names = {"damaged.wav", "note.wav"};
  fail_unless(scratch.names() == names, "%s: left something behind", all.c_str());
}
GST_END_TEST

GST_START_TEST(a_report_that_cannot_be_written_is_told_and_the_sound_is_kept)
{
  const Scratch scratch;
  fail_unless(make_damaged(scratch, kKinds[0], 2, {}));
  const Ended ended = heart_repair({scratch / "damaged.wav", scratch / "out.wav", "--method", "ar",
                                    "--regions", "1-1.02", "--report", "/nowhere/report.json"});
  fail_unless_equals_int(ended.code, 1);
  fail_unless(ended.err.find("/nowhere/report.json") != std::string::npos, "%s", ended.err.c_str());
  fail_unless_equals_uint64(read_sound(scratch / "out.wav").frames(), 2 * 44100);
}
GST_END_TEST

static Suite* heart_repair_suite() {
  Suite* suite = suite_create("heart_repair");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_checked_fixture(tcase, nullptr, fail_on_leaks);
  tcase_add_loop_test(tcase, every_kind_of_input_is_repaired_and_reported, 0, G_N_ELEMENTS(kKinds));
  tcase_add_loop_test(tcase, every_kind_of_output_is_written_and_reads_back, 0,
                      G_N_ELEMENTS(kOutputs));
  tcase_add_loop_test(tcase, an_interrupt_leaves_no_file, 0, 2);
  tcase_add_loop_test(tcase, what_cannot_work_is_refused_with_words_and_leaves_no_file, 0,
                      kRefusalCount);
  tcase_add_test(tcase, a_report_that_cannot_be_written_is_told_and_the_sound_is_kept);
  return suite;
}

GST_CHECK_MAIN(heart_repair);
