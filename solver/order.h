// Orders of kernels with the lowest peak load.

#pragma once

#include <cstdint>
#include <vector>

#include "order_graph.h"

namespace l2opt {

struct Order {
  std::vector<int32_t> kernels;  // legal
  int64_t peak;                  // its largest load
  int64_t bound;                 // no legal order has a lower one; equal to `peak` if that is proven least
  int64_t left = 0;              // looks not needed
};

// The largest load of a legal order. O(touches).
int64_t peak_load(const Graph& graph, const std::vector<int32_t>& order);

// Program order (the kernels as they are numbered) where that is as good as any; elsewhere the best order found.
// Between cuts, parts are ordered apart: by exact search, by beam and local search where that gives up. `looks`: steps
// of kernels evaluated in all, which limits the search without a clock. `seconds`: a deadline beside it; 0: none.
// Deterministic unless the deadline passes.
Order low_order(const Graph& graph, int64_t looks, double seconds);

}  // namespace l2opt
