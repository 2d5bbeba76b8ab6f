// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/train/music/soundfont.h"

#include "models/base/error.h"
#include "models/train/music/random.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <map>

#ifdef HEART_HAVE_FLUIDSYNTH
#  include <fluidsynth.h>
#endif

namespace heart::music {

std::string find_soundfont() {
  for (const char* folder : {"/usr/share/sounds/sf2/", "/usr/share/soundfonts/"})
    for (const char* name : {"TimGM6mb.sf2", "FluidR3_GM.sf2", "default-GM.sf2", "default.sf2"}) {
      const std::string path = std::string(folder) + name;
      if (std::ifstream(path).good()) return path;
    }
  return {};
}

#ifdef HEART_HAVE_FLUIDSYNTH

namespace {

constexpr int kRateHz = 48000;
constexpr size_t kBlock = 64;  // FluidSynth's own grain: events begin on its multiples

/// What is sent to the synthesiser, in samples; `order` decides at equal times: controls, offs, ons.
struct Event {
  size_t at = 0;
  int order = 0;
  int channel = 0;
  int number = 0;  // pitch, controller, or Control::kBend
  int value = 0;   // velocity or the controller's value
};

/// One synthesiser with the soundfont loaded. The constructor may throw between the two.
struct Synth {
  fluid_settings_t* settings = nullptr;
  fluid_synth_t* synth = nullptr;
  int font = -1;

  explicit Synth(const std::string& path) {
    settings = new_fluid_settings();
    fluid_settings_setnum(settings, "synth.sample-rate", kRateHz);
    fluid_settings_setnum(settings, "synth.gain", 0.4);
    fluid_settings_setint(settings, "synth.polyphony", 256);
    fluid_settings_setint(settings, "synth.threadsafe-api", 0);
    fluid_settings_setint(settings, "synth.lock-memory", 0);
    synth = new_fluid_synth(settings);
    font = synth == nullptr ? -1 : fluid_synth_sfload(synth, path.c_str(), 1);
    if (font < 0) {
      close();
      throw Error(Fault::kFile, path + ": not a soundfont that FluidSynth can load");
    }
  }
  ~Synth() { close(); }
  Synth(const Synth&) = delete;
  Synth& operator=(const Synth&) = delete;

 private:
  void close() {
    if (synth != nullptr) delete_fluid_synth(synth);
    if (settings != nullptr) delete_fluid_settings(settings);
    synth = nullptr;
    settings = nullptr;
  }
};

/// Room and chorus units as they are by default for most songs, and others for the rest.
void set_effects(fluid_synth_t* synth, uint64_t seed) {
  Random random(seed ^ 0x726F6F6Dull);
  if (random.chance(0.6)) return;
  fluid_synth_set_reverb_group_roomsize(synth, -1, random.uniform(0.1, 0.9));
  fluid_synth_set_reverb_group_damp(synth, -1, random.uniform(0.0, 0.8));
  fluid_synth_set_reverb_group_width(synth, -1, random.uniform(0.2, 1.0));
  fluid_synth_set_reverb_group_level(synth, -1, random.uniform(0.3, 1.0));
  fluid_synth_set_chorus_group_nr(synth, -1, random.between(2, 5));
  fluid_synth_set_chorus_group_level(synth, -1, random.uniform(0.5, 2.5));
  fluid_synth_set_chorus_group_speed(synth, -1, random.uniform(0.15, 0.9));
  fluid_synth_set_chorus_group_depth(synth, -1, random.uniform(3, 10));
}

std::vector<Event> events_of(const Song& song, const Part& part, int channel, size_t length) {
  std::vector<Event> events;
  auto sample = [&](double beat) {
    const double at = song.seconds_at(std::max(0.0, beat)) * kRateHz;
    return static_cast<size_t>(std::llround(at));
  };
  // A note ends before the next one of its pitch begins: the off event would silence both.
  std::map<int, size_t> last_off;
  for (const Note& note : part.notes) {
    const size_t on = sample(note.beat);
    if (on >= length) continue;
    const size_t off = std::max(on + 2 * kBlock, sample(note.beat + note.length));
    const auto before = last_off.find(note.pitch);
    if (before != last_off.end() && events[before->second].at + kBlock > on)
      events[before->second].at = on > kBlock ? on - kBlock : 0;
    events.push_back({on, 2, channel, note.pitch, note.velocity});
    last_off[note.pitch] = events.size();
    events.push_back({off, 1, channel, note.pitch, 0});
  }
  for (const Control& control : part.controls)
    events.push_back({sample(control.beat), 0, channel, control.number, control.value});
  return events;
}

void send(fluid_synth_t* synth, const Event& event) {
  if (event.order == 2) {
    fluid_synth_noteon(synth, event.channel, event.number, event.value);
  } else if (event.order == 1) {
    fluid_synth_noteoff(synth, event.channel, event.number);
  } else if (event.number == Control::kBend) {
    fluid_synth_pitch_bend(synth, event.channel, std::clamp(event.value + 8192, 0, 16383));
  } else {
    fluid_synth_cc(synth, event.channel, event.number, std::clamp(event.value, 0, 127));
  }
}

}  // namespace

struct Soundfont::State {
  std::string path;
  // Never played: while it lives, FluidSynth keeps the samples that all others share. Songs are given
  // a fresh synthesiser each, because a reset one remembers the phases of its chorus.
  Synth keeper;
  explicit State(const std::string& p) : path(p), keeper(p) {}
};

Soundfont::Soundfont(const std::string& path) {
  for (int level : {FLUID_WARN, FLUID_INFO, FLUID_DBG})
    fluid_set_log_function(
        level, [](int, const char*, void*) {}, nullptr);
  state_ = std::make_unique<State>(path);
}

bool Soundfont::is_available() {
  return !find_soundfont().empty();
}

void Soundfont::play(const Song& song, const std::vector<size_t>& parts, Planes& out) {
  Synth player(state_->path);
  fluid_synth_t* synth = player.synth;
  set_effects(synth, song.seed);
  const size_t length = length_of(out);
  std::vector<Event> events;
  int next_channel = 0;
  for (size_t index : parts) {
    const Part& part = song.parts.at(index);
    if (part.notes.empty() || (!part.is_drums && next_channel > 15)) continue;
    const int channel = part.is_drums ? 9 : next_channel;
    if (!part.is_drums) next_channel += next_channel == 8 ? 2 : 1;
    if (part.is_drums) fluid_synth_bank_select(synth, channel, 128);
    fluid_synth_program_change(synth, channel, part.program);
    const std::array<std::array<int, 2>, 4> start = {
        {{7, part.volume}, {10, part.pan}, {91, part.reverb}, {93, part.chorus}}};
    for (const auto& [number, value] : start) fluid_synth_cc(synth, channel, number, value);
    const std::vector<Event> more = events_of(song, part, channel, length);
    events.insert(events.end(), more.begin(), more.end());
  }
  std::stable_sort(events.begin(), events.end(), [](const Event& a, const Event& b) {
    return a.at != b.at ? a.at < b.at : a.order < b.order;
  });
  std::vector<float> left(length), right(length);
  size_t done = 0;
  auto render_until = [&](size_t end) {
    end = std::min(length, end);
    if (end <= done) return;
    fluid_synth_write_float(synth, static_cast<int>(end - done), left.data() + done, 0, 1,
                            right.data() + done, 0, 1);
    done = end;
  };
  for (const Event& event : events) {
    if (event.at >= length) break;
    render_until(event.at / kBlock * kBlock);
    send(synth, event);
  }
  render_until(length);
  for (size_t i = 0; i < length; ++i) {
    out[0][i] += left[i];
    out[1][i] += right[i];
  }
}

#else  // without FluidSynth everything is left to the own synthesis

struct Soundfont::State {};
Soundfont::Soundfont(const std::string& path) {
  throw Error(Fault::kInternal, path + ": this build has no FluidSynth; install libfluidsynth-dev");
}
bool Soundfont::is_available() {
  return false;
}
void Soundfont::play(const Song&, const std::vector<size_t>&, Planes&) {}

#endif

Soundfont::~Soundfont() = default;

}  // namespace heart::music
