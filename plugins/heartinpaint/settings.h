// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What an application can set, with its defaults. Lives under the element's settings lock; every stream
// works on a frozen copy.

#pragma once

#include "models/repair/model_module.h"
#include <gst/heart/heart.h>

#include <cstdint>
#include <string>

namespace heart::engine {

enum class Method { kAuto, kLm, kAr, kTransplant, kBest, kNone };
enum class Fallback { kAr, kTransplant, kSilence, kKeep };

struct Settings {
  Method method = Method::kAuto;
  Fallback fallback = Fallback::kAr;

  std::string model_location;
  std::string device = "auto";
  int weights = 0;  // GstHeartInpaintWeights
  guint threads = 0;
  bool has_lyrics = false, has_tags = false;
  std::string lyrics, tags;
  double temperature = 0.2;
  guint top_k = 30;
  double cfg_scale = 1.0;
  gint64 seed = -1;
  guint candidates = 4;
  guint flow_steps = 10;
  double guidance_scale = 1.25;
  std::string tokens_location;
  std::string tokens_layout = "auto";

  GstClockTime context_before = 8 * GST_SECOND;
  GstClockTime context_after = 8 * GST_SECOND;
  GstClockTime max_region = 10 * GST_SECOND;
  GstClockTime processing_budget = 2 * GST_SECOND;
  GstClockTime crossfade = 100 * GST_MSECOND;

  std::string regions;
  std::string regions_location;
  GstHeartRegionFormat regions_format = GST_HEART_REGION_FORMAT_AUTO;
  GstHeartTriggerFlags triggers = GST_HEART_TRIGGER_FLAGS_DEFAULT;
};

/// How the networks are to be loaded.
ModelSettings model_settings(const Settings& settings);

enum Property {
  kPropMethod = 1,
  kPropFallback,
  kPropModelLocation,
  kPropDevice,
  kPropWeights,
  kPropThreads,
  kPropLyrics,
  kPropTags,
  kPropTemperature,
  kPropTopK,
  kPropCfgScale,
  kPropSeed,
  kPropCandidates,
  kPropFlowSteps,
  kPropGuidanceScale,
  kPropContextBefore,
  kPropContextAfter,
  kPropMaxRegion,
  kPropProcessingBudget,
  kPropCrossfade,
  kPropRegions,
  kPropRegionsLocation,
  kPropRegionsFormat,
  kPropTriggers,
  kPropTokensLocation,
  kPropTokensLayout,
  kPropStats,
};

void install_properties(GObjectClass* object_class);
/// Both return false for a property that is not one of the settings.
bool set_setting(Settings& settings, guint property, const GValue* value);
bool get_setting(const Settings& settings, guint property, GValue* value);

}  // namespace heart::engine

G_BEGIN_DECLS
GType gst_heart_inpaint_method_get_type(void);
GType gst_heart_inpaint_fallback_get_type(void);
GType gst_heart_inpaint_weights_get_type(void);
GType gst_heart_inpaint_tokens_layout_get_type(void);
G_END_DECLS
