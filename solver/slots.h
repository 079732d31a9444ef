// Whole-buffer reuse: spans of time share slots, a slot is as large as its largest member, slots lie side by side.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace l2opt {

struct Span {
  int64_t start, end;  // steps, half-open
  int64_t size;        // bytes
};

struct Slots {
  std::vector<int32_t> slot;     // a span each; -1: left out
  std::vector<int64_t> sizes;    // a slot each, bytes
  std::vector<int64_t> offsets;  // a slot each; multiples of the alignment, the slot with most padding last
  int64_t total = 0;             // bytes, up to the end of the last slot
  std::string winner;
};

// In the order of starts (then as given), each span takes the first free slot; a slot grows when needed. O(n * slots).
Slots first_come(const std::vector<Span>& spans, int64_t alignment);

// The smallest total found: slots sized beforehand by `slot_profile` and filled by best fit, largest spans first, and
// an exact branch and bound with `nodes` nodes. The result is never worse than first_come.
Slots best_slots(const std::vector<Span>& spans, int64_t alignment, int64_t nodes);

// As much `value` as fits below `capacity`, most value a byte first; a negative value must be placed (if that fails its
// slot is -1). O(n * slots * log n).
Slots slots_within(const std::vector<Span>& spans, const std::vector<double>& value, int64_t alignment,
                   int64_t capacity);

// Sizes that slots must at least have, largest first: the i-th is the largest, over time, of the i-th largest live
// size. Holds for any assignment to slots, so its sum is a lower bound. O(n * live).
std::vector<int64_t> slot_profile(const std::vector<Span>& spans);

// Sets `offsets` and `total` from `sizes`.
void lay_out(Slots& slots, int64_t alignment);

}  // namespace l2opt
