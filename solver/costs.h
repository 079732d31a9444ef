// What the offsets of one column cost: overlaps with others, each a hill with slopes by offset.
//
// Few offsets: a table of steps that is run through. Many: a bit for each that has a step tells where the lines between
// them begin. More still: the steps are sorted.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "random.h"

namespace l2opt {

// An overlap at the offsets of (from, to), all of them whole numbers. It costs weight x (constant + how far it is to
// the nearer end of these), but never more than at `farthest` from one.
struct Hill {
  int64_t from, to, farthest, weight, constant;
};

class Costs {
 public:
  struct Place {
    int64_t offset, cost;
    int64_t now;  // what the offset asked about costs
  };

  // A cost of 0 at the offsets [low, high]; not empty. Of the hills to come that reach there, none begins more than
  // `below` below or ends more than `above` above.
  void begin(int64_t low, int64_t high, int64_t below, int64_t above);

  // Adds hill(i) for each i of [first, last).
  template <class Of>
  void add(size_t first, size_t last, const Of& hill) {
    const int64_t low = low_, high = high_;
    const bool table = way_ == Way::kTable;
    int64_t* const at = table ? table_.data() + (below_ - low) : nullptr;
    for (size_t i = first; i < last; ++i) {
      const Hill one = hill(i);
      if (one.to <= low || one.from >= high) continue;
      table ? put(one, at) : put(one);
    }
  }

  // One of the multiples of the alignment that cost least; there is one. `at`: the offset asked about. Nothing is left
  // of the cost then.
  Place cheapest(int64_t alignment, int64_t at, Random& random);

 private:
  enum class Way { kTable, kBits, kSorted };
  struct Step {  // from an offset on: so much more, and rising by so much more to each next one
    int64_t jump, slope;
  };

  // By how much the difference to the offset before differs from that one's own.
  static void put(const Hill& hill, int64_t* at) {
    const int64_t from = hill.from + 1, to = hill.to;
    const int64_t constant = hill.weight * hill.constant, whole = constant + hill.weight;
    at[from] += whole, at[from + 1] -= constant, at[from + hill.farthest] -= hill.weight;
    at[to - hill.farthest + 1] -= hill.weight, at[to] -= constant, at[to + 1] += whole;
  }
  void put(const Hill& hill);
  void step(int64_t at, int64_t jump, int64_t slope);
  Place from_table(int64_t alignment, int64_t at, Random& random);
  template <class Visit>
  void lines(const Visit& visit);

  Way way_ = Way::kTable;
  int64_t low_ = 0, high_ = 0, below_ = 0, above_ = 0;
  int64_t cost_ = 0, slope_ = 0;  // of the line at hand
  std::vector<int64_t> table_;    // all 0 between two costs
  std::vector<Step> steps_;       // all 0 between two costs
  std::vector<uint64_t> touched_;
  std::vector<std::pair<int64_t, Step>> sorted_;
  std::vector<int64_t> costs_;     // by offset, of the table
  std::vector<int64_t> cheapest_;  // offsets
};

}  // namespace l2opt
