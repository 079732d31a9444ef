// What may come next in an order with a low peak: kernels up to one after which some bytes are dead.

#pragma once

#include <cstdint>
#include <vector>

#include "order_effort.h"
#include "order_state.h"

namespace l2opt {

struct Ready {
  int32_t kernel;
  Step step;
};

// Kernels run one after another from some state, and where that leads.
struct Move {
  std::vector<int32_t> kernels;
  State end;
};

// Finds moves from a state. For any peak allowed that is at least the level, if there is a continuation with that peak,
// there is one that starts with a move.
//
// Call a kernel pure where nothing that it touches is dead after it. As long as only pure kernels run, live units only
// become more, whatever the order. Take a continuation; let A be what runs before its first kernel that is not pure, k.
//  - If k takes no in-place choice: of the units that end with k take one, u, for which Q, the kernels left that touch
//  u
//    with all that must run before them, is least. No unit ends in a proper part of Q: it would be one that ends with k
//    for which fewer kernels are needed. Run Q first, then the rest of A. In each step up to the end of A, what is live
//    is among what was live in the old step of k; afterwards the same set has run. Any kernel of Q for which none other
//    of Q waits may be its last. If none that touches u has a choice, all of these are alike; else each is tried.
//  - If k takes choices: let Q be k and what touches their sources, with all that must run before these. Run Q first, k
//    last, then the rest of A. At k the sources of the choices taken are dead, and others only where they were before,
//    so the same choices are taken. In the steps after it, targets stand where the sources were, whose units that k
//    touches count no less (see Choice) - and `guided_` is false where a pad could make them count less all the same.
//    With one target and a source whose units all have the same kernels, this Q is one of the first kind.
// Where nothing can end any more, the rest is pure, and every legal order of it is alike.
//
// So it is enough to try, for each unit and for each set of sources, Q with each last kernel, if all but the last are
// pure and all have room. Where the first step has bytes of its own (idle ones), or `guided_` is false, every ready
// kernel is a move of its own.
class Moves {
 public:
  Moves(const Network& network, Effort& effort);

  // `ready`: the ready kernels of `state`, rising. False if the effort is spent.
  bool find(const State& state, const std::vector<Ready>& ready, int64_t level);

  std::vector<Move> moves;  // with room
  int64_t later = 0;        // no other move has a lower peak

 private:
  struct Joint {
    int32_t last;
    std::vector<int32_t> users;   // of all its sources
    std::vector<uint64_t> needs;  // as bits: these, the last one, and all that must run before them
  };

  void prepare_choices(int32_t kernel);
  void add_joint(int32_t kernel, const std::vector<int32_t>& sources);
  bool safe(const Choice& choice) const;
  void mark(const std::vector<Ready>& ready, int64_t level);
  void prepare_units();
  std::vector<uint64_t> needs_of(const int32_t* first, const int32_t* last) const;
  void miss(const State& state, const std::vector<uint64_t>& needs);
  bool has_room(const State& state);
  bool end_unit(const State& state, size_t index, bool& can_end);
  bool end_sources(const State& state, const Joint& joint);
  bool add(const State& state, int32_t last);
  bool each_ready(const State& state, const std::vector<Ready>& ready);
  bool rest(const State& state);

  const Network& network_;
  Effort& effort_;
  const std::vector<std::vector<uint64_t>> ancestors_, descendants_;
  std::vector<Unit> born_;                    // kernel -> what it brings to life wherever it is pure
  int64_t pad_ = 0;                           // the largest of all units
  std::vector<int32_t> mortal_;               // units that are dead after their last touch
  std::vector<std::vector<uint64_t>> needs_;  // of each of these: the kernels that touch it, and all before them
  std::vector<Joint> joint_;                  // sets of sources that are no single unit's kernels
  bool guided_ = true;
  int64_t level_ = 0;
  std::vector<uint64_t> blocked_;  // kernels that cannot be in a move, but for those that end something as its last
  std::vector<uint64_t> ends_;     // ready kernels that end something
  std::vector<int32_t> wanted_;    // kernels that have not run, one of which is to be the last of a move
  std::vector<uint64_t> missing_;  // the kernels of the move
};

}  // namespace l2opt
