// Exact packing: attempts of the search with other strategies and capacities, raced over threads.
//
// Attempts are numbered, and what an attempt does follows from its number and from the answers before it. An answer
// counts once all attempts with a lower number have ended; so the result does not depend on how many threads there are.

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "problem.h"

namespace l2opt {

struct RaceLimits {
  int64_t work = 0;    // columns looked at, over all attempts
  double seconds = 0;  // 0: none
  int threads = 1;
  std::function<bool()> interrupted;  // asked by the calling thread now and then; may be empty
};

struct Raced {
  std::vector<int64_t> offsets;  // bytes, an item each; empty if none was found
  int64_t peak = 0;              // bytes
  int64_t bound = 0;             // bytes: no packing has a lower peak; above `goal` if that is proven impossible
  std::string winner;            // what found the offsets
  int64_t nodes = 0;
  int64_t work = 0;  // given to attempts
  bool cut = false;  // by the seconds or the interruption, not by the work
};

// `bound`: proven already, or enough for what these items are packed with. `known`: the peak of a packing at hand
// (kUnbounded: none); only lower ones are looked for. `goal`: a peak of at most this many bytes is enough, and what is
// not possible within it is not of interest; 0: the lowest peak.
Raced race(const Problem& problem, int64_t bound, int64_t known, int64_t goal, const RaceLimits& limits);

}  // namespace l2opt
