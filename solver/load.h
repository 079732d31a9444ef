// Loads and the lower bound that follows from them.

#pragma once

#include <cstdint>
#include <vector>

#include "problem.h"

namespace l2opt {

// Bytes live in each interval between neighbouring ranks; the last entry is 0. O(p).
std::vector<int64_t> loads(const Problem& problem);

// A height that no packing can be below: the largest, over time, of
//  - the sum of the live pieces' heights;
//  - with g the common divisor of the alignments: the sum of the live heights rounded up to g, over pieces that start at
//    a multiple of g, less the largest rounding (the topmost piece needs no padding);
// and, for each item, the end of its lowest allowed place. O(p log p).
int64_t lower_bound(const Problem& problem);

}  // namespace l2opt
