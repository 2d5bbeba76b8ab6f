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

void post_load_error(Inpaint& self, const Failure& failure) {
  switch (failure.fault) {
    case Fault::kCancelled:
      break;
    case Fault::kFile:
      GST_ELEMENT_ERROR(self.element, RESOURCE, NOT_FOUND, ("%s", failure.text.c_str()), (nullptr));
      break;
    case Fault::kMemory:
      GST_ELEMENT_ERROR(self.element, RESOURCE, NO_SPACE_LEFT, ("%s", failure.text.c_str()),
                        (nullptr));
      break;
    default:
      GST_ELEMENT_ERROR(self.element, LIBRARY, SETTINGS, ("%s", failure.text.c_str()), (nullptr));
  }
}

/// While it lives, set_state() can cancel a load.
class Loading {
 public:
  explicit Loading(Inpaint& self) : self_(self) {
    std::lock_guard<std::mutex> held(self_.loading_lock);
    self_.loading = cancel_;
  }
  ~Loading() {
    std::lock_guard<std::mutex> held(self_.loading_lock);
    self_.loading.reset();
  }
  Loading(const Loading&) = delete;
  const Cancel& cancel() const { return *cancel_; }

 private:
  Inpaint& self_;
  const std::shared_ptr<Cancel> cancel_ = std::make_shared<Cancel>();
};

bool load_fillers(Inpaint& self) {
  const Settings settings = settings_of(self);
  if (self.has_fillers && !needs_other_fillers(settings, self.fillers_settings)) return true;
  const Loading loading(self);
  std::unique_ptr<ProgressPoster> progress;
  if (wants_model(settings.method)) {
    progress = std::make_unique<ProgressPoster>(self.element, "load", "loading the checkpoint", 0);
  }
  Outcome<Fillers> fillers = make_fillers(
      settings, loading.cancel(),
      [&](double share, const char* stage) {
        if (progress) progress->update(share, stage);
      },
      [element = self.element](const std::string& text) {
        GST_ELEMENT_WARNING(element, RESOURCE, NO_SPACE_LEFT, ("%s", text.c_str()), (nullptr));
      });
  if (!fillers) {
    const Failure& failure = fillers.failure();
    post_load_error(self, failure);
    if (progress) {
      const bool is_cancelled = failure.fault == Fault::kCancelled;
      progress->finish(is_cancelled ? GST_PROGRESS_TYPE_CANCELED : GST_PROGRESS_TYPE_ERROR,
                       is_cancelled ? "loading cancelled" : failure.text);
    }
    return false;
  }
  self.fillers = std::move(*fillers);
  self.fillers_settings = settings;
  self.has_fillers = true;
  const std::string& warning = self.fillers.warning;
  if (!warning.empty()) {
    GST_ELEMENT_WARNING(self.element, RESOURCE, NOT_FOUND,
                        ("Repairing without the networks: %s", warning.c_str()), (nullptr));
  }
  if (self.fillers.model) {
    self.stats.set_load_seconds(self.fillers.model->load_seconds());
    if (*self.fillers.model->load_warning()) {
      GST_ELEMENT_WARNING(self.element, RESOURCE, SETTINGS,
                          ("%s", self.fillers.model->load_warning()), (nullptr));
    }
  }
  if (progress) {
    progress->finish(GST_PROGRESS_TYPE_COMPLETE,
                     warning.empty() ? "checkpoint loaded" : "no networks: " + warning);
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
    self.is_stopping = self.is_playing = false;
    gst_segment_init(&self.out_segment, GST_FORMAT_TIME);
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

void note_playing(Inpaint& self, bool is_playing) {
  Held held(self.lock);
  self.is_playing = is_playing;
  wake(self, held);
}

GstElementClass* parent_class() {
  return GST_ELEMENT_CLASS(g_type_class_peek(GST_TYPE_ELEMENT));
}

}  // namespace

GstStateChangeReturn change_state(GstElement* element, GstStateChange transition) {
  Inpaint& self = of(element);
  return guarded(element, GST_STATE_CHANGE_FAILURE, [&] {
    switch (transition) {
      case GST_STATE_CHANGE_NULL_TO_READY:
        if (!load_fillers(self)) return GST_STATE_CHANGE_FAILURE;
        break;
      case GST_STATE_CHANGE_READY_TO_PAUSED:
        if (!start(self)) return GST_STATE_CHANGE_FAILURE;
        break;
      case GST_STATE_CHANGE_PAUSED_TO_READY: {
        // Before the pads: their threads may wait for a repair.
        {
          Held held(self.lock);
          self.is_stopping = true;
        }
        start_flush(self);
        break;
      }
      case GST_STATE_CHANGE_PLAYING_TO_PAUSED:
        note_playing(self, false);
        break;
      default:
        break;
    }
    const GstStateChangeReturn result = parent_class()->change_state(element, transition);
    switch (transition) {
      case GST_STATE_CHANGE_PAUSED_TO_PLAYING:
        // Base time and clock were given before this change.
        note_playing(self, true);
        break;
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

GstStateChangeReturn set_state(GstElement* element, GstState state) {
  if (state == GST_STATE_NULL) {
    Inpaint& self = of(element);
    // Whoever loads holds the state lock, which the parent's function waits for.
    std::lock_guard<std::mutex> held(self.loading_lock);
    if (self.loading) self.loading->raise();
  }
  return parent_class()->set_state(element, state);
}

}  // namespace heart::engine
