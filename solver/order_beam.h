// Orders found without proof.

#pragma once

#include <cstdint>
#include <vector>

#include "order_exact.h"

namespace l2opt {

// Each kernel as late as it can be while its first user comes next: depth first, from the last kernels back. Of what a
// kernel needs, the latest in program order is made first, or the earliest. Latest first suits recurrence: a cell's
// last state is made before the part of its input that comes in at this step. O(n).
std::vector<int32_t> depth_first(const Network& network, bool latest);

// A beam over sets of kernels: the states of one level have run equally many; equal sets are kept once, with the lowest
// peak. A kernel that may run at once does (see Network::harmless). The width follows from `effort`, and is at least 1:
// an order is always found, unless the deadline passes. A peak of at most `floor` is as good as any.
std::vector<int32_t> beam(const Network& network, int64_t floor, Effort& effort);

}  // namespace l2opt
