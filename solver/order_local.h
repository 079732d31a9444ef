// Local search for an order with a low peak.

#pragma once

#include <cstdint>
#include <vector>

#include "order_effort.h"
#include "order_state.h"

namespace l2opt {

// From a legal order: runs of kernels are moved elsewhere, as long as the sum over all steps of the fourth power of the
// load does not rise, so that what is high counts most. The lowest peak seen. Ends when that is at most `enough`, or
// the effort is spent: a move tried costs as many looks as there are kernels. Deterministic.
std::vector<int32_t> descend(const Network& network, std::vector<int32_t> order, int64_t enough, Effort& effort);

}  // namespace l2opt
