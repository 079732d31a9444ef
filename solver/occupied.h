// Which bytes are taken during an interval: for problems in which very many items are live at once.

#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "problem.h"

namespace l2opt {

// A tree over time. Each node has the bytes taken throughout its time, and those taken at some time below it, both as
// runs. In a dense packing runs are few. Memory: O(log ranks) runs a piece at most.
class Occupied {
 public:
  explicit Occupied(int32_t ranks);

  void clear();
  void take(int32_t start, int32_t end, int64_t lo, int64_t hi);

  // Where to go on: the end of a run that meets [lo, hi) during [start, end), or lo if nothing does.
  int64_t beyond(int32_t start, int32_t end, int64_t lo, int64_t hi);

  int64_t work() const { return work_; }  // runs looked at so far

 private:
  using Runs = std::map<int64_t, int64_t>;  // lo -> hi, apart

  void take(size_t node, int32_t from, int32_t to, int32_t start, int32_t end, int64_t lo, int64_t hi);
  int64_t beyond(size_t node, int32_t from, int32_t to, int32_t start, int32_t end, int64_t lo, int64_t hi);
  static void add(Runs& runs, int64_t lo, int64_t hi);
  int64_t end_of(const Runs& runs, int64_t lo, int64_t hi);

  int32_t ranks_;
  int64_t work_ = 0;
  std::vector<Runs> whole_, below_;  // a node each
};

// The lowest offset at which `item` is apart from all that is taken; kLeftOut if its window has none.
int64_t first_fit(const Problem& problem, int32_t item, Occupied& occupied);

// Marks the bytes of `item` at `offset` as taken.
void take(const Problem& problem, int32_t item, int64_t offset, Occupied& occupied);

}  // namespace l2opt
