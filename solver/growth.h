// Packing by growing: the time around a full step first, cut to a window; then wider windows, each led by the packing of
// the one before. Where the load is near the capacity for long, this finds packings that the search on the whole does
// not. What does not fit a window does not fit the whole.

#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "search.h"
#include "sections.h"

namespace l2opt {

class Growth {
 public:
  // `whole`: of all items of `problem`. `base`: work of one run of the search. `stop`: as in `Search`.
  Growth(const Problem& problem, const Sections& whole, int64_t base, std::function<bool()> stop);

  // Deterministic unless stopped; the first step to pack follows from `seed`. `capacity`: bytes.
  Answer run(int64_t capacity, uint32_t seed, int64_t work);

  const std::vector<int64_t>& offsets() const { return offsets_; }  // units of `whole`, after kYes
  int64_t nodes() const { return nodes_; }                          // in all runs

 private:
  int32_t full_rank(uint32_t seed) const;
  Answer solve(const Sections& sections, int64_t capacity, uint32_t seed);

  const Problem& problem_;
  const Sections& whole_;
  const int64_t base_;
  std::function<bool()> stop_;
  std::vector<int64_t> bytes_;    // an item each: its offset in the window packed last, or kLeftOut
  std::vector<int64_t> offsets_;  // a column each of the window packed last
  int64_t work_ = 0, nodes_ = 0;
};

}  // namespace l2opt
