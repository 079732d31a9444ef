// Which items to keep when they do not all fit, by load alone.

#pragma once

#include <cstdint>
#include <vector>

#include "problem.h"

namespace l2opt {

// Takes items with most `value` a byte first, and keeps each one whose pieces never bring the load above `capacity`
// (those with a negative value are all kept). Returns 1 for kept. O(p log p), a segment tree over time.
std::vector<uint8_t> admit(const Problem& problem, const std::vector<double>& value, int64_t capacity);

}  // namespace l2opt
