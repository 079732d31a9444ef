// What the attempts of a race do. It follows from their number and what is known when they start: nothing else.
//
// First, short attempts of the search with every strategy, and one that grows by half each time and can end in a proof.
// Then every other attempt is a slice of a longer run, in one of the lanes: packing by growing or by separation goes on
// there where the lane's slice before ended, and begins anew, another way, when it takes too long. With no goal, most
// ask for the bound, the others for what lies between that and the best packing found.
// Against heavy tails there are restarts, with limits that are never far from the best fixed one, other seeds for each,
// and failures counted over some of them; nothing is learnt as nogoods.

#pragma once

#include <cstdint>
#include <vector>

#include "growth.h"
#include "search.h"
#include "separation.h"

namespace l2opt {

constexpr int kLanes = 4;

// What attempts go by.
struct Known {
  int64_t goal, bound, peak;          // bytes, as in `race.h`
  int64_t base;                       // work of a short attempt
  int64_t since;                      // the first attempt after the last answer
  const std::vector<int64_t>* guide;  // offsets of the best packing found, units; null: none
  bool lanes;                         // whether there are any
  bool separates;                     // whether some of them pack by separation
};

struct Attempt {
  int64_t capacity = 0, work = 0;  // capacity in bytes
  Strategy strategy;
  int lane = -1;  // of a longer run, which has its own capacity; else the search
};

Attempt attempt(int64_t number, const Known& known);

// The last attempt before `number` in the same lane; -1 if there is none. `number`: of one in a lane.
int64_t slice_before(int64_t number);

struct Lane {
  // Packing by growing; by separation; by separation with exact search; the latter from the best packing found down, a
  // little lower each time it is met.
  enum class Kind { kGrow, kSeparate, kSettle, kSqueeze } kind = Kind::kGrow;
  Grown grown;          // of a lane that grows
  Separated separated;  // of another
  int64_t runs = 0;     // begun so far
  int64_t tried = 0;    // of these, since what it asked for was no longer open

  int64_t capacity() const { return kind == Kind::kGrow ? grown.capacity : separated.capacity; }
  int64_t spent() const { return kind == Kind::kGrow ? grown.spent : separated.spent; }
};

// What the lane goes on with. `before`: what its slice before left; null: none.
Lane go_on(const Lane* before, int lane, const Known& known);

// What a lane that squeezes asks for after it has met `capacity`: bytes, at least the bound, lower than that if it can
// be.
int64_t squeezed(int64_t capacity, int64_t bound);

// Work of one try in a growth.
int64_t try_work(const Known& known);

}  // namespace l2opt
