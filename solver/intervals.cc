#include "intervals.h"

namespace l2opt {

Intervals::Intervals(const std::vector<Piece>& pieces) {
  nodes_.reserve(pieces.size());
  for (size_t i = 0; i < pieces.size(); ++i)
    nodes_.push_back({pieces[i].start, pieces[i].end, 0, static_cast<int32_t>(i)});
  std::sort(nodes_.begin(), nodes_.end(),
            [](const Node& a, const Node& b) { return a.start != b.start ? a.start < b.start : a.piece < b.piece; });
  set_latest(0, static_cast<int32_t>(nodes_.size()));
}

int32_t Intervals::set_latest(int32_t lo, int32_t hi) {
  if (lo >= hi) return std::numeric_limits<int32_t>::min();
  const int32_t mid = lo + (hi - lo) / 2;
  Node& node = nodes_[mid];
  node.latest = std::max({node.end, set_latest(lo, mid), set_latest(mid + 1, hi)});
  return node.latest;
}

}  // namespace l2opt
