// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What heart-repair says of the regions: as JSON for programs, as a table for people.

#pragma once

#include <gst/gst.h>

#include <nlohmann/json.hpp>
#include <vector>

/// The fields of a structure, a heartinpaint-region message or the stats; times stay nanoseconds, absent
/// times become null.
nlohmann::json structure_to_json(const GstStructure* structure);

/// One line a region on standard output.
void print_regions(const std::vector<nlohmann::json>& regions);
