// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Loading, starting and stopping: what happens between the element's states.

#include "plugins/heartinpaint/guarded.h"
#include "plugins/heartinpaint/inpaint.h"
#include "plugins/heartinpaint/messages.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace heart::engine {

namespace {

bool load_fillers(Inpaint& self) {
  const Settings settings = settings_of(self);
  if (self.has_fillers && !needs_other_fillers(settings, self.fillers_settings)) return true;
  const bool has_networks = settings.method == Method::kAuto || settings.method == Method::kLm ||
                            settings.method == Method::kBest;
  std::unique_ptr<ProgressPoster> progress;
  if (has_networks) {
    progress = std::make_unique<ProgressPoster>(self.element, "load", "loading the checkpoint", 0);
  }
  const Cancel never;
  Outcome<Fillers> fillers = make_fillers(
      settings, never,
      [&](double share, const char* stage) {
        if (progress) progress->update(share, stage);
      },
      [element = self.element](const std::string& text) {
        GST_ELEMENT_WARNING(element, RESOURCE, NO_SPACE_LEFT, ("%s", text.c_str()), (nullptr));
      });
  if (!fillers) {
    const Failure& failure = fillers.failure();
    if (progress) progress->finish(GST_PROGRESS_TYPE_ERROR, failure.text);
    switch (failure.fault) {
      case Fault::kFile:
        GST_ELEMENT_ERROR(self.element, RESOURCE, NOT_FOUND, ("%s", failure.text.c_str()),
                          (nullptr));
        break;
      case Fault::kMemory:
        GST_ELEMENT_ERROR(self.element, RESOURCE, NO_SPACE_LEFT, ("%s", failure.text.c_str()),
                          (nullptr));
        break;
      default:
        GST_ELEMENT_ERROR(self.element, LIBRARY, SETTINGS, ("%s", failure.text.c_str()), (nullptr));
    }
    return false;
  }
  self.fillers = std::move(*fillers);
  self.fillers_settings = settings;
  self.has_fillers = true;
  if (!self.fillers.warning.empty()) {
    GST_ELEMENT_WARNING(self.element, RESOURCE, NOT_FOUND,
                        ("Repairing without the networks: %s", self.fillers.warning.c_str()),
                        (nullptr));
  }
  if (self.fillers.model) {
    self.stats.set_load_seconds(self.fillers.model->load_seconds());
    if (*self.fillers.model->load_warning()) {
      GST_ELEMENT_WARNING(self.element, RESOURCE, SETTINGS,
                          ("%s", self.fillers.model->load_warning()), (nullptr));
    }
  }
  if (progress) {
    progress->finish(
        self.fillers.warning.empty() ? GST_PROGRESS_TYPE_COMPLETE : GST_PROGRESS_TYPE_ERROR,
        self.fillers.warning.empty() ? "checkpoint loaded" : self.fillers.warning);
  }
  return true;
}

/// READY → PAUSED: regions are read, a stream begins.
bool start(Inpaint& self) {
  if (!load_fillers(self)) return false;
  const Settings settings = settings_of(self);
  std::vector<std::string> warnings;
  GError* error = nullptr;
  {
    Held held(self.lock);
    self.stream.reset();
    self.last_region_id = 0;
    self.position = GST_CLOCK_TIME_NONE;
    self.is_liveness_known = self.is_live = false;
    self.promise = GST_CLOCK_TIME_NONE;
    if (self.marks.load(settings.regions.c_str(), settings.regions_location.c_str(),
                        settings.regions_format, warnings, &error)) {
      renew_stream(self, held, settings);
      self.is_flushing = false;
    }
  }
  for (const std::string& warning : warnings) {
    GST_ELEMENT_WARNING(self.element, RESOURCE, SETTINGS, ("%s", warning.c_str()), (nullptr));
  }
  if (error != nullptr) {
    GST_ELEMENT_ERROR(self.element, RESOURCE, SETTINGS, ("%s", error->message), (nullptr));
    g_clear_error(&error);
    return false;
  }
  self.stats.reset();
  self.repairs.start();
  self.quick.start();
  return true;
}

/// After the pads have been stopped.
void stop(Inpaint& self) {
  self.repairs.stop();
  self.quick.stop();
  Held held(self.lock);
  self.stream.reset();
  self.marks.clear();
}

}  // namespace

GstStateChangeReturn change_state(GstElement* element, GstStateChange transition) {
  Inpaint& self = of(element);
  auto* parent_class = GST_ELEMENT_CLASS(g_type_class_peek(GST_TYPE_ELEMENT));
  return guarded(element, GST_STATE_CHANGE_FAILURE, [&] {
    switch (transition) {
      case GST_STATE_CHANGE_NULL_TO_READY:
        if (!load_fillers(self)) return GST_STATE_CHANGE_FAILURE;
        break;
      case GST_STATE_CHANGE_READY_TO_PAUSED:
        if (!start(self)) return GST_STATE_CHANGE_FAILURE;
        break;
      case GST_STATE_CHANGE_PAUSED_TO_READY:
        // Before the pads: their threads may wait for a repair.
        start_flush(self);
        break;
      default:
        break;
    }
    const GstStateChangeReturn result = parent_class->change_state(element, transition);
    switch (transition) {
      case GST_STATE_CHANGE_PAUSED_TO_PLAYING:
      case GST_STATE_CHANGE_PLAYING_TO_PAUSED: {
        // The clock counts from now on, or no longer.
        Held held(self.lock);
        wake(self, held);
        break;
      }
      case GST_STATE_CHANGE_PAUSED_TO_READY:
        stop(self);
        break;
      case GST_STATE_CHANGE_READY_TO_NULL:
        self.fillers = Fillers();
        self.has_fillers = false;
        break;
      default:
        break;
    }
    return result;
  });
}

}  // namespace heart::engine
