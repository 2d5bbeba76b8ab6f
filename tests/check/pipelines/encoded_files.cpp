// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Real encoded files through decodebin, repaired by every road, against the same pipeline without
// heartinpaint; by label files; by two elements; by two pipelines at a time.

#include "tests/check/pipelines/pipeline_rig.h"

using namespace pipeline_test;  // NOLINT

namespace {

constexpr double kSeam = 0.02;
// Shorter contexts than the default: what is tested does not depend on them, time does. One thread: those of
// libtorch wait for each other at every step, which on a busy machine takes several times as long.
const std::string kSettings =
    "seed=7 threads=1 crossfade=20000000 context-before=3000000000 context-after=3000000000 ";

std::string decode_line(const Scratch& scratch, const Kind& kind) {
  return "filesrc location=" + (scratch / ("damaged." + std::string(kind.name))) +
         " ! decodebin ! audioconvert ! ";
}

std::string sink_line(const std::string& path) {
  return "audioconvert ! wavenc ! filesink location=" + path;
}

/// The file as it is decoded without repair.
Sound decoded(const Scratch& scratch, const Kind& kind) {
  const std::string path = scratch / "decoded.wav";
  Line line(decode_line(scratch, kind) + sink_line(path));
  line.play().expect_clean(kind.name);
  return read_sound(path);
}

struct Road {
  const char* properties;
  std::vector<Span> damage;
  std::vector<std::vector<std::string>> methods;  // that a report may name, by region
  bool needs_networks;
};

const Road& road(int index) {
  static const std::vector<std::string> long_gap =
      kHasNetworks ? std::vector<std::string>{"lm", "transplant"}
                   : std::vector<std::string>{"transplant"};
  static const Road kRoads[] = {
      {"method=ar", {{2.0, 2.04}, {4.5, 4.52}}, {{"ar"}, {"ar"}}, false},
      {"method=lm", {{2.5, 2.9}}, {{"lm"}}, true},
      {"method=auto", {{2.0, 2.03}, {4.0, 4.4}}, {{"ar", "transplant"}, long_gap}, false},
  };
  return kRoads[index];
}
constexpr int kRoadCount = 3;

/// What is flagged for damage: lossy coding smears its edges.
std::vector<Span> flagged(const Road& r, const Kind& kind) {
  std::vector<Span> spans;
  for (const Span& d : r.damage) spans.push_back({d.begin - kind.smear, d.end + kind.smear});
  return spans;
}

std::string regions_text(const std::vector<Span>& spans) {
  std::string text;
  for (const Span& span : spans) {
    g_autofree gchar* part = g_strdup_printf("%.3f-%.3f;", span.begin, span.end);
    text += part;
  }
  return "regions=\"" + text + "\" ";
}

}  // namespace

GST_START_TEST(a_repaired_file_differs_from_the_decoded_one_only_around_its_regions)
{
  const Kind& kind = kKinds[__i__ / kRoadCount];
  const Road& r = road(__i__ % kRoadCount);
  const std::string where = std::string(kind.name) + ", " + r.properties;
  if (r.needs_networks && !kHasNetworks) {
    g_printerr("SKIP %s: built without the networks\n", where.c_str());
    return;
  }
  const Scratch scratch;
  if (!make_damaged(scratch, kind, 7, r.damage)) return;
  const std::vector<Span> spans = flagged(r, kind);
  const Sound before = decoded(scratch, kind);
  const std::string path = scratch / "repaired.wav";
  Line line(decode_line(scratch, kind) + "heartinpaint " + kSettings + r.properties + " " +
            regions_text(spans) + " ! " + sink_line(path));
  const Said said = line.play();
  said.expect_clean(where);

  fail_unless(said.reports.size() == spans.size(), "%s: %zu reports", where.c_str(),
              said.reports.size());
  for (size_t i = 0; i < spans.size(); ++i) {
    const Report& report = said.reports[i];
    fail_unless(report.status == "repaired", "%s: %s (%s)", where.c_str(), report.status.c_str(),
                report.detail.c_str());
    fail_unless_equals_string(report.trigger.c_str(), "property");
    const auto& offered = r.methods[i];
    fail_unless(std::find(offered.begin(), offered.end(), report.method) != offered.end(),
                "%s: region %zu by %s", where.c_str(), i, report.method.c_str());
    fail_unless((report.method == "lm") == !report.model.empty(), "%s: %s, model '%s'",
                where.c_str(), report.method.c_str(), report.model.c_str());
  }
  // Above 100 ms the automatic choice is between both roads.
  if (std::string(r.properties) == "method=auto" && kHasNetworks) {
    std::vector<std::string> tried = said.reports[1].tried;
    std::sort(tried.begin(), tried.end());
    fail_unless(tried == std::vector<std::string>({"lm", "transplant"}), "%s: %zu were tried",
                where.c_str(), tried.size());
  }

  const Sound after = read_sound(path);
  expect_same_outside(before, after, spans, kSeam, where);
  for (const Span& d : r.damage) {
    const double third = (d.end - d.begin) / 3;
    const double around = std::max(before.rms(d.begin - 0.3, d.begin - kind.smear),
                                   before.rms(d.end + kind.smear, d.end + 0.3));
    const double hole =
        before.rms(d.begin + third + kind.smear / 2, d.end - third + kind.smear / 2);
    const double filled = after.rms(d.begin + third, d.end - third);
    fail_unless(hole < 0.1 * around || kind.smear > 0, "%s: no hole at %g s: %g, around %g",
                where.c_str(), d.begin, hole, around);
    fail_unless(filled > 0.2 * around, "%s: still silent at %g s: %g, around %g", where.c_str(),
                d.begin, filled, around);
  }
}
GST_END_TEST

namespace {

struct Labels {
  const char* file;
  const char* format;
  const char* text;
  std::vector<std::string> labels;
};

// The same two spans in each: 2.0–2.04 and 4.52–4.56 s, frames of 40 ms in the EDL.
const Labels& labels(int index) {
  static const Labels kLabels[] = {
      {"labels.txt",
       "audacity",
       "2.000000\t2.040000\tclick\n4.520000\t4.560000\tscratch\n",
       {"click", "scratch"}},
      {"labels.csv",
       "csv",
       "start,end,label\n2.0,2.04,click\n4.52,4.56,scratch\n",
       {"click", "scratch"}},
      {"labels.edl",
       "edl",
       "TITLE: dropouts\nFCM: NON-DROP FRAME\n* FPS: 25\n\n"
       "001  AX       AA/V  C        00:00:00:00 00:00:00:01 00:00:02:00 00:00:02:01\n"
       "* COMMENT: click\n"
       "002  AX       AA/V  C        00:00:00:00 00:00:00:01 00:00:04:13 00:00:04:14\n"
       "* COMMENT: scratch\n",
       {"click", "scratch"}},
  };
  return kLabels[index];
}

}  // namespace

GST_START_TEST(a_label_file_gives_the_same_repair_as_the_property)
{
  const Labels& l = labels(__i__ / 2);
  const bool is_named = __i__ % 2;
  const Kind& kind = kKinds[1];
  const std::vector<Span> spans = {{2.0, 2.04}, {4.52, 4.56}};
  const Scratch scratch;
  if (!make_damaged(scratch, kind, 7, spans)) return;
  write_text(scratch / l.file, l.text);
  const std::string common = decode_line(scratch, kind) + "heartinpaint method=ar " + kSettings;

  Line by_property(common + regions_text(spans) + "! " + sink_line(scratch / "a.wav"));
  by_property.play().expect_clean("property");
  Line by_file(common + "regions-location=" + (scratch / l.file) +
               (is_named ? std::string(" regions-format=") + l.format : "") + " ! " +
               sink_line(scratch / "b.wav"));
  const Said said = by_file.play();
  said.expect_clean(l.format);
  fail_unless_equals_int(said.reports.size(), 2);
  for (size_t i = 0; i < 2; ++i) {
    fail_unless_equals_string(said.reports[i].status.c_str(), "repaired");
    fail_unless_equals_string(said.reports[i].trigger.c_str(), "file");
    fail_unless_equals_string(said.reports[i].label.c_str(), l.labels[i].c_str());
    fail_unless_equals_uint64(said.reports[i].start,
                              static_cast<guint64>(spans[i].begin * GST_SECOND + .5));
    fail_unless_equals_uint64(said.reports[i].stop,
                              static_cast<guint64>(spans[i].end * GST_SECOND + .5));
  }
  const Sound a = read_sound(scratch / "a.wav");
  expect_same_outside(a, read_sound(scratch / "b.wav"), {}, 0, l.format);
}
GST_END_TEST

GST_START_TEST(two_elements_in_one_pipeline_repair_each_its_own)
{
  const Kind& kind = kKinds[1];
  const std::vector<Span> spans = {{2.0, 2.04}, {4.0, 4.3}};
  const Scratch scratch;
  if (!make_damaged(scratch, kind, 7, spans)) return;
  const Sound before = decoded(scratch, kind);
  const std::string second = kHasNetworks ? "lm" : "transplant";
  Line line(decode_line(scratch, kind) + "heartinpaint name=first method=ar " + kSettings +
            regions_text({spans[0]}) + "! heartinpaint name=second method=" + second + " " +
            kSettings + regions_text({spans[1]}) + "! " + sink_line(scratch / "out.wav"));
  const Said said = line.play();
  said.expect_clean("two elements");
  fail_unless_equals_int(said.reports.size(), 2);
  for (const Report& report : said.reports) {
    fail_unless_equals_string(report.status.c_str(), "repaired");
    const std::string wanted = report.start == 2 * GST_SECOND ? "ar" : second;
    fail_unless_equals_string(report.method.c_str(), wanted.c_str());
  }
  const Sound after = read_sound(scratch / "out.wav");
  expect_same_outside(before, after, spans, kSeam, "two elements");
  for (const Span& span : spans) {
    fail_unless(after.rms(span.begin + 0.01, span.end - 0.01) > 0.01, "silent at %g", span.begin);
  }
}
GST_END_TEST

GST_START_TEST(two_pipelines_share_one_model_and_repair_as_one_alone_does)
{
  if (!kHasNetworks) {
    g_printerr("SKIP: built without the networks\n");
    return;
  }
  const Kind& kind = kKinds[1];
  const std::vector<Span> spans = {{2.5, 2.9}};
  const Scratch scratch;
  if (!make_damaged(scratch, kind, 6, spans)) return;
  const auto line_to = [&](const char* name) {
    return decode_line(scratch, kind) + "heartinpaint name=inpaint method=lm " + kSettings +
           regions_text(spans) + "! " + sink_line(scratch / name);
  };
  const auto load_time = [](Line& line) {
    GstStructure* stats = nullptr;
    g_object_get(line.element("inpaint"), "stats", &stats, nullptr);
    guint64 ns = GST_CLOCK_TIME_NONE;
    fail_unless(gst_structure_get_uint64(stats, "load-time", &ns));
    gst_structure_free(stats);
    return ns;
  };
  {
    Line alone(line_to("alone.wav"));
    alone.play().expect_clean("alone");
  }
  Line first(line_to("first.wav")), second(line_to("second.wav"));
  first.set_state(GST_STATE_PLAYING);
  second.set_state(GST_STATE_PLAYING);
  const Said by_first = first.wait_for_end(), by_second = second.wait_for_end();
  by_first.expect_clean("first");
  by_second.expect_clean("second");
  for (const Said* said : {&by_first, &by_second}) {
    fail_unless_equals_int(said->reports.size(), 1);
    fail_unless_equals_string(said->reports[0].status.c_str(), "repaired");
    fail_unless_equals_string(said->reports[0].method.c_str(), "lm");
  }
  fail_unless(load_time(first) > 0);
  fail_unless_equals_uint64(load_time(second), 0);
  const Sound alone = read_sound(scratch / "alone.wav");
  expect_same_outside(alone, read_sound(scratch / "first.wav"), {}, 0, "first");
  expect_same_outside(alone, read_sound(scratch / "second.wav"), {}, 0, "second");
}
GST_END_TEST

static Suite* encoded_files_suite() {
  Suite* suite = suite_create("encoded_files");
  TCase* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_checked_fixture(tcase, nullptr, fail_on_leaks);
  tcase_add_loop_test(tcase, a_repaired_file_differs_from_the_decoded_one_only_around_its_regions,
                      0, G_N_ELEMENTS(kKinds) * kRoadCount);
  tcase_add_loop_test(tcase, a_label_file_gives_the_same_repair_as_the_property, 0, 6);
  tcase_add_test(tcase, two_elements_in_one_pipeline_repair_each_its_own);
  tcase_add_test(tcase, two_pipelines_share_one_model_and_repair_as_one_alone_does);
  return suite;
}

GST_CHECK_MAIN(encoded_files);
