#include "greedy.h"

#include <algorithm>
#include <chrono>
#include <numeric>

#include "intervals.h"
#include "occupied.h"
#include "orders.h"
#include "placer.h"
#include "sweep.h"

namespace l2opt {
namespace {

constexpr int kBottleneckRounds = 24;
constexpr int64_t kDense = 500'000;     // pairs of pieces live at once
constexpr int64_t kPatience = 500'000;  // pieces looked at between two looks at the budget
constexpr int64_t kDenseWork =
    200'000'000;                 // at least, until a first order is packed, where very many are live at once
constexpr double kHigh = 0.995;  // of the peak; items above are taken first
constexpr Order kDenseOrders[] = {Order::kLean,    Order::kSize,  Order::kArea, Order::kPressure,
                                  Order::kProgram, Order::kSteps, Order::kStart};

class Budget {
 public:
  explicit Budget(Limits limits)
      : limits_(std::move(limits)),
        end_(Clock::now() +
             std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(limits_.seconds))) {}

  bool spent(int64_t work) const {
    return work > limits_.work || (limits_.seconds > 0 && Clock::now() >= end_) || (limits_.stop && limits_.stop());
  }

 private:
  using Clock = std::chrono::steady_clock;
  const Limits limits_;
  Clock::time_point end_;
};

// False if an item has no place that ends within `limit`, or if `budget` (null: none) is spent before the end.
bool attempt(Placer& placer, const std::vector<int32_t>& order, Fit fit, int64_t limit, const Budget* budget) {
  placer.clear();
  int64_t next = placer.work() + kPatience;
  for (int32_t item : order) {
    const int64_t offset = placer.find(item, fit, limit);
    if (offset == kLeftOut) return false;
    placer.place(item, offset);
    if (budget == nullptr || placer.work() < next) continue;
    if (budget->spent(placer.work())) return false;
    next = placer.work() + kPatience;
  }
  return true;
}

std::string label(Order order, Fit fit) {
  return std::string(name(order)) + (fit == Fit::kFirst ? ", first fit" : ", best fit");
}

bool keep_if_lower(const Placer& placer, const std::string& winner, Packing& best) {
  const int64_t peak = placer.peak();
  if (!best.offsets.empty() && peak >= best.peak) return false;
  best = {placer.offsets(), peak, winner};
  return true;
}

// Moves the items that reach the peak to the front of the order, and packs again.
void raise_bottlenecks(const Problem& problem, Placer& placer, std::vector<int32_t> order, int64_t bound,
                       const Budget& budget, Packing& best) {
  for (int round = 0; round < kBottleneckRounds && best.peak > bound && !budget.spent(placer.work()); ++round) {
    const int64_t peak = placer.peak();
    std::stable_partition(order.begin(), order.end(),
                          [&](int32_t i) { return placer.offsets()[i] + problem.items[i].height == peak; });
    if (!attempt(placer, order, Fit::kFirst, kUnbounded, &budget)) return;
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
    if (value[a] < 0)
      return problem.items[a].height != problem.items[b].height ? problem.items[a].height > problem.items[b].height
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

// Pairs of pieces that are live at once.
int64_t count_overlaps(const Problem& problem) {
  std::vector<int64_t> begun(problem.ranks + 1, 0), ended(problem.ranks + 1, 0);  // before or at a rank
  for (const Piece& piece : problem.pieces) ++begun[piece.start], ++ended[piece.end];
  std::partial_sum(begun.begin(), begun.end(), begun.begin());
  std::partial_sum(ended.begin(), ended.end(), ended.begin());
  int64_t twice = 0;
  for (const Piece& piece : problem.pieces) twice += begun[piece.end - 1] - ended[piece.start] - 1;
  return twice / 2;
}

// First fit without looking at each piece that is live.
class Dense {
 public:
  explicit Dense(const Problem& problem) : problem_(problem), occupied_(problem.ranks) {}

  // False if an item has no place that ends within `limit`, or if `budget` (null: none) is spent before the end.
  bool attempt(const std::vector<int32_t>& order, int64_t limit, const Budget* budget) {
    occupied_.clear();
    made_.offsets.assign(problem_.size(), kLeftOut);
    made_.peak = 0;
    int64_t next = work() + kPatience;
    for (int32_t i : order) {
      const int64_t offset = first_fit(problem_, i, occupied_);
      if (offset == kLeftOut || offset + problem_.items[i].height > limit) return false;
      take(problem_, i, offset, occupied_);
      made_.offsets[i] = offset;
      made_.peak = std::max(made_.peak, offset + problem_.items[i].height);
      if (budget == nullptr || work() < next) continue;
      if (budget->spent(work())) return false;
      next = work() + kPatience;
    }
    return true;
  }

  int64_t work() const { return kRunsWork * occupied_.work(); }
  const Packing& made() const { return made_; }

 private:
  static constexpr int64_t kRunsWork = 8;  // a run looked at takes as long as so many pieces
  const Problem& problem_;
  Occupied occupied_;
  Packing made_;
};

// A sweep first, which takes little time however much is live; where items may not be everywhere, an attempt that ends.
Packing pack_dense(const Problem& problem, const Intervals& intervals, int64_t bound, const Limits& limits) {
  const Budget budget({std::max(limits.work, kDenseWork), limits.seconds, limits.stop});
  Dense dense(problem);
  Packing best;
  std::vector<int32_t> best_order;
  if (best.offsets = sweep(problem); !best.offsets.empty()) {
    for (size_t i = 0; i < problem.size(); ++i)
      best.peak = std::max(best.peak, best.offsets[i] + problem.items[i].height);
    best.winner = "sweep";
  }
  const auto keep = [&](const std::vector<int32_t>& order, const std::string& winner) {
    const bool first = best.offsets.empty();
    if (!dense.attempt(order, first ? kUnbounded : best.peak - 1, first ? nullptr : &budget)) return;
    best = dense.made(), best.winner = winner, best_order = order;
  };
  const auto done = [&] { return !best.offsets.empty() && (best.peak <= bound || budget.spent(dense.work())); };
  if (done()) return best;
  for (Order kind : kDenseOrders) {
    keep(ordered(problem, intervals, kind), label(kind, Fit::kFirst));
    if (done() || (!best_order.empty() && dense.work() > limits.work)) return best;
  }
  for (int round = 0; round < kBottleneckRounds && !best_order.empty() && !done(); ++round) {
    const double high = std::max(static_cast<double>(bound), static_cast<double>(best.peak) * kHigh);
    std::vector<int32_t> order = best_order;
    const std::vector<int64_t>& offsets = dense.made().offsets;
    std::stable_partition(order.begin(), order.end(),
                          [&](int32_t i) { return static_cast<double>(offsets[i] + problem.items[i].height) > high; });
    keep(order, "bottlenecks first");
  }
  return best;
}

}  // namespace

Packing pack(const Problem& problem, int64_t bound, const Limits& limits) {
  const Intervals intervals(problem.pieces);
  if (count_overlaps(problem) > kDense) return pack_dense(problem, intervals, bound, limits);
  Placer placer(problem, intervals);
  const Budget budget(limits);
  Packing best;
  std::vector<int32_t> best_order;
  for (Order kind : kOrders) {
    const std::vector<int32_t> order = ordered(problem, intervals, kind);
    for (Fit fit : {Fit::kFirst, Fit::kBest}) {
      const bool first = best.offsets.empty();
      if (attempt(placer, order, fit, first ? kUnbounded : best.peak - 1, first ? nullptr : &budget) &&
          keep_if_lower(placer, label(kind, fit), best))
        best_order = order;
      if (!best.offsets.empty() && (best.peak <= bound || budget.spent(placer.work()))) return best;
    }
  }
  if (best.offsets.empty() || !attempt(placer, best_order, Fit::kFirst, kUnbounded, &budget)) return best;
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
    return (most >= 0 && most >= all) || budget.spent(placer.work());
  };

  for (Fit fit : {Fit::kFirst, Fit::kBest})
    if (run(densest, fit, "densest")) return best;
  for (Order kind : kOrders)
    for (Fit fit : {Fit::kFirst, Fit::kBest})
      if (run(ordered(problem, intervals, kind), fit, label(kind, fit))) return best;
  return best;
}

}  // namespace l2opt
