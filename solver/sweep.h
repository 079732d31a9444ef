// Packing as an allocator does, in one sweep over time: for problems in which too much is live at once for other ways.

#pragma once

#include <cstdint>
#include <vector>

#include "problem.h"

namespace l2opt {

// An offset an item: as each starts, the smallest of the holes there are then that is large enough, of a few; else
// above all. Items have their bytes for all of their span here, holes included. Empty if an item may not be everywhere.
// O(n log n).
std::vector<int64_t> sweep(const Problem& problem);

}  // namespace l2opt
