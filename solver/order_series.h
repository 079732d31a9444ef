// Orders of graphs that are series-parallel.

#pragma once

#include <cstdint>
#include <vector>

#include "order_state.h"

namespace l2opt {

struct Composed {
  std::vector<int32_t> order;  // legal; empty if the graph is not series-parallel
  int64_t bound = INT64_MIN;   // no legal order has a lower peak
};

// The order of a series-parallel graph, from those of its parts. A series runs one part after another. Parallel parts
// are merged: each is cut where least is live, and into hills and valleys on both sides; on the way down to the least,
// the part with the lowest hill goes on, and likewise backwards from the end (Liu 1987; Kayaaslan et al. 2018).
//
// That is the lowest peak where each unit is touched by one of the parallel parts alone, or live throughout them; where
// there are no pads, and lines are plain bytes; and where what is written over is touched in the same part. Elsewhere
// less is counted: such a unit in one part, the last to touch it in the order `hint` (or the first, where it outlives
// them), lines without the largest pad, and what may be written over something touched in other parts not at all. So
// the bound holds, and it is reached where it is the order's own peak. O(kernels^2).
Composed compose(const Network& network, const std::vector<int32_t>& hint);

}  // namespace l2opt
