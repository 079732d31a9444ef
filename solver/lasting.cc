#include "lasting.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace l2opt {
namespace {

constexpr int64_t kCoarsest = int64_t{1} << 40;  // bytes; nothing is a multiple of coarser units

// By rank: how many before it count: something ends after them and something has started since the one before. What is
// live at any other time is live at one of these.
std::vector<int32_t> count_full(const Problem& problem) {
  std::vector<char> starts(problem.ranks + 1, 0), ends(problem.ranks + 1, 0);
  for (const Piece& piece : problem.pieces) starts[piece.start] = 1, ends[piece.end] = 1;
  std::vector<int32_t> before(problem.ranks + 1, 0);
  bool started = false;
  for (int32_t rank = 0; rank < problem.ranks; ++rank) {
    started = started || starts[rank];
    const bool full = started && ends[rank + 1];
    before[rank + 1] = before[rank] + full;
    if (full) started = false;
  }
  return before;
}

bool lasts(const Problem& problem, const Item& item, const std::vector<int32_t>& full) {
  int32_t covered = 0;
  for (int32_t p = item.first; p < item.last; ++p) {
    const Piece& piece = problem.pieces[p];
    if (piece.lo == 0 && piece.hi == item.height) covered += full[piece.end] - full[piece.start];
  }
  return covered == full.back();
}

// Whether the item, all of its life taken together, has each byte from its offset up.
bool unbroken(const Problem& problem, const Item& item) {
  std::vector<std::pair<int64_t, int64_t>> runs;
  for (int32_t p = item.first; p < item.last; ++p) runs.emplace_back(problem.pieces[p].lo, problem.pieces[p].hi);
  std::sort(runs.begin(), runs.end());
  int64_t top = 0;
  for (const auto& [lo, hi] : runs) {
    if (lo > top) return false;
    top = std::max(top, hi);
  }
  return true;
}

// Of all alignments; 0 if it is above `kCoarsest`.
int64_t least_common_multiple(const Problem& problem) {
  int64_t unit = 1;
  for (const Item& item : problem.items) {
    const int64_t more = item.alignment / std::gcd(unit, item.alignment);
    if (more > kCoarsest / unit) return 0;
    unit *= more;
  }
  return unit;
}

}  // namespace

Lasting::Lasting(const Problem& problem) : problem_(problem) {
  if (problem.items.empty()) return;
  const auto is_free = [&](const Item& item) {
    return item.min_offset == 0 && item.max_offset >= kUnbounded && unbroken(problem, item);
  };
  if (!std::all_of(problem.items.begin(), problem.items.end(), is_free)) return;
  const int64_t unit = least_common_multiple(problem), first = problem.items[0].alignment;
  const bool same = std::all_of(problem.items.begin(), problem.items.end(),
                                [&](const Item& item) { return item.alignment == first; });
  const std::vector<int32_t> full = count_full(problem);
  unit_ = same ? first : 1;
  for (size_t i = 0; i < problem.size(); ++i) {
    const Item& item = problem.items[i];
    const bool whole = same || (unit > 0 && item.height % unit == 0);
    (whole && lasts(problem, item, full) ? walls_ : rest_).push_back(static_cast<int32_t>(i));
  }
  const auto rounding = [&](int32_t i) { return align_up(problem.items[i].height, unit_) - problem.items[i].height; };
  std::stable_sort(walls_.begin(), walls_.end(), [&](int32_t a, int32_t b) { return rounding(a) < rounding(b); });
  for (int32_t i : walls_) high_ += align_up(problem.items[i].height, unit_);
  if (!walls_.empty()) spared_ = rounding(walls_.back());
}

// Whether the last wall is to be at the top.
bool Lasting::tops(int64_t peak) const { return align_up(peak, unit_) - spared_ < peak; }

int64_t Lasting::with_walls(int64_t peak) const {
  return peak >= kUnbounded ? peak : high_ + std::min(peak, align_up(peak, unit_) - spared_);
}

int64_t Lasting::without_walls(int64_t peak) const {
  if (peak >= kUnbounded) return peak;
  const int64_t left = peak - high_;
  return std::max({int64_t{0}, left, left + spared_ > 0 ? align_up(left + spared_, unit_) - unit_ + 1 : 0});
}

std::vector<int64_t> Lasting::placed(const std::vector<int64_t>& offsets, int64_t peak) const {
  std::vector<int64_t> all(problem_.size());
  const bool top = tops(peak);
  int64_t ground = 0;
  for (size_t w = 0; w + top < walls_.size(); ++w) {
    all[walls_[w]] = ground;
    ground += align_up(problem_.items[walls_[w]].height, unit_);
  }
  if (top) all[walls_.back()] = ground + align_up(peak, unit_);
  for (size_t k = 0; k < rest_.size(); ++k) all[rest_[k]] = ground + offsets[k];
  return all;
}

}  // namespace l2opt
