// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The order of decisions: style and frame, players, material of each section letter, the sections one
// after another, singing, then what players add (swing, jitter, pedals, bends), then the words about it.

#include "models/train/music/composer.h"

#include "models/base/error.h"
#include "models/train/music/accompaniment.h"
#include "models/train/music/describe.h"
#include "models/train/music/lyrics.h"
#include "models/train/music/melody.h"
#include "models/train/music/performance.h"
#include "models/train/music/styles.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace heart::music {
namespace {

/// A layer of the style that was engaged for this song.
struct Player {
  const Layer* layer = nullptr;
  size_t part = 0;  // in Song::parts
  int voices = 3;
  double strum_beats = 0;
  double density = 0.5;
  double step_beats = 0.5;
};

/// What a section letter sounds like every time that it comes.
struct Material {
  int bars = 4;
  std::vector<Change> changes;
  uint64_t seed = 0;
  std::vector<const Pattern*> pattern;  // one per player; null where none is needed
  std::vector<std::string> figure;
  std::vector<bool> playing;  // who plays, one per player
  const DrumPattern* drums = nullptr;
  std::vector<std::string> lines;  // sung
};

const std::vector<std::vector<std::string>>& forms() {
  static const std::vector<std::vector<std::string>> kForms = {
      {"intro", "verse", "verse", "chorus", "chorus", "verse", "chorus", "bridge", "chorus",
       "outro"},
      {"verse", "verse", "chorus", "verse", "chorus", "bridge", "chorus", "chorus", "outro"},
      {"verse", "verse", "bridge", "verse"},
      {"intro", "verse", "chorus", "verse", "chorus", "solo", "chorus", "outro"},
      {"chorus", "verse", "chorus", "verse", "chorus"},
      {"intro", "verse", "verse", "break", "chorus", "chorus", "outro"},
      {"verse", "chorus", "break", "verse", "chorus", "solo", "chorus"}};
  return kForms;
}

class Writer {
 public:
  Writer(uint64_t seed, const ComposeOptions& options)
      : options_(options), seed_(seed), random_(seed ^ 0x6D75736963ull) {}

  Song write() {
    choose_frame();
    engage_players();
    lay_out_form();
    for (size_t i = 0; i < song_.sections.size(); ++i) write_section(i);
    perform(song_, style_->human_ms, swing_, swing_beats_, random_.next());
    song_.lyrics = lyrics_;
    song_.tags = describe(song_, *style_, mood_, random_.next());
    return std::move(song_);
  }

 private:
  void choose_frame();
  void engage_players();
  void engage(const Layer& layer);
  void engage_singer();
  void lay_out_form();
  Material make_material(const std::string& name, int bars);
  bool wants_to_play(Role role, const std::string& section, Random& random) const;
  std::vector<bool> choose_playing(const std::string& section, Random& random) const;
  void write_section(size_t index);
  void write_melodies(const Section& section, const Material& material, double energy, bool sung,
                      Random& random);
  void sing(const Section& section, const Material& material, double energy, Random& random);

  const ComposeOptions options_;
  const uint64_t seed_;
  Random random_;
  Song song_;
  const Style* style_ = nullptr;
  Mode mode_ = Mode::kMajor;
  Colour colour_ = Colour::kTriad;
  Feel feel_ = Feel::kDuple;
  std::string mood_;
  double swing_ = 0.5, swing_beats_ = 1;
  double synthetic_ = 0;
  int dry_wet_ = 40, spread_ = 30;
  std::vector<Player> players_;
  size_t drum_part_ = SIZE_MAX, voice_part_ = SIZE_MAX;
  int voice_centre_ = 64;
  std::map<std::string, Material> materials_;
  std::string lyrics_;
};

void Writer::choose_frame() {
  const std::vector<Style>& styles = all_styles();
  if (!options_.style.empty()) {
    for (const Style& style : styles)
      if (style.name == options_.style) style_ = &style;
    if (style_ == nullptr)
      throw Error(Fault::kInput, "style \"" + options_.style + "\": there is none of that name");
  } else {
    std::vector<double> weights;
    for (const Style& style : styles) weights.push_back(style_weight(style));
    style_ = &styles[random_.weighted(weights)];
  }
  song_.seed = seed_;
  song_.style = style_->name;
  song_.bpm = std::round(random_.uniform(style_->bpm_low, style_->bpm_high));
  std::vector<double> weights;
  for (const Metre& metre : style_->metres) weights.push_back(metre.weight);
  const Metre& metre = style_->metres[random_.weighted(weights)];
  song_.metre_count = metre.count;
  song_.metre_unit = metre.unit;
  feel_ = metre.unit == 8 && metre.count % 3 == 0 ? Feel::kCompound
          : metre.count == 3                      ? Feel::kTriple
                                                  : Feel::kDuple;
  weights.clear();
  for (const ModeWeight& mode : style_->modes) weights.push_back(mode.weight);
  mode_ = style_->modes[random_.weighted(weights)].mode;
  song_.mode = mode_name(mode_);
  song_.key = random_.below(12);
  colour_ = style_->colour;
  if (colour_ == Colour::kTriad && random_.chance(0.12)) colour_ = Colour::kSeventh;
  if (colour_ == Colour::kSeventh && random_.chance(0.2)) colour_ = Colour::kNinth;
  swing_ = feel_ == Feel::kCompound ? 0.5 : random_.uniform(style_->swing_low, style_->swing_high);
  swing_beats_ = style_->family == "soul" && swing_ > 0.5 ? 0.5 : 1;
  mood_ = choose_mood(*style_, is_minor(mode_), song_.bpm, random_);
  synthetic_ = style_->synthetic * options_.synthetic;
  if (random_.chance(0.5)) synthetic_ = 0;
  if (random_.chance(0.06 * options_.synthetic)) synthetic_ = 1;  // nothing but oscillators
  const bool wet = style_->bpm_high < 97;
  dry_wet_ = wet ? random_.between(40, 100) : random_.chance(0.5) ? 40 : random_.between(0, 75);
  spread_ = random_.chance(0.15) ? 0 : random_.between(10, 60);
}

void Writer::engage(const Layer& layer) {
  Part part;
  Random random = random_.fork(static_cast<uint64_t>(song_.parts.size()) + 17);
  part.role = role_name(layer.role);
  part.program = random.pick(layer.programs);
  part.volume = std::clamp(layer.level + static_cast<int>(random.normal() * 7), 30, 127);
  const bool centred = layer.role == Role::kBass || random.chance(0.2);
  part.pan = centred ? 64 : std::clamp(64 + random.between(-spread_, spread_), 0, 127);
  part.reverb =
      std::clamp(dry_wet_ + random.between(-15, 15) - (layer.role == Role::kBass ? 15 : 0), 0, 127);
  part.chorus = random.chance(0.25) ? random.between(10, 90) : 0;
  part.patch_seed = random.next();
  if (random.chance(synthetic_)) part.engine = synthetic_engine(part.program);
  Player player;
  player.layer = &layer;
  player.part = song_.parts.size();
  player.voices =
      layer.role == Role::kPad ? random.between(3, 4) : 3 + (random.chance(0.35) ? 1 : 0);
  const bool guitar = part.program >= 24 && part.program <= 31;
  if (guitar && layer.role == Role::kComp)
    player.strum_beats = random.uniform(0.01, 0.03) * song_.bpm / 60;
  player.density = std::clamp(0.5 + 0.22 * random.normal() +
                                  (song_.bpm < 80    ? 0.12
                                   : song_.bpm > 150 ? -0.12
                                                     : 0),
                              0.05, 0.95);
  const bool fast = song_.bpm > 126;
  player.step_beats = feel_ == Feel::kCompound            ? 0.5
                      : random.chance(fast ? 0.45 : 0.35) ? 0.25
                                                          : 0.5;
  if (style_->human_ms < 1 && random.chance(0.6)) player.step_beats = 0.25;
  if (feel_ == Feel::kDuple && song_.bpm < 90 && random.chance(0.12)) player.step_beats = 1.0 / 3;
  song_.parts.push_back(part);
  players_.push_back(player);
}

void Writer::engage_players() {
  // A solo style keeps to one instrument: the first choice stands for all layers that can be it.
  const bool solo = style_->name == "piano" || style_->name == "organ" || style_->name == "guitar";
  for (const Layer& layer : style_->layers)
    if (random_.chance(layer.chance)) engage(layer);
  const bool has_melody = std::any_of(players_.begin(), players_.end(), [](const Player& p) {
    return p.layer->role == Role::kLead || p.layer->role == Role::kComp ||
           p.layer->role == Role::kArp;
  });
  if (!has_melody) engage(style_->layers.back());
  if (solo) {
    const Part first = song_.parts.front();
    for (Part& part : song_.parts) {
      part.program = random_.chance(0.9) ? first.program : part.program;
      part.engine = first.engine;
      part.patch_seed = first.patch_seed;
      part.pan = first.pan;
      part.reverb = first.reverb;
      part.chorus = first.chorus;
    }
  }
  if (!style_->drums.empty() && random_.chance(style_->drums_chance)) {
    Part part;
    part.role = "drums";
    part.is_drums = true;
    part.program = random_.pick(style_->kits);
    part.volume = std::clamp(random_.between(84, 112), 30, 127);
    part.reverb = std::clamp(dry_wet_ - 10 + random_.between(-15, 10), 0, 127);
    part.patch_seed = random_.next();
    if (random_.chance(synthetic_)) part.engine = Engine::kMachine;
    drum_part_ = song_.parts.size();
    song_.parts.push_back(part);
  }
  if (random_.chance(style_->voice_chance * options_.voices)) engage_singer();
}

void Writer::engage_singer() {
  Part part;
  const bool spoken = random_.chance(style_->name == "hip hop" ? 0.5 : 0.12);
  part.role = spoken ? "speech" : "voice";
  part.engine = spoken ? Engine::kSpeech : random_.chance(0.85) ? Engine::kVoice : Engine::kSampled;
  part.program = random_.chance(0.5) ? 53 : 52;  // also which kind of voice: 53 high, 52 low
  voice_centre_ = part.program == 53 ? random_.between(64, 69) : random_.between(52, 58);
  part.volume = random_.between(92, 118);
  part.pan = 64;
  part.reverb = std::clamp(dry_wet_ + 10, 0, 127);
  part.patch_seed = random_.next();
  voice_part_ = song_.parts.size();
  song_.parts.push_back(part);
}

void Writer::lay_out_form() {
  const double beat_seconds = 60 / song_.bpm;
  const double bar = song_.bar_beats();
  int bars = bar * beat_seconds > 2.6 ? 4 : random_.chance(0.3) ? 8 : 4;
  if (style_->family == "blues") bars = 12;
  std::vector<std::string> names = random_.pick(forms());
  // A third of the songs stay with one loop, played again and again with other melodies.
  if (random_.chance(0.33)) names.assign(8, "verse");
  size_t at =
      random_.chance(0.5) ? 0 : static_cast<size_t>(random_.below(static_cast<int>(names.size())));
  double beat = 0;
  while (beat * beat_seconds < options_.seconds + 1) {
    Section section;
    section.name = names[at % names.size()];
    const bool short_one = bars == 8 && (section.name == "intro" || section.name == "break");
    const int n = short_one ? 4 : bars;
    if (materials_.find(section.name) == materials_.end())
      materials_[section.name] = make_material(section.name, n);
    section.beat = beat;
    section.beats = n * bar;
    beat += section.beats;
    song_.sections.push_back(section);
    ++at;
  }
  // Tempo: machines are strict, an ensemble drifts a little, a soloist breathes.
  song_.tempo = {{0, song_.bpm}};
  const bool free = song_.bpm < 100 && style_->drums_chance < 0.2 && random_.chance(0.5);
  const double drift = style_->human_ms < 4 ? 0 : free ? 0.03 : random_.chance(0.3) ? 0.006 : 0;
  if (drift > 0)
    for (double b = bar; b < beat; b += bar)
      song_.tempo.push_back(
          {b, song_.bpm * (1 + std::clamp(drift * random_.normal(), -0.08, 0.08))});
}

Material Writer::make_material(const std::string& name, int bars) {
  Material material;
  material.bars = bars;
  material.seed = random_.next();
  Random random(material.seed);
  // Verse, intro and outro share the harmony more often than not, the chorus and bridge bring another.
  const bool shares = name != "chorus" && name != "bridge" && random.chance(0.7) &&
                      materials_.count("verse") != 0 && materials_["verse"].bars == bars;
  int tonic = song_.key;
  if (name == "bridge" && random.chance(0.25))
    tonic = (tonic + random.pick(std::vector<int>{5, 7, 9, 3})) % 12;
  material.changes = shares ? materials_["verse"].changes
                            : make_progression(style_->family, bars, tonic, mode_, colour_,
                                               name == "outro", random);
  for (const Player& player : players_) {
    const std::vector<std::string>& names = player.layer->patterns;
    const bool bass = player.layer->role == Role::kBass;
    material.pattern.push_back(
        random.pick(bass ? bass_patterns(names, feel_) : comp_patterns(names, feel_)));
    material.figure.push_back(names.empty() ? "up" : random.pick(names));
  }
  material.playing = choose_playing(name, random);
  material.drums = random.pick(drum_patterns(style_->drums, feel_));
  if (voice_part_ != SIZE_MAX && (name == "verse" || name == "chorus" || name == "bridge")) {
    Random words(material.seed ^ 0x776F726473ull);
    material.lines = make_verse(mood_, bars >= 8 ? 4 : 2, words);
  }
  return material;
}

bool Writer::wants_to_play(Role role, const std::string& section, Random& random) const {
  if (players_.size() <= 2) return true;
  const bool melody = role == Role::kLead || role == Role::kCounter;
  if (section == "intro") return random.chance(melody ? 0.2 : 0.75);
  if (section == "break") return role == Role::kPad || role == Role::kArp || random.chance(0.4);
  if (section == "verse")
    return random.chance(role == Role::kCounter || role == Role::kRiff ? 0.6 : 0.93);
  if (section == "bridge") return random.chance(0.8);
  if (section == "outro") return random.chance(role == Role::kLead ? 0.5 : 0.85);
  return true;
}

std::vector<bool> Writer::choose_playing(const std::string& section, Random& random) const {
  std::vector<bool> playing;
  for (const Player& player : players_)
    playing.push_back(wants_to_play(player.layer->role, section, random));
  // Never nobody: then whoever was engaged second, the chords as a rule, begins alone.
  if (std::find(playing.begin(), playing.end(), true) == playing.end() && !playing.empty())
    playing[std::min<size_t>(1, playing.size() - 1)] = true;
  return playing;
}

void Writer::write_section(size_t index) {
  const Section& section = song_.sections[index];
  const Material& material = materials_.at(section.name);
  static const std::map<std::string, double> kEnergy = {
      {"intro", 0.5}, {"verse", 0.65}, {"chorus", 0.95}, {"bridge", 0.6},
      {"solo", 0.9},  {"break", 0.4},  {"outro", 0.5}};
  // Repeats are the same but for details: choices come from the material's seed, variations from here.
  Random varied = random_.fork(index);
  Random fixed(material.seed ^ 0x706C617973ull);
  const double energy = std::clamp(kEnergy.at(section.name) + 0.05 * varied.normal(), 0.1, 1.0);
  const bool sung = voice_part_ != SIZE_MAX && !material.lines.empty();
  Bar bar;
  bar.beats = song_.bar_beats();
  bar.bars = material.bars;
  bar.feel = feel_;
  bar.changes = &material.changes;
  bar.energy = energy;
  for (size_t p = 0; p < players_.size(); ++p) {
    const Player& player = players_[p];
    if (!material.playing[p]) continue;
    Part& part = song_.parts[player.part];
    const Role role = player.layer->role;
    if (role == Role::kLead || role == Role::kCounter || role == Role::kRiff) continue;
    Random random(varied.chance(0.2) ? varied.next() : material.seed + p * 7919);
    std::vector<int> voicing;
    for (bar.index = 0; bar.index < material.bars; ++bar.index) {
      bar.beat = section.beat + bar.index * bar.beats;
      const int centre = player.layer->centre;
      if (role == Role::kBass)
        play_bass(bar, *material.pattern[p], centre, song_.key, mode_, random, part);
      else if (role == Role::kComp)
        play_comp(bar, *material.pattern[p], centre, player.voices, player.strum_beats, random,
                  voicing, part);
      else if (role == Role::kPad)
        play_pad(bar, centre, player.voices, voicing, part);
      else
        play_arp(bar, material.figure[p], player.step_beats, centre, material.seed + p, random,
                 part);
    }
  }
  write_melodies(section, material, energy, sung, varied);
  const bool drums_rest = (section.name == "intro" && fixed.chance(0.4)) ||
                          (section.name == "break" && fixed.chance(0.7));
  if (drum_part_ != SIZE_MAX && !drums_rest) {
    Random random(varied.chance(0.3) ? varied.next() : material.seed + 31);
    for (bar.index = 0; bar.index < material.bars; ++bar.index) {
      bar.beat = section.beat + bar.index * bar.beats;
      const bool last =
          bar.index + 1 == material.bars || (bar.index % 4 == 3 && random.chance(0.5));
      play_drums(bar, *material.drums, bar.index == 0, last, random, song_.parts[drum_part_]);
    }
  }
  lyrics_ += std::string(lyrics_.empty() ? "" : "\n") + "[" + section.name + "]\n";
  if (sung) sing(section, material, energy, varied);
}

void Writer::write_melodies(const Section& section, const Material& material, double energy,
                            bool sung, Random& varied) {
  const Part* lead_part = nullptr;
  std::vector<Note> lead;
  for (size_t p = 0; p < players_.size(); ++p) {
    const Player& player = players_[p];
    const Role role = player.layer->role;
    if (role != Role::kLead && role != Role::kCounter && role != Role::kRiff) continue;
    Random fixed(material.seed ^ (p * 104729));
    if (!material.playing[p]) continue;
    if (sung && role == Role::kLead && !fixed.chance(0.15)) continue;  // the singer has it
    // Loops sing a new melody each time, sections with a name come back as they were.
    Random random(varied.chance(0.3) ? varied.next() : material.seed + p * 15485863);
    MelodyPlan plan;
    plan.bars = material.bars;
    plan.bar_beats = song_.bar_beats();
    plan.feel = feel_;
    plan.mode = mode_;
    plan.tonic_pitch = near(song_.key, player.layer->centre - 2);
    plan.density = std::clamp(
        player.density + (section.name == "solo" ? 0.3 : 0) + 0.1 * (energy - 0.6), 0.0, 1.0);
    plan.rest = random.uniform(0.02, 0.22);
    plan.leaps = random.uniform(0.05, 0.3);
    plan.ornaments = style_->human_ms > 0 ? random.uniform(0, 0.15) : 0;
    plan.is_riff = role == Role::kRiff;
    plan.closes = section.name == "outro" || section.name == "chorus";
    std::vector<Note> notes = role == Role::kCounter ? make_counter(plan, material.changes, random)
                                                     : make_melody(plan, material.changes, random);
    if (role == Role::kCounter && !lead.empty() && lead_part != nullptr && random.chance(0.35))
      notes = harmonise(lead, material.changes, plan.bar_beats,
                        random.pick(std::vector<int>{3, 4, 8, 12}));
    if (role == Role::kLead) {
      lead = notes;
      lead_part = &song_.parts[player.part];
    }
    for (Note& note : notes) {
      note.beat += section.beat;
      note.velocity = std::clamp(static_cast<int>(note.velocity * (0.8 + 0.3 * energy)), 20, 124);
      song_.parts[player.part].notes.push_back(note);
    }
  }
}

void Writer::sing(const Section& section, const Material& material, double energy, Random& varied) {
  Random random(material.seed ^ 0x73696E67ull);
  Part& part = song_.parts[voice_part_];
  MelodyPlan plan;
  plan.bars = material.bars;
  plan.bar_beats = song_.bar_beats();
  plan.feel = feel_;
  plan.mode = mode_;
  plan.tonic_pitch = near(song_.key, voice_centre_);
  plan.density = std::clamp(0.42 + 0.1 * random.normal() - (song_.bpm > 130 ? 0.12 : 0), 0.1, 0.75);
  plan.rest = random.uniform(0.05, 0.2);
  plan.leaps = 0.1;
  plan.ornaments = 0.03;
  plan.low_step = -3;
  plan.high_step = 6;
  plan.closes = section.name == "chorus";
  std::vector<Note> notes = make_melody(plan, material.changes, random);
  // One line of words per half of the section; syllables go to the notes in turn.
  const size_t n_lines = material.lines.size();
  const double per_line = section.beats / static_cast<double>(n_lines);
  std::vector<std::vector<std::string>> words;
  for (const std::string& line : material.lines) {
    words.push_back(syllables_of(line));
    lyrics_ += line + "\n";
  }
  std::vector<size_t> used(n_lines, 0);
  for (Note& note : notes) {
    const size_t line = std::min(n_lines - 1, static_cast<size_t>(note.beat / per_line));
    if (used[line] < words[line].size()) note.syllable = words[line][used[line]++];
    note.beat += section.beat;
    note.velocity = std::clamp(static_cast<int>(note.velocity * (0.85 + 0.25 * energy)), 30, 124);
  }
  if (part.engine == Engine::kSpeech) {
    // Spoken words need no melody: one note a line carries all of it.
    notes.clear();
    for (size_t line = 0; line < n_lines; ++line) {
      Note note;
      note.beat =
          section.beat + static_cast<double>(line) * per_line + (varied.chance(0.5) ? 0 : 0.5);
      note.length = per_line * 0.9;
      note.pitch = voice_centre_;
      note.velocity = 96;
      note.syllable = material.lines[line];
      notes.push_back(note);
    }
  }
  part.notes.insert(part.notes.end(), notes.begin(), notes.end());
}

}  // namespace

Song compose(uint64_t seed, const ComposeOptions& options) {
  if (!(options.seconds > 0))
    throw Error(Fault::kInput,
                "seconds is " + std::to_string(options.seconds) + ", wanted more than 0");
  return Writer(seed, options).write();
}

}  // namespace heart::music
