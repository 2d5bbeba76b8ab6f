// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Shared by the tables of styles: short names of roles and modes, General MIDI programs by use, metres,
// and the two halves of the table. Only styles*.cpp include this.

#pragma once

#include "models/train/music/styles.h"

#include <vector>

namespace heart::music {

std::vector<Style> first_styles();   // styles_first.cpp
std::vector<Style> second_styles();  // styles_second.cpp

namespace table {

using Programs = std::vector<int>;
constexpr Role kB = Role::kBass, kC = Role::kComp, kP = Role::kPad, kA = Role::kArp,
               kL = Role::kLead, kN = Role::kCounter, kR = Role::kRiff;
constexpr Mode kMaj = Mode::kMajor, kMin = Mode::kMinor, kDor = Mode::kDorian,
               kMix = Mode::kMixolydian, kLyd = Mode::kLydian, kPhr = Mode::kPhrygian,
               kHar = Mode::kHarmonicMinor, kBlu = Mode::kBlues;

// General MIDI by use.
inline const Programs kPianos = {0, 1, 2, 3}, kEPianos = {4, 5}, kKeys = {0, 1, 2, 4, 5, 7};
inline const Programs kOrgans = {16, 17, 18}, kChurch = {19, 20}, kAcoustic = {24, 25};
inline const Programs kCleanGuitars = {26, 27, 28}, kDriven = {29, 30}, kGuitars = {24, 25, 26, 27};
inline const Programs kEBass = {33, 34, 35, 36, 37}, kSynthBass = {38, 39}, kUpright = {32};
inline const Programs kAnyBass = {32, 33, 34, 35, 36, 37, 38, 39};
inline const Programs kStrings = {48, 49, 50, 51}, kBowed = {40, 41, 42}, kVoices = {52, 53, 54};
inline const Programs kBrass = {56, 57, 58, 60, 61, 62, 63}, kSaxes = {64, 65, 66, 67};
inline const Programs kWinds = {68, 70, 71, 72, 73, 74, 75}, kMallets = {8, 9, 10, 11, 12, 13, 14};
inline const Programs kSynthLeads = {80, 81, 82, 83, 84, 85, 86, 87};
inline const Programs kPads = {88, 89, 90, 91, 92, 93, 94, 95};
inline const Programs kEffects = {96, 97, 98, 99, 100, 101, 102, 103};
inline const Programs kEthnic = {15, 104, 105, 106, 107, 108, 109, 110, 111};
inline const Programs kPopLeads = {80, 81, 82, 73, 66, 27, 11, 22, 65, 53, 85, 26, 56};
inline const Programs kPadsAndStrings = {48, 49, 50, 51, 88, 89, 90, 91, 92, 93, 94, 95, 52, 53};
inline const Programs kPlucked = {0, 4, 6, 7, 8, 11, 12, 15, 24, 25, 46, 45, 98, 107, 108};
inline const Programs kSynths = {80, 81, 84, 86, 87, 90, 98, 62, 63, 88, 102};
inline const Programs kOrchestra = {40, 42, 44, 45, 46, 48, 49, 56, 57, 60, 68, 70, 71, 72, 73};

inline const std::vector<Metre> kFour = {{4, 4, 1}};
inline const std::vector<Metre> kMostlyFour = {{4, 4, 8}, {3, 4, 1}, {6, 8, 1}, {5, 4, 0.3}};

}  // namespace table
}  // namespace heart::music
