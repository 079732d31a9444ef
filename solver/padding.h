// What a packing needs above its load: bytes lost to alignment, and those that items have below or above what is live.

#pragma once

#include <cstdint>

#include "problem.h"

namespace l2opt {

// A height that no packing can be below, at least `bound` (one already). At one time, the bytes of an item that are
// live form runs. Let g be the common divisor of all alignments: a run lies at its place in its item, modulo g. So
// between one run and the next above it there are at least (bottom of the upper - top of the lower) modulo g bytes.
// What follows what is an assignment of bottoms to tops, and the cheapest one is known in closed form. Further, no run
// lies lower than its item has it, and (`whole`) no peak is below the end of the item that is topmost. The fullest
// times first; `work`: runs looked at. O(p log p) beside that.
int64_t padded_load(const Problem& problem, bool whole, int64_t bound, int64_t work);

// The least height, at least `bound`, at which some item can end: a packing's peak is where an item ends. O(n).
int64_t next_top(const Problem& problem, int64_t bound);

}  // namespace l2opt
