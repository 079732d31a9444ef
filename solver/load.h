// Loads and the lower bound that follows from them.

#pragma once

#include <cstdint>
#include <vector>

#include "problem.h"

namespace l2opt {

// Bytes live in each interval between neighbouring ranks; the last entry is 0. O(p).
std::vector<int64_t> loads(const Problem& problem);

// The largest, over time, of
//  - the sum of the live pieces' heights;
//  - with g the common divisor of the alignments: the sum of the live heights rounded up to g, over pieces that start
//  at
//    a multiple of g, less the largest rounding (the topmost piece needs no padding).
// No packing has a lower height. O(p log p).
int64_t largest_load(const Problem& problem);

}  // namespace l2opt
