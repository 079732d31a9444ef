#include "parts.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace l2opt {
namespace {

// Sets that are joined two by two; each is known by its least member.
class Joined {
 public:
  explicit Joined(size_t count) : up_(count) { std::iota(up_.begin(), up_.end(), 0); }

  int32_t of(int32_t member) {
    while (up_[member] != member) member = up_[member] = up_[up_[member]];
    return member;
  }

  void join(int32_t a, int32_t b) {
    a = of(a), b = of(b);
    up_[std::max(a, b)] = std::min(a, b);
  }

 private:
  std::vector<int32_t> up_;
};

}  // namespace

std::vector<std::vector<int32_t>> independent_parts(const Problem& problem) {
  std::vector<int32_t> order(problem.pieces.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](int32_t a, int32_t b) { return problem.pieces[a].start < problem.pieces[b].start; });
  Joined joined(problem.size());
  int32_t until = std::numeric_limits<int32_t>::min(), before = 0;  // of a run of times at which something is live
  for (int32_t p : order) {
    const Piece& piece = problem.pieces[p];
    if (piece.start < until) joined.join(before, piece.item);
    until = std::max(until, piece.end), before = piece.item;
  }
  std::vector<std::vector<int32_t>> parts;
  std::vector<int32_t> part(problem.size());
  for (size_t i = 0; i < problem.size(); ++i) {
    const int32_t least = joined.of(static_cast<int32_t>(i));
    if (least == static_cast<int32_t>(i)) part[i] = static_cast<int32_t>(parts.size()), parts.emplace_back();
    parts[part[least]].push_back(static_cast<int32_t>(i));
  }
  return parts;
}

Problem only(const Problem& problem, const std::vector<int32_t>& items) {
  Problem made;
  std::vector<int32_t> times;
  for (int32_t i : items) {
    Item item = problem.items[i];
    const int32_t first = static_cast<int32_t>(made.pieces.size());
    for (int32_t p = item.first; p < item.last; ++p) {
      made.pieces.push_back(problem.pieces[p]);
      made.pieces.back().item = static_cast<int32_t>(made.items.size());
      times.push_back(problem.pieces[p].start), times.push_back(problem.pieces[p].end);
    }
    item.first = first, item.last = static_cast<int32_t>(made.pieces.size());
    made.items.push_back(item);
  }
  std::sort(times.begin(), times.end());
  times.erase(std::unique(times.begin(), times.end()), times.end());
  const auto rank = [&](int32_t time) {
    return static_cast<int32_t>(std::lower_bound(times.begin(), times.end(), time) - times.begin());
  };
  for (Piece& piece : made.pieces) piece.start = rank(piece.start), piece.end = rank(piece.end);
  for (Item& item : made.items) item.start = rank(item.start), item.end = rank(item.end);
  made.ranks = static_cast<int32_t>(times.size());
  return made;
}

}  // namespace l2opt
