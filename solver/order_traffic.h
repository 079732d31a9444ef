// Orders of kernels with little traffic where not all fits, by an estimate.

#pragma once

#include <cstdint>
#include <vector>

#include "order_effort.h"
#include "order_state.h"

namespace l2opt {

constexpr int64_t kNoLoad = INT64_MAX;  // bytes; no load is above it

struct Estimated {
  std::vector<int32_t> kernels;  // legal
  int64_t traffic;               // bytes, estimated
};

// What moves if each unit stays until it must make room, and the one that is needed again last goes first (Belady
// 1966): it is written once, unless it has been before, and read at each later touch that does not find it. Room is
// counted in lines. An estimate: it knows nothing of offsets, and takes each touch after the first for a read.
// O(touches x live).
int64_t estimated_traffic(const Network& network, const std::vector<int32_t>& order, int64_t capacity);

// Local search from an order: runs of kernels are moved elsewhere, as long as the estimate does not rise, and no load
// is above `most`. The best orders seen, at most `count`, each once, the least first; `order` is among those looked at.
std::vector<Estimated> low_traffic(const Network& network, const std::vector<int32_t>& order, int64_t capacity,
                                   int64_t most, size_t count, Effort& effort);

}  // namespace l2opt
