// Packing by growing: the time around a full step first, cut to a window; then wider windows, each led by the packing
// of the one before. Where the load is near the capacity for long, this finds packings that the search on the whole
// does not: what is new in a window is little, and most of the packing before it stays good.
//
// What does not fit a window does not fit the whole. A window is tried again and again, each try a short run of the
// search with other noise in the order that leads it; half of them upside down, where the problem is the same that way.

#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "search.h"
#include "sections.h"

namespace l2opt {

// How far a growth has come. To go on from it again gives the same again.
struct Grown {
  int64_t capacity = 0;          // bytes
  uint32_t seed = 0;             // of the first step and of all noise
  int32_t from = 0, to = 0;      // ranks of the window to pack next; none yet if they are equal
  int32_t windows = 0;           // so many before it
  int64_t tries = 0;             // of this window
  int64_t spent = 0;             // work
  std::vector<int64_t> offsets;  // bytes, an item each, in the window packed last; kLeftOut: not in it
};

class Growth {
 public:
  // `whole`: of all items of `problem`. `base`: work of one run of the search. `stop`: as in `Search`.
  Growth(const Problem& problem, const Sections& whole, int64_t base, std::function<bool()> stop);

  // Goes on for about `work`. Deterministic unless stopped.
  Answer run(Grown& grown, int64_t work);

  const std::vector<int64_t>& offsets() const { return offsets_; }  // units of `whole`, after kYes
  int64_t nodes() const { return nodes_; }                          // in all runs
  bool stopped() const { return stopped_; }                         // the last run, by `stop`

 private:
  int32_t full_rank(uint32_t seed) const;
  void widen(Grown& grown) const;
  bool is_whole(const Grown& grown) const { return grown.from == 0 && grown.to == problem_.ranks; }
  Answer pack(const Sections& sections, Grown& grown);

  const Problem& problem_;
  const Sections& whole_;
  const int64_t base_;
  std::function<bool()> stop_;
  std::vector<char> starts_, ends_;  // a rank each: whether a piece starts, or ends, there
  std::vector<int64_t> offsets_;     // a column each of the window packed last
  int64_t work_ = 0, nodes_ = 0;
  bool stopped_ = false;
};

}  // namespace l2opt
