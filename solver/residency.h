// Which chains are in a memory of limited capacity, and when, at least cost.
//
// A chain is a sequence of events, each at a step. Between events it is in one of a few states; state 0 needs no room.
// At an event one of its options is taken: from a state to a state, at a cost, with room needed at that step. Between
// two events a chain that is not in state 0 needs the room of that gap at every step. Room at a step is limited. A
// chain gives up none during an event's step: an option needs at least the room of the gap before, unless it is from
// state 0, and of the gap after, unless it is to state 0. So what is too much before all events of a step are done
// stays so.

#pragma once

#include <cstdint>
#include <vector>

namespace l2opt {

constexpr int kStates = 4;

struct Option {
  int32_t from = 0, to = 0;  // states
  int64_t cost = 0;
  int64_t room = 0;   // while the event's step runs
  bool tail = false;  // what needs it may have the last part of the room, where that is smaller than one
};

struct Event {
  int32_t chain = 0;
  int32_t step = 0;
  int32_t first_option = 0, last_option = 0;
  int64_t gap = 0;        // room from after this event to before the chain's next one, unless in state 0
  bool gap_tail = false;  // likewise
  int32_t next = -1;      // the chain's next event
};

// Events are in the order of steps. A chain starts and ends in state 0.
struct Chains {
  std::vector<int64_t> capacity;  // step -> room
  std::vector<int64_t> whole;     // step -> room without the last part, which takes a tail to use it
  std::vector<Event> events;
  std::vector<Option> options;
  int32_t chains = 0;
};

struct Residency {
  std::vector<int32_t> taken;  // event -> option; empty: none was found
  int64_t cost = 0;
  double bound = 0;     // no choice costs less
  bool proven = false;  // no choice costs less than this one
};

struct ResidencyEffort {
  int32_t rounds = 300;        // of the relaxation
  int64_t looks = 20'000'000;  // options looked at by the search
  double seconds = 0;          // 0: none
};

// Prices of room at each step, and the bound that they prove (Lagrange; subgradient steps).
struct Prices {
  std::vector<double> price;
  double bound = 0;
};
// `from`: prices to start with.
Prices price_room(const Chains& chains, int64_t known, int32_t rounds, double deadline, const Prices* from = nullptr);

// A beam of growing width over the states of all chains, guided by the prices; what is cut off keeps its bound, so that
// a search that cut nothing is exact. Deterministic unless `seconds` cuts it. `known`: a cost that can be had; less is
// looked for. Ends as soon as the bound shows that nothing costs less than `below`.
// O(options looked at x words of a state).
Residency reside(const Chains& chains, int64_t known, int64_t below, const ResidencyEffort& effort);

}  // namespace l2opt
