#include "greedy.h"

#include <algorithm>
#include <chrono>
#include <numeric>

#include "intervals.h"
#include "orders.h"
#include "placer.h"

namespace l2opt {
namespace {

constexpr int kBottleneckRounds = 24;

class Budget {
 public:
  explicit Budget(const Limits& limits)
      : limits_(limits), end_(Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                                 std::chrono::duration<double>(limits.seconds))) {}

  bool spent(const Placer& placer) const {
    return placer.work() > limits_.work || (limits_.seconds > 0 && Clock::now() >= end_);
  }

 private:
  using Clock = std::chrono::steady_clock;
  const Limits& limits_;
  Clock::time_point end_;
};

bool attempt(const Problem&, Placer& placer, const std::vector<int32_t>& order, Fit fit) {
  placer.clear();
  for (int32_t item : order) {
    const int64_t offset = placer.find(item, fit, kUnbounded);
    if (offset == kLeftOut) return false;
    placer.place(item, offset);
  }
  return true;
}

std::string label(Order order, Fit fit) { return std::string(name(order)) + (fit == Fit::kFirst ? ", first fit" : ", best fit"); }

bool keep_if_lower(const Placer& placer, const std::string& winner, Packing& best) {
  const int64_t peak = placer.peak();
  if (!best.offsets.empty() && peak >= best.peak) return false;
  best = {placer.offsets(), peak, winner};
  return true;
}

// Moves the items that reach the peak to the front of the order, and packs again.
void raise_bottlenecks(const Problem& problem, Placer& placer, std::vector<int32_t> order, int64_t bound,
                       const Budget& budget, Packing& best) {
  for (int round = 0; round < kBottleneckRounds && best.peak > bound && !budget.spent(placer); ++round) {
    const int64_t peak = placer.peak();
    std::stable_partition(order.begin(), order.end(), [&](int32_t i) {
      return placer.offsets()[i] + problem.items[i].height == peak;
    });
    if (!attempt(problem, placer, order, Fit::kFirst)) return;
    keep_if_lower(placer, "bottlenecks first", best);
  }
}

void place_what_fits(Placer& placer, const std::vector<int32_t>& order, Fit fit, int64_t capacity) {
  for (int32_t item : order) {
    if (placer.offsets()[item] != kLeftOut) continue;
    const int64_t offset = placer.find(item, fit, capacity);
    if (offset != kLeftOut) placer.place(item, offset);
  }
}

std::vector<int32_t> by_density(const Problem& problem, const std::vector<double>& value) {
  std::vector<int32_t> order(problem.size());
  std::iota(order.begin(), order.end(), 0);
  const auto density = [&](int32_t i) { return value[i] / static_cast<double>(problem.items[i].height); };
  std::sort(order.begin(), order.end(), [&](int32_t a, int32_t b) {
    if ((value[a] < 0) != (value[b] < 0)) return value[a] < 0;
    if (value[a] < 0) return problem.items[a].height != problem.items[b].height
                                 ? problem.items[a].height > problem.items[b].height
                                 : a < b;
    if (density(a) != density(b)) return density(a) > density(b);
    return a < b;
  });
  return order;
}

// The value placed; below 0 if an item that must be placed is not.
double placed_value(const Placer& placer, const std::vector<double>& value) {
  double total = 0;
  for (size_t i = 0; i < value.size(); ++i) {
    if (placer.offsets()[i] != kLeftOut)
      total += std::max(value[i], 0.0);
    else if (value[i] < 0)
      return -1;
  }
  return total;
}

}  // namespace

Packing pack(const Problem& problem, int64_t bound, const Limits& limits) {
  const Intervals intervals(problem.pieces);
  Placer placer(problem, intervals);
  const Budget budget(limits);
  Packing best;
  std::vector<int32_t> best_order;
  for (Order kind : kOrders) {
    const std::vector<int32_t> order = ordered(problem, intervals, kind);
    for (Fit fit : {Fit::kFirst, Fit::kBest}) {
      if (attempt(problem, placer, order, fit) && keep_if_lower(placer, label(kind, fit), best)) best_order = order;
      if (!best.offsets.empty() && (best.peak <= bound || budget.spent(placer))) return best;
    }
  }
  if (best.offsets.empty() || !attempt(problem, placer, best_order, Fit::kFirst)) return best;
  raise_bottlenecks(problem, placer, best_order, bound, budget, best);
  return best;
}

Packing pack_within(const Problem& problem, const std::vector<double>& value, int64_t capacity, const Limits& limits) {
  const Intervals intervals(problem.pieces);
  Placer placer(problem, intervals);
  const Budget budget(limits);
  const std::vector<int32_t> densest = by_density(problem, value);
  double all = 0, most = -1;
  for (double v : value) all += std::max(v, 0.0);
  Packing best;

  const auto run = [&](std::vector<int32_t> order, Fit fit, const std::string& winner) {
    std::stable_partition(order.begin(), order.end(), [&](int32_t i) { return value[i] < 0; });
    placer.clear();
    place_what_fits(placer, order, fit, capacity);
    place_what_fits(placer, densest, fit, capacity);
    const double placed = placed_value(placer, value);
    if (placed > most || (placed == most && placed >= 0 && placer.peak() < best.peak)) {
      most = placed;
      best = {placer.offsets(), placer.peak(), winner};
    }
    return (most >= 0 && most >= all) || budget.spent(placer);
  };

  for (Fit fit : {Fit::kFirst, Fit::kBest})
    if (run(densest, fit, "densest")) return best;
  for (Order kind : kOrders)
    for (Fit fit : {Fit::kFirst, Fit::kBest})
      if (run(ordered(problem, intervals, kind), fit, label(kind, fit))) return best;
  return best;
}

}  // namespace l2opt
