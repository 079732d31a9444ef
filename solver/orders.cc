#include "orders.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "load.h"

namespace l2opt {
namespace {

constexpr double kLean = 0.3;  // between size alone and area: best on dense training traces

// The largest load that an item is part of, through a sparse table over time.
class LargestLoad {
 public:
  explicit LargestLoad(const Problem& problem) {
    levels_.push_back(loads(problem));
    for (size_t half = 1; 2 * half <= levels_[0].size(); half *= 2) {
      const std::vector<int64_t>& below = levels_.back();
      std::vector<int64_t> level(levels_[0].size() - 2 * half + 1);
      for (size_t i = 0; i < level.size(); ++i) level[i] = std::max(below[i], below[i + half]);
      levels_.push_back(std::move(level));
    }
  }

  int64_t over(int32_t start, int32_t end) const {
    int level = 0;
    while ((2 << level) <= end - start) ++level;
    return std::max(levels_[level][start], levels_[level][end - (1 << level)]);
  }

 private:
  std::vector<std::vector<int64_t>> levels_;
};

std::vector<double> conflicts(const Problem& problem, const Intervals& intervals) {
  std::vector<double> key(problem.size(), 0);
  for (const Piece& piece : problem.pieces)
    intervals.live(piece.start, piece.end, [&](int32_t other) {
      key[piece.item] += static_cast<double>(problem.pieces[other].hi - problem.pieces[other].lo);
    });
  return key;
}

std::vector<double> keys(const Problem& problem, const Intervals& intervals, Order order) {
  if (order == Order::kConflicts) return conflicts(problem, intervals);
  std::vector<double> key;
  key.reserve(problem.size());
  if (order == Order::kPressure) {
    const LargestLoad largest(problem);
    for (const Item& item : problem.items) key.push_back(static_cast<double>(largest.over(item.start, item.end)));
    return key;
  }
  for (const Item& item : problem.items) {
    const double height = static_cast<double>(item.height);
    switch (order) {
      case Order::kSize:
        key.push_back(height);
        break;
      case Order::kLean:
        key.push_back(height * std::pow(item.steps, kLean));
        break;
      case Order::kArea:
        key.push_back(height * item.steps);
        break;
      case Order::kSteps:
        key.push_back(item.steps);
        break;
      case Order::kStart:
        key.push_back(-static_cast<double>(item.start));
        break;
      default:
        key.push_back(0);
        break;
    }
  }
  return key;
}

int freedom(const Item& item) {
  if (item.min_offset == item.max_offset) return 0;
  return item.min_offset > 0 || item.max_offset < kUnbounded ? 1 : 2;
}

}  // namespace

const char* name(Order order) {
  switch (order) {
    case Order::kSize:
      return "size";
    case Order::kLean:
      return "size and some lifetime";
    case Order::kArea:
      return "area";
    case Order::kSteps:
      return "lifetime";
    case Order::kPressure:
      return "pressure";
    case Order::kConflicts:
      return "conflicts";
    case Order::kStart:
      return "start";
    case Order::kProgram:
      return "program";
  }
  return "";
}

std::vector<int32_t> ordered(const Problem& problem, const Intervals& intervals, Order order) {
  const std::vector<double> key = keys(problem, intervals, order);
  std::vector<int32_t> result(problem.size());
  std::iota(result.begin(), result.end(), 0);
  std::sort(result.begin(), result.end(), [&](int32_t a, int32_t b) {
    const Item &x = problem.items[a], &y = problem.items[b];
    if (freedom(x) != freedom(y)) return freedom(x) < freedom(y);
    if (key[a] != key[b]) return key[a] > key[b];
    if (order != Order::kProgram && x.height != y.height) return x.height > y.height;
    return a < b;
  });
  return result;
}

}  // namespace l2opt
