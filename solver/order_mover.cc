#include "order_mover.h"

#include <algorithm>

namespace l2opt {
namespace {

constexpr double kLonger = 0.6;  // share of runs that have one kernel more
constexpr int32_t kTries = 8;    // for each move

int32_t below(Random& random, int32_t n) { return std::min(n - 1, static_cast<int32_t>(random.next() * n)); }

}  // namespace

bool Mover::move(Random& random) {
  const auto n = static_cast<int32_t>(order_.size());
  for (int32_t i = 0; i < n; ++i) place_[order_[i]] = i;
  const int32_t lo = below(random, n);
  int32_t hi = lo + 1;
  while (hi < n && random.next() < kLonger) ++hi;
  int32_t first = 0, last = n;  // where it may begin, and end
  for (int32_t i = lo; i < hi; ++i) {
    for (const int32_t* b = network_.graph.before.begin(order_[i]); b != network_.graph.before.end(order_[i]); ++b)
      if (place_[*b] < lo) first = std::max(first, place_[*b] + 1);
    for (const int32_t* a = network_.after.begin(order_[i]); a != network_.after.end(order_[i]); ++a)
      if (place_[*a] >= hi) last = std::min(last, place_[*a]);
  }
  const int32_t places = last - first - (hi - lo);
  if (places == 0) return false;
  int32_t to = first + below(random, places);
  to += to >= lo;
  if (to < lo)
    std::rotate(order_.begin() + to, order_.begin() + lo, order_.begin() + hi);
  else
    std::rotate(order_.begin() + lo, order_.begin() + hi, order_.begin() + to + (hi - lo));
  return true;
}

std::vector<int32_t> shaken(const Network& network, const std::vector<int32_t>& order, int64_t most, int32_t moves,
                            uint32_t seed, Effort& effort) {
  std::vector<int32_t> now = order, tried;
  Random random(seed);
  Mover mover(network, tried);
  for (int32_t tries = moves * kTries; moves > 0 && tries > 0 && effort.take(); --tries) {
    effort.spend(static_cast<int64_t>(order.size()));
    tried = now;
    if (!mover.move(random) || network.peak(tried) > most) continue;
    now = tried;
    --moves;
  }
  return now;
}

}  // namespace l2opt
