// SPDX-License-Identifier: LGPL-2.1-or-later

#include "plugins/heartinpaint/settings.h"

namespace {

const GEnumValue kMethods[] = {
    {static_cast<int>(heart::engine::Method::kAuto),
     "Interpolation up to 100 ms, above it the best of model and transplant", "auto"},
    {static_cast<int>(heart::engine::Method::kLm), "Music language model and codec", "lm"},
    {static_cast<int>(heart::engine::Method::kAr), "Two-sided autoregressive interpolation", "ar"},
    {static_cast<int>(heart::engine::Method::kTransplant), "Similar passage of the context",
     "transplant"},
    {static_cast<int>(heart::engine::Method::kBest), "Every method, the best result", "best"},
    {static_cast<int>(heart::engine::Method::kNone), "Report regions, change nothing", "none"},
    {0, nullptr, nullptr},
};

const GEnumValue kFallbacks[] = {
    {static_cast<int>(heart::engine::Fallback::kAr), "Two-sided autoregressive interpolation",
     "ar"},
    {static_cast<int>(heart::engine::Fallback::kTransplant), "Similar passage of the context",
     "transplant"},
    {static_cast<int>(heart::engine::Fallback::kSilence), "Silence with soft edges", "silence"},
    {static_cast<int>(heart::engine::Fallback::kKeep), "Leave the damaged audio in place", "keep"},
    {0, nullptr, nullptr},
};

const GEnumValue kWeights[] = {
    {0, "What the device is best at", "auto"},
    {1, "32-bit floats", "f32"},
    {2, "Brain floats, 16 bits", "bf16"},
    {3, "8-bit blocks", "q8"},
    {4, "4-bit blocks", "q4"},
    {0, nullptr, nullptr},
};

const GEnumValue kTokensLayouts[] = {
    {0, "By the number of codebooks", "auto"},
    {1, "[codebooks, frames]", "KT"},
    {2, "[batch, codebooks, frames]", "BKT"},
    {3, "[batch, frames, codebooks]", "BTK"},
    {0, nullptr, nullptr},
};

GType register_enum(const char* name, const GEnumValue* values) {
  return g_enum_register_static(g_intern_static_string(name), values);
}

const char* nick_of(const GEnumValue* values, int value) {
  for (; values->value_nick; ++values) {
    if (values->value == value) return values->value_nick;
  }
  return "auto";
}

int value_of(const GEnumValue* values, const std::string& nick) {
  for (; values->value_nick; ++values) {
    if (nick == values->value_nick) return values->value;
  }
  return 0;
}

}  // namespace

GType gst_heart_inpaint_method_get_type(void) {
  static const GType type = register_enum("GstHeartInpaintMethod", kMethods);
  return type;
}

GType gst_heart_inpaint_fallback_get_type(void) {
  static const GType type = register_enum("GstHeartInpaintFallback", kFallbacks);
  return type;
}

GType gst_heart_inpaint_weights_get_type(void) {
  static const GType type = register_enum("GstHeartInpaintWeights", kWeights);
  return type;
}

GType gst_heart_inpaint_tokens_layout_get_type(void) {
  static const GType type = register_enum("GstHeartInpaintTokensLayout", kTokensLayouts);
  return type;
}

namespace heart::engine {
namespace {

const Settings kDefaults;

constexpr auto kReady =
    static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);
constexpr auto kPlaying = static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
                                                   GST_PARAM_MUTABLE_PLAYING);

std::string text_of(const GValue* value) {
  const gchar* text = g_value_get_string(value);
  return text ? text : "";
}

void give_text(GValue* value, const std::string& text) {
  g_value_set_string(value, text.empty() ? nullptr : text.c_str());
}

}  // namespace

ModelSettings model_settings(const Settings& s) {
  ModelSettings m;
  m.location = s.model_location;
  m.device = s.device;
  m.weights = nick_of(kWeights, s.weights);
  m.threads = s.threads;
  m.temperature = s.temperature;
  m.top_k = static_cast<int>(s.top_k);
  m.cfg_scale = s.cfg_scale;
  m.candidates = static_cast<int>(s.candidates);
  m.flow_steps = static_cast<int>(s.flow_steps);
  m.guidance_scale = s.guidance_scale;
  m.context_before_seconds = static_cast<double>(s.context_before) / GST_SECOND;
  m.context_after_seconds = static_cast<double>(s.context_after) / GST_SECOND;
  m.tokens_location = s.tokens_location;
  m.tokens_layout = s.tokens_layout;
  return m;
}

void install_properties(GObjectClass* object_class) {
  const auto text = [&](Property id, const char* name, const char* nick, const char* blurb,
                        const char* fallback, GParamFlags flags) {
    g_object_class_install_property(object_class, id,
                                    g_param_spec_string(name, nick, blurb, fallback, flags));
  };
  const auto time = [&](Property id, const char* name, const char* nick, const char* blurb,
                        GstClockTime least, GstClockTime most, GstClockTime standard,
                        GParamFlags flags) {
    g_object_class_install_property(
        object_class, id, g_param_spec_uint64(name, nick, blurb, least, most, standard, flags));
  };
  const auto number = [&](Property id, const char* name, const char* nick, const char* blurb,
                          guint least, guint most, guint standard, GParamFlags flags) {
    g_object_class_install_property(
        object_class, id, g_param_spec_uint(name, nick, blurb, least, most, standard, flags));
  };
  const auto real = [&](Property id, const char* name, const char* nick, const char* blurb,
                        double least, double most, double standard, GParamFlags flags) {
    g_object_class_install_property(
        object_class, id, g_param_spec_double(name, nick, blurb, least, most, standard, flags));
  };
  const auto choice = [&](Property id, const char* name, const char* nick, const char* blurb,
                          GType type, int standard, GParamFlags flags) {
    g_object_class_install_property(object_class, id,
                                    g_param_spec_enum(name, nick, blurb, type, standard, flags));
  };

  /**
   * GstHeartInpaint:method:
   *
   * How regions are repaired. `auto` interpolates up to about 100 ms; above that it takes the best
   * result of the model and the transplant that fits the time. `none` only reports regions.
   *
   * Since: 0.1
   */
  choice(kPropMethod, "method", "Method", "How regions are repaired",
         gst_heart_inpaint_method_get_type(), static_cast<int>(kDefaults.method), kReady);
  /**
   * GstHeartInpaint:fallback:
   *
   * What stands in where the method fails or, in a live pipeline, is late. `keep` leaves the damaged
   * audio in place, and silence where samples never arrived.
   *
   * Since: 0.1
   */
  choice(kPropFallback, "fallback", "Fallback",
         "What stands in when a repair fails or is late in a live pipeline",
         gst_heart_inpaint_fallback_get_type(), static_cast<int>(kDefaults.fallback), kPlaying);
  /**
   * GstHeartInpaint:model-location:
   *
   * Directory of a checkpoint, or a .json file that names its parts where they lie apart ({"lm": …, "codec": …,
   * "encoder": …, "tokenizer": …, "generation": …}). %NULL: that named by the environment variable
   * HEARTINPAINT_MODEL, else the small one that was installed with the plugin.
   *
   * Since: 0.1
   */
  text(kPropModelLocation, "model-location", "Model location",
       "Directory of the checkpoint (NULL = $HEARTINPAINT_MODEL, else the installed small one)",
       nullptr, kReady);
  /**
   * GstHeartInpaint:device:
   *
   * Where the networks run: auto, cpu, cuda, cuda:N or mps. One that this machine lacks is an error.
   *
   * Since: 0.1
   */
  text(kPropDevice, "device", "Device", "Where the networks run: auto, cpu, cuda, cuda:N, mps",
       kDefaults.device.c_str(), kReady);
  /**
   * GstHeartInpaint:weights:
   *
   * How the language model's matrices are stored on the CPU.
   *
   * Since: 0.1
   */
  choice(kPropWeights, "weights", "Weights", "Storage of the language model's matrices on the CPU",
         gst_heart_inpaint_weights_get_type(), kDefaults.weights, kReady);
  /**
   * GstHeartInpaint:threads:
   *
   * Threads of the networks on the CPU; 0 takes all cores, but one less in a live pipeline.
   *
   * Since: 0.1
   */
  number(kPropThreads, "threads", "Threads",
         "Threads of the networks (0 = all cores, one less when live)", 0, 1024, kDefaults.threads,
         kReady);
  /**
   * GstHeartInpaint:lyrics:
   *
   * Words that the repair may sing. %NULL: those of the stream's tag lyrics.
   *
   * Since: 0.1
   */
  text(kPropLyrics, "lyrics", "Lyrics", "Words for the model (NULL = the stream's lyrics tag)",
       nullptr, kReady);
  /**
   * GstHeartInpaint:tags:
   *
   * Style of the music in words, separated by commas. %NULL: the stream's tags genre and keywords.
   *
   * Since: 0.1
   */
  text(kPropTags, "tags", "Tags",
       "Style for the model, separated by commas (NULL = the stream's genre and keywords)", nullptr,
       kReady);
  /**
   * GstHeartInpaint:temperature:
   *
   * Freedom of the language model's choices; 0 takes the likeliest always.
   *
   * Since: 0.1
   */
  real(kPropTemperature, "temperature", "Temperature",
       "Freedom of the model's choices (0 = always the likeliest)", 0, 10, kDefaults.temperature,
       kReady);
  /**
   * GstHeartInpaint:top-k:
   *
   * Codes to choose from at each step.
   *
   * Since: 0.1
   */
  number(kPropTopK, "top-k", "Top k", "Codes that the model chooses from at each step", 1, 65536,
         kDefaults.top_k, kReady);
  /**
   * GstHeartInpaint:cfg-scale:
   *
   * Weight of tags and lyrics in the language model; 1 is without guidance.
   *
   * Since: 0.1
   */
  real(kPropCfgScale, "cfg-scale", "Guidance of the language model",
       "Weight of tags and lyrics (1 = no guidance)", 0, 20, kDefaults.cfg_scale, kReady);
  /**
   * GstHeartInpaint:seed:
   *
   * Of all random numbers. The same seed gives the same audio on a device. -1 draws one for each
   * region; the one used is in the region's message.
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      object_class, kPropSeed,
      g_param_spec_int64("seed", "Seed", "Seed of the random numbers (-1 = a new one per region)",
                         -1, G_MAXINT32, kDefaults.seed, kReady));
  /**
   * GstHeartInpaint:candidates:
   *
   * Continuations that the language model writes, ranked by how well they meet the right context.
   *
   * Since: 0.1
   */
  number(kPropCandidates, "candidates", "Candidates",
         "Continuations that are ranked by the right context", 1, 64, kDefaults.candidates, kReady);
  /**
   * GstHeartInpaint:flow-steps:
   *
   * Steps of the codec's flow solver.
   *
   * Since: 0.1
   */
  number(kPropFlowSteps, "flow-steps", "Flow steps", "Steps of the codec's flow solver", 1, 1000,
         kDefaults.flow_steps, kReady);
  /**
   * GstHeartInpaint:guidance-scale:
   *
   * Weight of the codes in the codec's flow decoder.
   *
   * Since: 0.1
   */
  real(kPropGuidanceScale, "guidance-scale", "Guidance of the codec",
       "Weight of the codes in the flow decoder (1 = no guidance)", 0, 20, kDefaults.guidance_scale,
       kReady);
  /**
   * GstHeartInpaint:context-before:
   *
   * Good audio before a region that methods may look at.
   *
   * Since: 0.1
   */
  time(kPropContextBefore, "context-before", "Context before",
       "Good audio before a region that is looked at, in nanoseconds", 0, 60 * GST_SECOND,
       kDefaults.context_before, kReady);
  /**
   * GstHeartInpaint:context-after:
   *
   * Good audio after a region that methods may look at. Part of the latency.
   *
   * Since: 0.1
   */
  time(kPropContextAfter, "context-after", "Context after",
       "Good audio after a region that is looked at, in nanoseconds; part of the latency", 0,
       60 * GST_SECOND, kDefaults.context_after, kReady);
  /**
   * GstHeartInpaint:max-region:
   *
   * Longest region that is repaired; longer ones pass unchanged. Part of the latency.
   *
   * Since: 0.1
   */
  time(kPropMaxRegion, "max-region", "Longest region",
       "Longest region that is repaired, in nanoseconds; part of the latency", 1, 600 * GST_SECOND,
       kDefaults.max_region, kReady);
  /**
   * GstHeartInpaint:processing-budget:
   *
   * Time to compute a repair in a live pipeline. Part of the latency there; without meaning elsewhere.
   *
   * Since: 0.1
   */
  time(kPropProcessingBudget, "processing-budget", "Processing budget",
       "Time to compute a repair in a live pipeline, in nanoseconds; part of the latency there", 0,
       600 * GST_SECOND, kDefaults.processing_budget, kPlaying);
  /**
   * GstHeartInpaint:crossfade:
   *
   * Upper bound of the good audio on each side of a region that a seam may touch.
   *
   * Since: 0.1
   */
  time(kPropCrossfade, "crossfade", "Crossfade",
       "Most good audio that a seam may touch on each side, in nanoseconds", 0, 1 * GST_SECOND,
       kDefaults.crossfade, kReady);
  /**
   * GstHeartInpaint:regions:
   *
   * Regions in stream time: `12.4-12.9; 0:01:02.5+0.3 = chorus`. Read on the way to PAUSED.
   *
   * Since: 0.1
   */
  text(kPropRegions, "regions", "Regions",
       "Damaged spans in stream time, as 12.4-12.9; 0:01:02.5+0.3 = label", nullptr, kReady);
  /**
   * GstHeartInpaint:regions-location:
   *
   * A label file of damaged spans in stream time. Read on the way to PAUSED.
   *
   * Since: 0.1
   */
  text(kPropRegionsLocation, "regions-location", "Regions file",
       "Label file of damaged spans (Audacity, CSV or EDL)", nullptr, kReady);
  /**
   * GstHeartInpaint:regions-format:
   *
   * Format of the label file.
   *
   * Since: 0.1
   */
  choice(kPropRegionsFormat, "regions-format", "Format of the regions file",
         "How the label file is written", GST_TYPE_HEART_REGION_FORMAT, kDefaults.regions_format,
         kReady);
  /**
   * GstHeartInpaint:triggers:
   *
   * What in the stream flags a region.
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      object_class, kPropTriggers,
      g_param_spec_flags("triggers", "Triggers", "What in the stream flags a region",
                         GST_TYPE_HEART_TRIGGER_FLAGS, kDefaults.triggers, kReady));
  /**
   * GstHeartInpaint:tokens-location:
   *
   * Codes that this very stream was made from, frame 0 at stream time 0: a .safetensors file (its tensor
   * "codes", or its only one; `heart-models encode` writes such), a .npy file, or a tensor saved by torch.save
   * (.pt; nothing in it is run). Integers, [codebooks, frames] or [frames, codebooks], a batch of 1 in
   * front or not; one column more than codebooks is text and dropped. The codes replace the encoder, for
   * streams of one or two channels.
   *
   * Since: 0.1
   */
  text(kPropTokensLocation, "tokens-location", "Codes sidecar",
       "File of codes that this stream was made from (.safetensors, .npy, .pt)", nullptr, kReady);
  /**
   * GstHeartInpaint:tokens-layout:
   *
   * Order of the last two axes of the codes. auto goes by the number of codebooks; where that fits both (8
   * frames of 8 codes), it takes codebooks first and posts a warning.
   *
   * Since: 0.1
   */
  choice(kPropTokensLayout, "tokens-layout", "Layout of the codes",
         "Order of the codes' axes (auto: by the number of codebooks)",
         gst_heart_inpaint_tokens_layout_get_type(), 0, kReady);
  /**
   * GstHeartInpaint:stats:
   *
   * What was done since the element left READY: regions by status and method, samples made, late
   * repairs, times of loading and repairing.
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      object_class, kPropStats,
      g_param_spec_boxed("stats", "Statistics", "Regions by status and method, samples made, times",
                         GST_TYPE_STRUCTURE,
                         static_cast<GParamFlags>(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)));

  gst_type_mark_as_plugin_api(gst_heart_inpaint_method_get_type(),
                              static_cast<GstPluginAPIFlags>(0));
  gst_type_mark_as_plugin_api(gst_heart_inpaint_fallback_get_type(),
                              static_cast<GstPluginAPIFlags>(0));
  gst_type_mark_as_plugin_api(gst_heart_inpaint_weights_get_type(),
                              static_cast<GstPluginAPIFlags>(0));
  gst_type_mark_as_plugin_api(gst_heart_inpaint_tokens_layout_get_type(),
                              static_cast<GstPluginAPIFlags>(0));
  gst_type_mark_as_plugin_api(GST_TYPE_HEART_REGION_FORMAT, static_cast<GstPluginAPIFlags>(0));
  gst_type_mark_as_plugin_api(GST_TYPE_HEART_TRIGGER_FLAGS, static_cast<GstPluginAPIFlags>(0));
}

bool set_setting(Settings& s, guint property, const GValue* value) {
  switch (property) {
    case kPropMethod:
      s.method = static_cast<Method>(g_value_get_enum(value));
      break;
    case kPropFallback:
      s.fallback = static_cast<Fallback>(g_value_get_enum(value));
      break;
    case kPropModelLocation:
      s.model_location = text_of(value);
      break;
    case kPropDevice:
      s.device = text_of(value);
      break;
    case kPropWeights:
      s.weights = g_value_get_enum(value);
      break;
    case kPropThreads:
      s.threads = g_value_get_uint(value);
      break;
    case kPropLyrics:
      s.has_lyrics = g_value_get_string(value) != nullptr;
      s.lyrics = text_of(value);
      break;
    case kPropTags:
      s.has_tags = g_value_get_string(value) != nullptr;
      s.tags = text_of(value);
      break;
    case kPropTemperature:
      s.temperature = g_value_get_double(value);
      break;
    case kPropTopK:
      s.top_k = g_value_get_uint(value);
      break;
    case kPropCfgScale:
      s.cfg_scale = g_value_get_double(value);
      break;
    case kPropSeed:
      s.seed = g_value_get_int64(value);
      break;
    case kPropCandidates:
      s.candidates = g_value_get_uint(value);
      break;
    case kPropFlowSteps:
      s.flow_steps = g_value_get_uint(value);
      break;
    case kPropGuidanceScale:
      s.guidance_scale = g_value_get_double(value);
      break;
    case kPropContextBefore:
      s.context_before = g_value_get_uint64(value);
      break;
    case kPropContextAfter:
      s.context_after = g_value_get_uint64(value);
      break;
    case kPropMaxRegion:
      s.max_region = g_value_get_uint64(value);
      break;
    case kPropProcessingBudget:
      s.processing_budget = g_value_get_uint64(value);
      break;
    case kPropCrossfade:
      s.crossfade = g_value_get_uint64(value);
      break;
    case kPropRegions:
      s.regions = text_of(value);
      break;
    case kPropRegionsLocation:
      s.regions_location = text_of(value);
      break;
    case kPropRegionsFormat:
      s.regions_format = static_cast<GstHeartRegionFormat>(g_value_get_enum(value));
      break;
    case kPropTriggers:
      s.triggers = static_cast<GstHeartTriggerFlags>(g_value_get_flags(value));
      break;
    case kPropTokensLocation:
      s.tokens_location = text_of(value);
      break;
    case kPropTokensLayout:
      s.tokens_layout = nick_of(kTokensLayouts, g_value_get_enum(value));
      break;
    default:
      return false;
  }
  return true;
}

bool get_setting(const Settings& s, guint property, GValue* value) {
  switch (property) {
    case kPropMethod:
      g_value_set_enum(value, static_cast<int>(s.method));
      break;
    case kPropFallback:
      g_value_set_enum(value, static_cast<int>(s.fallback));
      break;
    case kPropModelLocation:
      give_text(value, s.model_location);
      break;
    case kPropDevice:
      give_text(value, s.device);
      break;
    case kPropWeights:
      g_value_set_enum(value, s.weights);
      break;
    case kPropThreads:
      g_value_set_uint(value, s.threads);
      break;
    case kPropLyrics:
      g_value_set_string(value, s.has_lyrics ? s.lyrics.c_str() : nullptr);
      break;
    case kPropTags:
      g_value_set_string(value, s.has_tags ? s.tags.c_str() : nullptr);
      break;
    case kPropTemperature:
      g_value_set_double(value, s.temperature);
      break;
    case kPropTopK:
      g_value_set_uint(value, s.top_k);
      break;
    case kPropCfgScale:
      g_value_set_double(value, s.cfg_scale);
      break;
    case kPropSeed:
      g_value_set_int64(value, s.seed);
      break;
    case kPropCandidates:
      g_value_set_uint(value, s.candidates);
      break;
    case kPropFlowSteps:
      g_value_set_uint(value, s.flow_steps);
      break;
    case kPropGuidanceScale:
      g_value_set_double(value, s.guidance_scale);
      break;
    case kPropContextBefore:
      g_value_set_uint64(value, s.context_before);
      break;
    case kPropContextAfter:
      g_value_set_uint64(value, s.context_after);
      break;
    case kPropMaxRegion:
      g_value_set_uint64(value, s.max_region);
      break;
    case kPropProcessingBudget:
      g_value_set_uint64(value, s.processing_budget);
      break;
    case kPropCrossfade:
      g_value_set_uint64(value, s.crossfade);
      break;
    case kPropRegions:
      give_text(value, s.regions);
      break;
    case kPropRegionsLocation:
      give_text(value, s.regions_location);
      break;
    case kPropRegionsFormat:
      g_value_set_enum(value, s.regions_format);
      break;
    case kPropTriggers:
      g_value_set_flags(value, s.triggers);
      break;
    case kPropTokensLocation:
      give_text(value, s.tokens_location);
      break;
    case kPropTokensLayout:
      g_value_set_enum(value, value_of(kTokensLayouts, s.tokens_layout));
      break;
    default:
      return false;
  }
  return true;
}

}  // namespace heart::engine
