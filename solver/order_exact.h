// The order with the lowest peak load, or a proven bound on it.

#pragma once

#include <cstdint>
#include <vector>

#include "order_effort.h"
#include "order_state.h"

namespace l2opt {

struct Found {
  std::vector<int32_t> order;  // its peak is at most `bound`, or it is empty: none was found below `above`
  int64_t bound;               // no order has a lower peak, unless one of at most `floor` does; at most `above`
};

// Searches for an order with a peak of at most `floor`, or else the lowest peak below `above`.
//
// Dynamic programming over sets of kernels, best first: the states of one level are the sets that are reached with a
// peak of at most that level; a level is searched to its end before the next, which is the lowest step that was above
// it. So a set is expanded once a level, whatever the order in which it was reached, and the level is at all times a
// bound. From a set, what may run at once does (Network::harmless); else each of its Moves is tried; and all that is
// tried for a set is dropped once one is reached that decides for it, because less is live there. At most kMostRelated
// kernels; more are given up at once.
Found search(const Network& network, int64_t floor, int64_t above, Effort& effort);

// The same from above: a level is searched alone, well below the lowest peak known; that peak falls, or the bound
// rises, until they meet. Once a level is too hard, only those just below the lowest peak known are tried. `bound`: as
// of `search`.
Found shrink(const Network& network, int64_t floor, int64_t above, Effort& effort);

}  // namespace l2opt
