#include "placer.h"

#include <algorithm>

namespace l2opt {

Placer::Placer(const Problem& problem, const Intervals& intervals)
    : problem_(problem), intervals_(intervals), offsets_(problem.size(), kLeftOut) {}

void Placer::forbid(const Piece& piece) {
  intervals_.live(piece.start, piece.end, [&](int32_t index) {
    ++work_;
    const Piece& other = problem_.pieces[index];
    const int64_t offset = offsets_[other.item];
    if (offset == kLeftOut || other.item == piece.item) return;
    forbidden_.emplace_back(offset + other.lo - piece.hi + 1, offset + other.hi - piece.lo);
  });
}

int64_t Placer::find(int32_t index, Fit fit, int64_t limit) {
  const Item& item = problem_.items[index];
  forbidden_.clear();
  for (int32_t i = item.first; i < item.last; ++i) forbid(problem_.pieces[i]);
  std::sort(forbidden_.begin(), forbidden_.end());

  const int64_t highest = std::min(item.max_offset, limit - item.height);
  int64_t candidate = align_up(item.min_offset, item.alignment);
  int64_t best = kLeftOut, least = 0;
  for (const auto& [from, to] : forbidden_) {
    if (candidate > highest) break;
    if (from > candidate) {
      if (fit == Fit::kFirst) return candidate;
      const int64_t left = from - 1 - candidate;
      if (best == kLeftOut || left < least) best = candidate, least = left;
    }
    if (to > candidate) candidate = align_up(to, item.alignment);
  }
  if (best == kLeftOut && candidate <= highest) best = candidate;
  return best;
}

int64_t Placer::peak() const {
  int64_t peak = 0;
  for (size_t i = 0; i < offsets_.size(); ++i)
    if (offsets_[i] != kLeftOut) peak = std::max(peak, offsets_[i] + problem_.items[i].height);
  return peak;
}

}  // namespace l2opt
