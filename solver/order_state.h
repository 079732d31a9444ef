// Sets of kernels that have run, and what running one more does to the load.

#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "order_graph.h"

namespace l2opt {

// A set of kernels, closed under what must run earlier, with what follows from it.
struct State {
  std::vector<uint64_t> run, ready;  // bits
  int64_t plain = 0, lines = 0;      // of what is live
  int64_t pad = -1;                  // largest of what is live; -1: not known
  uint64_t hash = 0;                 // of `run`
  int32_t left = 0;                  // kernels that have not run

  bool has(int32_t kernel) const { return run[kernel >> 6] >> (kernel & 63) & 1; }
};

struct Step {
  int64_t during;        // load while it runs
  int64_t plain, lines;  // of what is live after it
  int64_t freed, born;   // largest pads of what it frees, and of what it brings to life that stays
  bool ends;             // some bytes that it touches are dead after it
};

// What running a kernel changes, wherever what it touches has been touched and left as far.
struct Change {
  Unit during{0, 0, 0};          // beside what is live before it; the pad is the largest
  int64_t plain = 0, lines = 0;  // as of Step, less what is live before it
  int64_t freed = 0, born = 0;
  bool ends = false;
};

// A graph, prepared for running its kernels in any order.
class Network {
 public:
  explicit Network(const Graph& graph);

  State start() const;
  Step look(State& state, int32_t kernel) const { return step(state, change(state, kernel)); }  // `kernel` is ready
  Change change(const State& state, int32_t kernel) const;
  Step step(State& state, const Change& change) const;
  void run(State& state, int32_t kernel, const Step& step) const;

  // Whether running `kernel` now is part of some continuation with the lowest peak, for any peak allowed that is at
  // least step.during.
  //
  // It is if the step raises neither plain nor lines, and keeps lines only if it does not lower the largest pad. Say
  // that `now` has run and that a continuation runs some kernels A, a, ..., and `kernel` later. Run `kernel` first:
  //  - Its own step has room, as asked.
  //  - Every unit is a function of the set that has run, [touched] - [all touched], whose increase by one kernel can
  //    only shrink as the set grows. So whatever A is, `kernel` raises neither plain nor lines after it, and what it
  //    frees now it frees then; the same holds for the units live while a runs, which a touches or A leaves live.
  //  - Pads: if lines shrink they do by the alignment, more than any pad. If they do not, then `kernel` frees and bears
  //    the same units with lines as now (else they would shrink), so the largest pad shrinks only if it would now.
  //  - In place: more kernels have run when a does, so each source that a could write over it still can, and the
  //    greedy choice saves at least the same targets (a source more adds an alternating path, which ends in a target
  //    won or in a source lost). `kernel` touches no target of a: whoever else touches it waits for a.
  //  - After `kernel` has run in the old order, both have run the same set.
  static bool harmless(const State& now, const Step& step) {
    return step.plain <= now.plain && (step.lines < now.lines || (step.lines == now.lines && step.freed <= step.born));
  }

  uint64_t set_with(const State& state, int32_t kernel) const;  // hash of the set with one more

  // The load of a legal order.
  int64_t peak(const std::vector<int32_t>& order) const;

  const Graph& graph;
  const Lists after;     // kernel -> kernels that wait for it
  const Lists touchers;  // unit -> kernels
  const Lists members;   // group -> units
  const Lists users;     // group that may be written over -> kernels that touch one of its units
  const size_t words;    // of a set
  bool padded = false;   // some pad is not 0
  bool alike = true;     // while as many lines are live, the largest pad is the same
  bool idles = false;    // the first step has bytes that no other has

 private:
  int64_t largest_pad(const State& state) const;
  bool begun(const State& state, int32_t unit) const;
  bool last(const State& state, int32_t unit, int32_t kernel) const;
  void save(const State& state, int32_t kernel, std::vector<int32_t>& targets, Unit& during) const;

  Unit idle_{0, 0, 0};         // touched by nobody, and not kept: live during the first step
  std::vector<int32_t> pads_;  // units with a pad, the largest first
};

// The ready kernels, rising.
template <class Function>
void for_each_bit(const std::vector<uint64_t>& bits, Function&& function) {
  for (size_t w = 0; w < bits.size(); ++w)
    for (uint64_t rest = bits[w]; rest; rest &= rest - 1)
      function(static_cast<int32_t>(w * 64 + static_cast<size_t>(__builtin_ctzll(rest))));
}

}  // namespace l2opt
