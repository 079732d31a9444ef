#include "problem.h"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace l2opt {
namespace {

void require(bool sane, size_t item, const char* wanted) {
  if (!sane) throw std::invalid_argument("item " + std::to_string(item) + ": want " + wanted);
}

std::vector<int64_t> distinct_times(const Arrays& arrays) {
  std::vector<int64_t> times;
  times.reserve(2 * arrays.pieces);
  times.insert(times.end(), arrays.start, arrays.start + arrays.pieces);
  times.insert(times.end(), arrays.end, arrays.end + arrays.pieces);
  std::sort(times.begin(), times.end());
  times.erase(std::unique(times.begin(), times.end()), times.end());
  return times;
}

int32_t rank(const std::vector<int64_t>& times, int64_t time) {
  return static_cast<int32_t>(std::lower_bound(times.begin(), times.end(), time) - times.begin());
}

}  // namespace

Problem make_problem(const Arrays& arrays) {
  Problem problem;
  const std::vector<int64_t> times = distinct_times(arrays);
  problem.ranks = static_cast<int32_t>(times.size());
  double total = 0, furthest = 0;  // bytes; so that no sum of offset and height overflows
  problem.pieces.reserve(arrays.pieces);
  problem.items.reserve(arrays.items);
  for (size_t k = 0; k < arrays.items; ++k) {
    const int64_t first = arrays.first[k], last = arrays.first[k + 1];
    require(0 <= first && first < last && last <= static_cast<int64_t>(arrays.pieces), k, "one or more pieces");
    require(arrays.alignment[k] >= 1, k, "alignment >= 1");
    require(0 <= arrays.min_offset[k] && arrays.min_offset[k] <= arrays.max_offset[k], k, "a window of offsets >= 0");
    Item item{static_cast<int32_t>(first),
              static_cast<int32_t>(last),
              arrays.alignment[k],
              arrays.min_offset[k],
              arrays.max_offset[k],
              0,
              problem.ranks,
              0,
              0};
    int64_t from = std::numeric_limits<int64_t>::max(), to = std::numeric_limits<int64_t>::min();
    for (int64_t i = first; i < last; ++i) {
      require(arrays.start[i] < arrays.end[i], k, "start < end");
      require(0 <= arrays.lo[i] && arrays.lo[i] < arrays.hi[i] && arrays.hi[i] <= kUnbounded, k,
              "0 <= lo < hi <= 2^62");
      const Piece piece{rank(times, arrays.start[i]), rank(times, arrays.end[i]), arrays.lo[i], arrays.hi[i],
                        static_cast<int32_t>(k)};
      item.height = std::max(item.height, piece.hi);
      item.start = std::min(item.start, piece.start);
      item.end = std::max(item.end, piece.end);
      from = std::min(from, arrays.start[i]);
      to = std::max(to, arrays.end[i]);
      problem.pieces.push_back(piece);
    }
    item.steps = static_cast<double>(to) - static_cast<double>(from);
    problem.items.push_back(item);
    total += static_cast<double>(item.height) + static_cast<double>(item.alignment);
    furthest = std::max(furthest, static_cast<double>(item.min_offset));
    require(total + furthest <= static_cast<double>(kUnbounded), k, "at most 2^62 bytes in all, alignment included");
  }
  return problem;
}

}  // namespace l2opt
