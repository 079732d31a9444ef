// Which pieces are live during an interval: a static index with memory linear in the pieces.

#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "problem.h"

namespace l2opt {

// A balanced tree laid over the pieces sorted by start, each node knowing the latest end below it.
class Intervals {
 public:
  explicit Intervals(const std::vector<Piece>& pieces);

  // Calls visit(index of piece) for each piece live at some time in [start, end). O(log n + found).
  template <class Visit>
  void live(int32_t start, int32_t end, Visit&& visit) const {
    struct Range {
      int32_t lo, hi;
    };
    Range stack[64];
    int depth = 0;
    stack[depth++] = {0, static_cast<int32_t>(nodes_.size())};
    while (depth > 0) {
      auto [lo, hi] = stack[--depth];
      while (lo < hi) {
        const int32_t mid = lo + (hi - lo) / 2;
        const Node& node = nodes_[mid];
        if (node.latest <= start) break;
        if (node.start >= end) {
          hi = mid;
          continue;
        }
        if (node.end > start) visit(node.piece);
        if (mid + 1 < hi) stack[depth++] = {mid + 1, hi};
        hi = mid;
      }
    }
  }

 private:
  struct Node {
    int32_t start, end, latest, piece;
  };
  int32_t set_latest(int32_t lo, int32_t hi);
  std::vector<Node> nodes_;
};

}  // namespace l2opt
