// What each chain costs from each of its states on, where room has a price.

#pragma once

#include <array>
#include <chrono>
#include <limits>
#include <vector>

#include "residency.h"

namespace l2opt {

constexpr double kNever = std::numeric_limits<double>::infinity();

struct Values {
  std::vector<std::array<double, kStates>> before;  // event -> state before it -> cost of it and all that follows
  std::vector<std::array<double, kStates>> after;   // event -> state after it -> cost of the gap and all that follows
  std::vector<std::array<int32_t, kStates>> best;   // event -> state before it -> its cheapest option; -1: none
  double total = 0;  // of all chains, less the price of all room: a lower bound on the cost
};

Values value_chains(const Chains& chains, const std::vector<double>& price);

inline double now_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace l2opt
