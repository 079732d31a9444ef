#include "admit.h"

#include <algorithm>
#include <numeric>

namespace l2opt {
namespace {

// Range add, range maximum.
class Loads {
 public:
  explicit Loads(int32_t ranks) : ranks_(std::max(ranks, 1)), nodes_(4 * static_cast<size_t>(ranks_)) {}

  void add(int32_t start, int32_t end, int64_t bytes) { add(1, 0, ranks_, start, end, bytes); }
  int64_t largest(int32_t start, int32_t end) const { return largest(1, 0, ranks_, start, end); }

 private:
  struct Node {
    int64_t added = 0, largest = 0;
  };

  void add(size_t node, int32_t lo, int32_t hi, int32_t start, int32_t end, int64_t bytes) {
    if (end <= lo || hi <= start) return;
    if (start <= lo && hi <= end) {
      nodes_[node].added += bytes;
      nodes_[node].largest += bytes;
      return;
    }
    const int32_t mid = lo + (hi - lo) / 2;
    add(2 * node, lo, mid, start, end, bytes);
    add(2 * node + 1, mid, hi, start, end, bytes);
    nodes_[node].largest = nodes_[node].added + std::max(nodes_[2 * node].largest, nodes_[2 * node + 1].largest);
  }

  int64_t largest(size_t node, int32_t lo, int32_t hi, int32_t start, int32_t end) const {
    if (end <= lo || hi <= start) return 0;
    if (start <= lo && hi <= end) return nodes_[node].largest;
    const int32_t mid = lo + (hi - lo) / 2;
    return nodes_[node].added +
           std::max(largest(2 * node, lo, mid, start, end), largest(2 * node + 1, mid, hi, start, end));
  }

  int32_t ranks_;
  std::vector<Node> nodes_;
};

}  // namespace

std::vector<uint8_t> admit(const Problem& problem, const std::vector<double>& value, int64_t capacity) {
  std::vector<int32_t> order(problem.size());
  std::iota(order.begin(), order.end(), 0);
  const auto density = [&](int32_t i) { return value[i] / static_cast<double>(problem.items[i].height); };
  std::sort(order.begin(), order.end(), [&](int32_t a, int32_t b) {
    if ((value[a] < 0) != (value[b] < 0)) return value[a] < 0;
    if (value[a] >= 0 && density(a) != density(b)) return density(a) > density(b);
    return a < b;
  });

  Loads loads(problem.ranks);
  std::vector<uint8_t> kept(problem.size(), 0);
  const auto add = [&](const Item& item, int sign) {
    for (int32_t p = item.first; p < item.last; ++p) {
      const Piece& piece = problem.pieces[p];
      loads.add(piece.start, piece.end, sign * (piece.hi - piece.lo));
    }
  };
  for (int32_t i : order) {
    const Item& item = problem.items[i];
    if (value[i] >= 0 && item.height > capacity) continue;
    add(item, 1);
    kept[i] = value[i] < 0 || loads.largest(item.start, item.end) <= capacity;
    if (!kept[i]) add(item, -1);
  }
  return kept;
}

}  // namespace l2opt
