// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/checkpoint/parameters.h"

#include <cmath>

namespace heart {

Init Init::fan_in(int64_t inputs) { return normal(1.0 / std::sqrt(static_cast<double>(inputs))); }

}  // namespace heart
