// Greedy packing: a portfolio of orders x fits, best kept.

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "problem.h"

namespace l2opt {

struct Limits {
  int64_t work = 400'000'000;  // pieces looked at, over all attempts; the first attempt always ends
  double seconds = 0;          // for all attempts after the first; 0: none
  std::function<bool()> stop;  // asked now and then after the first attempt; true ends the work; may be empty
};

struct Packing {
  std::vector<int64_t> offsets;  // an item each; empty if an item has no allowed place
  int64_t peak = 0;
  std::string winner;  // which attempt found it
};

// The lowest peak found; stops when an attempt reaches `bound`. Deterministic unless `limits.seconds` cuts it.
// Each attempt: O(n log n + overlaps). Ideas: Pisarchyk & Lee 2020 (size, breadth), TFLM and XLA (area);
// after the orders, the items at the top are moved to the front and packed again, as Arm's Vela does.
Packing pack(const Problem& problem, int64_t bound, const Limits& limits);

// Packs as much `value` as fits below `capacity`; items that do not fit are kLeftOut. A negative value: the item must
// be placed, and `offsets` is empty if that fails. Tries most value a byte first, then the orders of `pack`.
Packing pack_within(const Problem& problem, const std::vector<double>& value, int64_t capacity, const Limits& limits);

}  // namespace l2opt
