// SPDX-License-Identifier: LGPL-2.1-or-later
//
// heart-repair IN OUT: repairs the flagged spans of a sound file. A GStreamer pipeline with one
// heartinpaint in it, a progress bar, and a report. OUT is written under a temporary name and
// renamed at the end, so neither Ctrl-C nor an error leaves a partial file.

#include "examples/heart-repair/region_report.h"

#include <glib-unix.h>
#include <gst/gst.h>

#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <unistd.h>
#include <vector>

namespace {

namespace fs = std::filesystem;

struct Options {
  gchar* regions = nullptr;
  gchar* regions_file = nullptr;
  gchar* regions_format = nullptr;
  gchar* report = nullptr;
  gchar* method = nullptr;
  gchar* model = nullptr;
  gchar* device = nullptr;
  gchar* tags = nullptr;
  gchar* lyrics = nullptr;
  gchar** set = nullptr;
  gchar* seed = nullptr;
  gboolean quiet = FALSE;
  gboolean progress = FALSE;
  gchar** files = nullptr;
};

/// Encoder and container for an output name. Lossless ones keep every sample outside the repairs.
const char* sink_chain_for(const std::string& extension) {
  struct Row {
    const char* extension;
    const char* chain;
  };
  static const Row kRows[] = {
      {".wav", "wavenc"},
      {".flac", "flacenc"},
      {".ogg", "vorbisenc ! oggmux"},
      {".opus", "audioresample ! opusenc ! oggmux"},
      {".mp3", "lamemp3enc target=quality quality=0 ! xingmux"},
      {".aiff", "aiffmux"},
  };
  for (const Row& row : kRows) {
    if (extension == row.extension) return row.chain;
  }
  return nullptr;
}

struct Job {
  GMainLoop* loop = nullptr;
  GstElement* pipeline = nullptr;
  GstElement* inpaint = nullptr;
  bool show_bar = false;
  bool is_cancelled = false;
  bool has_sound = false;
  std::string error;
  std::string stage;
  std::vector<nlohmann::json> regions;
  std::vector<std::string> warnings;
};

void clear_bar(const Job& job) {
  if (job.show_bar) std::fputs("\r\033[K", stderr);
}

gboolean draw_bar(gpointer data) {
  auto& job = *static_cast<Job*>(data);
  gint64 position = 0;
  gint64 duration = 0;
  GstPad* pad = gst_element_get_static_pad(job.inpaint, "src");
  const bool known = gst_pad_query_position(pad, GST_FORMAT_TIME, &position) &&
                     gst_element_query_duration(job.pipeline, GST_FORMAT_TIME, &duration) &&
                     duration > 0;
  gst_object_unref(pad);
  constexpr int kWidth = 40;
  const double share = known ? CLAMP(static_cast<double>(position) / duration, 0.0, 1.0) : 0;
  const int full = static_cast<int>(share * kWidth);
  std::fprintf(stderr, "\r[%.*s%.*s] %3.0f %%  %zu repaired  %s\033[K", full,
               "########################################", kWidth - full,
               "........................................", share * 100, job.regions.size(),
               job.stage.c_str());
  return G_SOURCE_CONTINUE;
}

gboolean on_signal(gpointer data) {
  auto& job = *static_cast<Job*>(data);
  job.is_cancelled = true;
  g_main_loop_quit(job.loop);
  return G_SOURCE_REMOVE;
}

void on_pad_added(GstElement*, GstPad* pad, gpointer data) {
  auto& job = *static_cast<Job*>(data);
  GstPad* sink = gst_element_get_static_pad(job.inpaint, "sink");
  if (!gst_pad_is_linked(sink) && gst_pad_link(pad, sink) == GST_PAD_LINK_OK) job.has_sound = true;
  gst_object_unref(sink);
}

gboolean on_message(GstBus*, GstMessage* message, gpointer data) {
  auto& job = *static_cast<Job*>(data);
  switch (GST_MESSAGE_TYPE(message)) {
    case GST_MESSAGE_EOS:
      g_main_loop_quit(job.loop);
      break;
    case GST_MESSAGE_ERROR: {
      GError* error = nullptr;
      gchar* detail = nullptr;
      gst_message_parse_error(message, &error, &detail);
      if (job.error.empty()) job.error = error->message;
      GST_WARNING("%s", detail);
      g_clear_error(&error);
      g_free(detail);
      g_main_loop_quit(job.loop);
      break;
    }
    case GST_MESSAGE_WARNING: {
      GError* error = nullptr;
      gst_message_parse_warning(message, &error, nullptr);
      clear_bar(job);
      std::fprintf(stderr, "warning: %s\n", error->message);
      job.warnings.push_back(error->message);
      g_clear_error(&error);
      break;
    }
    case GST_MESSAGE_PROGRESS: {
      GstProgressType type;
      gchar* text = nullptr;
      gst_message_parse_progress(message, &type, nullptr, &text);
      job.stage = type == GST_PROGRESS_TYPE_COMPLETE || text == nullptr ? "" : text;
      g_free(text);
      break;
    }
    case GST_MESSAGE_ELEMENT:
      if (gst_message_has_name(message, "heartinpaint-region")) {
        job.regions.push_back(structure_to_json(gst_message_get_structure(message)));
      }
      break;
    default:
      break;
  }
  return G_SOURCE_CONTINUE;
}

/// What a property takes, for people: its words, or its range.
std::string what_fits(GParamSpec* spec) {
  const auto range = [](auto low, auto high) {
    return std::to_string(low) + " to " + std::to_string(high);
  };
  if (G_IS_PARAM_SPEC_ENUM(spec)) {
    const GEnumClass* words = G_PARAM_SPEC_ENUM(spec)->enum_class;
    std::string text;
    for (guint i = 0; i < words->n_values; ++i) {
      text += (i == 0 ? "" : ", ") + std::string(words->values[i].value_nick);
    }
    return text;
  }
  if (G_IS_PARAM_SPEC_FLAGS(spec)) {
    const GFlagsClass* words = G_PARAM_SPEC_FLAGS(spec)->flags_class;
    std::string text = "any of, joined by +: ";
    for (guint i = 0; i < words->n_values; ++i) {
      text += (i == 0 ? "" : ", ") + std::string(words->values[i].value_nick);
    }
    return text;
  }
  if (G_IS_PARAM_SPEC_UINT(spec)) {
    return range(G_PARAM_SPEC_UINT(spec)->minimum, G_PARAM_SPEC_UINT(spec)->maximum);
  }
  if (G_IS_PARAM_SPEC_INT64(spec)) {
    return range(G_PARAM_SPEC_INT64(spec)->minimum, G_PARAM_SPEC_INT64(spec)->maximum);
  }
  if (G_IS_PARAM_SPEC_UINT64(spec)) {
    return range(G_PARAM_SPEC_UINT64(spec)->minimum, G_PARAM_SPEC_UINT64(spec)->maximum);
  }
  if (G_IS_PARAM_SPEC_DOUBLE(spec)) {
    return range(G_PARAM_SPEC_DOUBLE(spec)->minimum, G_PARAM_SPEC_DOUBLE(spec)->maximum);
  }
  return g_type_name(spec->value_type);
}

/// Sets a property from text; null leaves it alone. `option` is where the text comes from, for the words
/// that say why it does not fit.
bool set_property(GstElement* element, const char* name, const char* text,
                  const std::string& option) {
  if (text == nullptr) return true;
  GParamSpec* spec = g_object_class_find_property(G_OBJECT_GET_CLASS(element), name);
  if (spec == nullptr || (spec->flags & G_PARAM_WRITABLE) == 0) {
    std::fprintf(stderr,
                 "heart-repair: %s: heartinpaint has no property %s to set (gst-inspect-1.0 "
                 "heartinpaint lists them)\n",
                 option.c_str(), name);
    return false;
  }
  GValue value = G_VALUE_INIT;
  g_value_init(&value, spec->value_type);
  bool fits = true;
  if (spec->value_type == G_TYPE_STRING) {
    g_value_set_string(&value, text);
  } else {
    fits = gst_value_deserialize_with_pspec(&value, text, spec) != FALSE &&
           g_param_value_validate(spec, &value) == FALSE;
  }
  if (fits) {
    g_object_set_property(G_OBJECT(element), name, &value);
  } else {
    std::fprintf(stderr, "heart-repair: %s: '%s' does not fit; %s takes %s\n", option.c_str(), text,
                 name, what_fits(spec).c_str());
  }
  g_value_unset(&value);
  return fits;
}

/// `name=value` pairs given by --set.
bool set_properties(GstElement* element, gchar** pairs) {
  for (gchar** pair = pairs; pair != nullptr && *pair != nullptr; ++pair) {
    const char* equals = std::strchr(*pair, '=');
    if (equals == nullptr) {
      std::fprintf(stderr, "heart-repair: --set %s: wanted PROPERTY=VALUE\n", *pair);
      return false;
    }
    const std::string name(*pair, equals - *pair);
    if (!set_property(element, name.c_str(), equals + 1, "--set " + std::string(*pair))) {
      return false;
    }
  }
  return true;
}

bool build_pipeline(Job& job, const Options& options, const std::string& partial,
                    const char* sink_chain) {
  const std::string text = std::string(
                               "filesrc name=in ! decodebin name=decode caps=audio/x-raw "
                               "expose-all-streams=false  heartinpaint name=inpaint ! "
                               "audioconvert dithering=none noise-shaping=none ! ") +
                           sink_chain + " ! filesink name=out";
  GError* error = nullptr;
  job.pipeline = gst_parse_launch(text.c_str(), &error);
  if (error != nullptr) {
    std::fprintf(stderr,
                 "heart-repair: %s; is the plugin on GST_PLUGIN_PATH (in the tree: meson "
                 "devenv -C build)?\n",
                 error->message);
    g_clear_error(&error);
    return false;
  }
  GstElement* in = gst_bin_get_by_name(GST_BIN(job.pipeline), "in");
  GstElement* out = gst_bin_get_by_name(GST_BIN(job.pipeline), "out");
  GstElement* decode = gst_bin_get_by_name(GST_BIN(job.pipeline), "decode");
  job.inpaint = gst_bin_get_by_name(GST_BIN(job.pipeline), "inpaint");
  g_object_set(in, "location", options.files[0], nullptr);
  g_object_set(out, "location", partial.c_str(), nullptr);
  g_signal_connect(decode, "pad-added", G_CALLBACK(on_pad_added), &job);
  gst_object_unref(in);
  gst_object_unref(out);
  gst_object_unref(decode);

  const struct {
    const char* property;
    const char* text;
    const char* option;
  } rows[] = {
      {"regions", options.regions, "--regions"},
      {"regions-location", options.regions_file, "--regions-file"},
      {"regions-format", options.regions_format, "--regions-format"},
      {"method", options.method, "--method"},
      {"model-location", options.model, "--model"},
      {"device", options.device, "--device"},
      {"tags", options.tags, "--tags"},
      {"lyrics", options.lyrics, "--lyrics"},
      {"seed", options.seed, "--seed"},
  };
  for (const auto& row : rows) {
    if (!set_property(job.inpaint, row.property, row.text, row.option)) return false;
  }
  return set_properties(job.inpaint, options.set);
}

/// Plays the pipeline to its end. Leaves the reason in `job` when it did not get there.
void play(Job& job) {
  job.loop = g_main_loop_new(nullptr, FALSE);
  GstBus* bus = gst_element_get_bus(job.pipeline);
  gst_bus_add_watch(bus, on_message, &job);
  const guint on_int = g_unix_signal_add(SIGINT, on_signal, &job);
  const guint on_term = g_unix_signal_add(SIGTERM, on_signal, &job);
  const guint bar = job.show_bar ? g_timeout_add(100, draw_bar, &job) : 0;

  if (gst_element_set_state(job.pipeline, GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE) {
    // The error that says why is already on the bus.
    while (GstMessage* message = gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR)) {
      on_message(bus, message, &job);
      gst_message_unref(message);
    }
    if (job.error.empty()) job.error = "the pipeline does not start";
  } else {
    g_main_loop_run(job.loop);
  }
  if (bar != 0) g_source_remove(bar);
  if (!job.is_cancelled || g_main_context_find_source_by_id(nullptr, on_int))
    g_source_remove(on_int);
  if (!job.is_cancelled || g_main_context_find_source_by_id(nullptr, on_term))
    g_source_remove(on_term);
  gst_element_set_state(job.pipeline, GST_STATE_NULL);
  gst_bus_remove_watch(bus);
  gst_object_unref(bus);
  g_main_loop_unref(job.loop);
  clear_bar(job);
}

bool write_report(const Job& job, const Options& options, const std::string& path) {
  nlohmann::json report;
  report["input"] = options.files[0];
  report["output"] = options.files[1];
  report["regions"] = job.regions;
  report["warnings"] = job.warnings;
  GstStructure* stats = nullptr;
  g_object_get(job.inpaint, "stats", &stats, nullptr);
  if (stats != nullptr) {
    report["stats"] = structure_to_json(stats);
    gst_structure_free(stats);
  }
  const std::string partial = path + ".part";
  std::ofstream file(partial);
  file << report.dump(2) << '\n';
  file.close();
  std::error_code problem;
  if (file) fs::rename(partial, path, problem);
  if (!file || problem) {
    std::fprintf(stderr, "heart-repair: cannot write the report %s\n", path.c_str());
    fs::remove(partial, problem);
    return false;
  }
  return true;
}

int run(const Options& options) {
  const std::string in = options.files[0];
  const std::string out = options.files[1];
  std::error_code problem;
  if (!fs::is_regular_file(in, problem)) {
    std::fprintf(stderr, "heart-repair: %s: no such file\n", in.c_str());
    return 1;
  }
  if (fs::equivalent(in, out, problem)) {
    std::fprintf(stderr, "heart-repair: %s is the input too; give another name\n", out.c_str());
    return 1;
  }
  std::string extension = fs::path(out).extension().string();
  for (char& c : extension) c = g_ascii_tolower(c);
  const char* sink_chain = sink_chain_for(extension);
  if (sink_chain == nullptr) {
    std::fprintf(stderr,
                 "heart-repair: %s: cannot write '%s'; offered are .wav .flac .ogg .opus .mp3 "
                 ".aiff\n",
                 out.c_str(), extension.c_str());
    return 1;
  }
  if (options.regions == nullptr && options.regions_file == nullptr) {
    std::fprintf(stderr,
                 "note: no --regions or --regions-file; only what the decoder itself flags is "
                 "repaired\n");
  }

  const std::string partial = out + ".part";
  Job job;
  job.show_bar = !options.quiet && (options.progress || isatty(STDERR_FILENO));
  int status = 1;
  if (build_pipeline(job, options, partial, sink_chain)) {
    play(job);
    if (job.is_cancelled) {
      std::fprintf(stderr, "cancelled; %s was not written\n", out.c_str());
      status = 130;
    } else if (!job.error.empty()) {
      std::fprintf(stderr, "heart-repair: %s\n", job.error.c_str());
    } else if (!job.has_sound) {
      std::fprintf(stderr, "heart-repair: %s holds no sound\n", in.c_str());
    } else {
      fs::rename(partial, out, problem);
      if (problem) {
        std::fprintf(stderr, "heart-repair: %s: %s\n", out.c_str(), problem.message().c_str());
      } else {
        if (!options.quiet) print_regions(job.regions);
        status = options.report == nullptr || write_report(job, options, options.report) ? 0 : 1;
      }
    }
  }
  fs::remove(partial, problem);
  if (job.inpaint != nullptr) gst_object_unref(job.inpaint);
  if (job.pipeline != nullptr) gst_object_unref(job.pipeline);
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  const GOptionEntry entries[] = {
      {"regions", 'r', 0, G_OPTION_ARG_STRING, &options.regions,
       "Spans to repair, as in \"12.4-12.9; 0:01:02.5+0.3\"", "SPANS"},
      {"regions-file", 'f', 0, G_OPTION_ARG_FILENAME, &options.regions_file,
       "Label file with the spans: Audacity labels, CSV or EDL", "FILE"},
      {"regions-format", 0, 0, G_OPTION_ARG_STRING, &options.regions_format,
       "auto, audacity, csv or edl (auto)", "FORMAT"},
      {"report", 'o', 0, G_OPTION_ARG_FILENAME, &options.report,
       "Write what was done to each region as JSON", "FILE"},
      {"method", 'm', 0, G_OPTION_ARG_STRING, &options.method,
       "auto, lm, ar, transplant, best or none (auto)", "METHOD"},
      {"model", 0, 0, G_OPTION_ARG_FILENAME, &options.model,
       "Checkpoint directory (the small one that comes with the project)", "DIR"},
      {"device", 0, 0, G_OPTION_ARG_STRING, &options.device, "auto, cpu, cuda, cuda:N or mps",
       "DEVICE"},
      {"tags", 0, 0, G_OPTION_ARG_STRING, &options.tags, "Style tags, as in \"piano,slow\"",
       "TEXT"},
      {"lyrics", 0, 0, G_OPTION_ARG_STRING, &options.lyrics, "The song's lyrics", "TEXT"},
      {"seed", 's', 0, G_OPTION_ARG_STRING, &options.seed, "Random seed; -1 draws one (-1)", "N"},
      {"set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options.set,
       "Any other property of heartinpaint, may be repeated", "NAME=VALUE"},
      {"quiet", 'q', 0, G_OPTION_ARG_NONE, &options.quiet, "No progress bar and no table", nullptr},
      {"progress", 0, 0, G_OPTION_ARG_NONE, &options.progress,
       "Progress bar even where the error output is no terminal", nullptr},
      {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options.files, nullptr, "IN OUT"},
      {}};
  GOptionContext* context = g_option_context_new(nullptr);
  g_option_context_set_summary(context, "Repairs flagged spans of a sound file.");
  g_option_context_add_main_entries(context, entries, nullptr);
  g_option_context_add_group(context, gst_init_get_option_group());
  GError* error = nullptr;
  const bool parsed = g_option_context_parse(context, &argc, &argv, &error);
  if (!parsed || options.files == nullptr || g_strv_length(options.files) != 2) {
    std::fprintf(stderr, "heart-repair: %s\n",
                 parsed ? "wanted one input and one output file (--help)" : error->message);
    g_clear_error(&error);
    g_option_context_free(context);
    return 2;
  }
  g_option_context_free(context);
  return run(options);
}
