#include "load.h"

#include <algorithm>
#include <numeric>
#include <queue>

namespace l2opt {
namespace {

// Live pieces as time goes on: their heights, rounded heights and the largest rounding.
class Live {
 public:
  explicit Live(int64_t unit) : unit_(unit) {}

  void add(const Piece& piece) {
    const int64_t height = piece.hi - piece.lo;
    plain_ += height;
    if (piece.lo % unit_ != 0) return;
    const int64_t padding = align_up(height, unit_) - height;
    rounded_ += height + padding;
    paddings_.push({padding, piece.end});
  }

  void remove(const Piece& piece) {
    const int64_t height = piece.hi - piece.lo;
    plain_ -= height;
    if (piece.lo % unit_ == 0) rounded_ -= align_up(height, unit_);
  }

  int64_t bound(int32_t now) {
    while (!paddings_.empty() && paddings_.top().second <= now) paddings_.pop();
    const int64_t padding = paddings_.empty() ? 0 : paddings_.top().first;
    return std::max(plain_, rounded_ - padding);
  }

 private:
  int64_t unit_, plain_ = 0, rounded_ = 0;
  std::priority_queue<std::pair<int64_t, int32_t>> paddings_;  // padding, end; those past their end go when on top
};

std::vector<int32_t> sorted_by(const Problem& problem, int32_t Piece::* time) {
  std::vector<int32_t> order(problem.pieces.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](int32_t a, int32_t b) { return problem.pieces[a].*time < problem.pieces[b].*time; });
  return order;
}

}  // namespace

std::vector<int64_t> loads(const Problem& problem) {
  std::vector<int64_t> load(problem.ranks + 1, 0);
  for (const Piece& piece : problem.pieces) {
    load[piece.start] += piece.hi - piece.lo;
    load[piece.end] -= piece.hi - piece.lo;
  }
  std::partial_sum(load.begin(), load.end(), load.begin());
  return load;
}

int64_t largest_load(const Problem& problem) {
  int64_t unit = 0, bound = 0;
  for (const Item& item : problem.items) unit = std::gcd(unit, item.alignment);
  const std::vector<int32_t> starts = sorted_by(problem, &Piece::start), ends = sorted_by(problem, &Piece::end);
  Live live(unit);
  size_t next = 0;
  for (size_t i = 0; i < starts.size();) {
    const int32_t now = problem.pieces[starts[i]].start;
    for (; problem.pieces[ends[next]].end <= now; ++next) live.remove(problem.pieces[ends[next]]);
    for (; i < starts.size() && problem.pieces[starts[i]].start == now; ++i) live.add(problem.pieces[starts[i]]);
    bound = std::max(bound, live.bound(now));
  }
  return bound;
}

}  // namespace l2opt
