// Packing what can be packed apart: items that last are taken out, independent parts are packed one by one, and so on
// within each.

#pragma once

#include <cstdint>
#include <vector>

#include "bound.h"
#include "greedy.h"
#include "problem.h"
#include "race.h"

namespace l2opt {

// As `lower_bound`, `pack` and `race` are of the whole.
Bound lower_bound_apart(const Problem& problem, bool whole);
Packing pack_apart(const Problem& problem, int64_t bound, const Limits& limits);
Raced race_apart(const Problem& problem, int64_t bound, int64_t known, int64_t goal, const RaceLimits& limits);

// Items that meet two by two, and the bytes that they need: no packing has a lower peak. None if the problem is not for
// that: too large, or with items that float.
struct Meet {
  int64_t bytes = 0;
  std::vector<int32_t> items;
};
Meet meeting_bound(const Problem& problem);

// Whether some part is small enough for a race; the others are left as they are.
bool searchable(const Problem& problem);

}  // namespace l2opt
