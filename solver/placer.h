// Placing one item among those already placed.

#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "intervals.h"
#include "problem.h"

namespace l2opt {

enum class Fit { kFirst, kBest };  // the lowest offset; the offset in the gap that leaves the fewest bytes

class Placer {
 public:
  Placer(const Problem& problem, const Intervals& intervals);

  // Where `item` can go without touching a placed one and without passing `limit`, or kLeftOut.
  // O(k log k), k the pieces live with it.
  int64_t find(int32_t item, Fit fit, int64_t limit);

  void place(int32_t item, int64_t offset) { offsets_[item] = offset; }
  void clear() { offsets_.assign(offsets_.size(), kLeftOut); }

  const std::vector<int64_t>& offsets() const { return offsets_; }
  int64_t peak() const;                   // highest byte of a placed item
  int64_t work() const { return work_; }  // pieces looked at so far

 private:
  void forbid(const Piece& piece);

  const Problem& problem_;
  const Intervals& intervals_;
  std::vector<int64_t> offsets_;
  std::vector<std::pair<int64_t, int64_t>> forbidden_;  // half-open ranges of offsets
  int64_t work_ = 0;
};

}  // namespace l2opt
