// The orders in which a greedy packer takes items.

#pragma once

#include <cstdint>
#include <vector>

#include "intervals.h"
#include "problem.h"

namespace l2opt {

enum class Order { kSize, kLean, kArea, kSteps, kPressure, kConflicts, kStart, kProgram };

constexpr Order kOrders[] = {Order::kSize, Order::kArea,      Order::kPressure, Order::kSteps,
                             Order::kLean, Order::kConflicts, Order::kStart,    Order::kProgram};

const char* name(Order order);

// Indices of items: those with one allowed offset first, then those with a window, then by the order's key (largest
// first, but earliest first for kStart), then by size, then by index. O(n log n); kConflicts visits every overlap.
std::vector<int32_t> ordered(const Problem& problem, const Intervals& intervals, Order order);

}  // namespace l2opt
