// Parts of a graph that can be ordered apart, and bounds that need no search.

#pragma once

#include <cstdint>
#include <vector>

#include "order_state.h"

namespace l2opt {

// Where every legal order can be cut: rising positions c such that the kernels before c in program order all precede
// the others. 0 and the number of kernels are among them. O(kernels + dependencies).
std::vector<int32_t> cuts(const Graph& graph);

// The part of a graph that an order has at positions [lo, hi), with what the rest makes live there; kernel i is
// order[lo + i]. The load of its steps is that of the whole graph at the same steps.
Graph part(const Network& whole, const std::vector<int32_t>& order, int32_t lo, int32_t hi);

constexpr size_t kMostRelated = 4096;  // kernels, for what takes O(kernels^2) bits

// Kernel -> all kernels that must run before it, or that wait for it, directly or not, as bits.
std::vector<std::vector<uint64_t>> ancestors(const Network& network);
std::vector<std::vector<uint64_t>> descendants(const Network& network);

// A load that some step of every legal order has: that of a kernel's own units with those that are surely live then.
// O(kernels^2) in time and bits; beyond kMostRelated kernels, only what each kernel touches counts.
int64_t least_step(const Network& network);

}  // namespace l2opt
