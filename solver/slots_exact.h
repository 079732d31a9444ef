// The exact assignment of spans to slots, for problems small enough.

#pragma once

#include <cstdint>
#include <vector>

#include "slots.h"

namespace l2opt {

// Branch and bound over spans in the order of their starts: each goes to a free slot or to a new one. Sizes are rounded
// up to the alignment. A node is cut when the slots so far, dominated pairwise by `profile`, cannot end below `best`.
// Returns the best assignment found within `nodes` nodes, or `best` itself. Each node: O(slots log slots).
Slots exact_slots(const std::vector<Span>& spans, const Slots& best, const std::vector<int64_t>& profile,
                  int64_t alignment, int64_t nodes);

}  // namespace l2opt
