// Lower bounds on the height of any packing, and what each is called.

#pragma once

#include <cstdint>

#include "problem.h"

namespace l2opt {

struct Bound {
  int64_t bytes = 0;
  const char* by = "load";  // what proves it
};

// The strongest of those that take no search: the largest load ("load"), the end of an item's lowest allowed place
// ("window"), the load with what alignment and holes add ("padded load"), and the least height above these at which an
// item can end ("ends of items"). `whole`: false if the items are parts, in time, of others that are to have a bound
// too; then nothing is said of where they end. O(p log p).
Bound lower_bound(const Problem& problem, bool whole = true);

}  // namespace l2opt
