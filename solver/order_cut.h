// The set of kernels after which the fewest bytes are live, among all between two sets.

#pragma once

#include <cstdint>
#include <vector>

#include "order_effort.h"
#include "order_state.h"

namespace l2opt {

// What is live after a set of kernels is a sum over units: one that no kernel has touched yet costs its bytes as soon
// as one does, and frees them when all have. So the least is a closure of kernels with the largest weight, found by a
// largest flow (Picard 1976).
class Cut {
 public:
  explicit Cut(const Network& network);

  // Those of `kernels`, which are all that have run since `from`, in their order, after which the least is live: all of
  // them if that is so with these, unless `fewest`; else as few as can be. In `bytes` of a unit: plain or lines.
  const std::vector<int32_t>& least(const State& from, const std::vector<int32_t>& kernels, int64_t Unit::* bytes,
                                    bool fewest, Effort& effort);

 private:
  struct Edge {
    int32_t to;
    int64_t room;  // bytes that may still flow
  };

  int32_t add_node();
  void connect(int32_t from, int32_t to, int64_t room);
  void add_unit(const State& from, int32_t unit, int64_t bytes);
  void add_kernels(const State& from, const std::vector<int32_t>& kernels, int64_t Unit::* bytes);
  int64_t flow();
  bool reach();

  const Network& network_;
  std::vector<int32_t> node_;              // kernel -> its node, or -1
  std::vector<uint8_t> known_;             // unit -> it has been looked at
  std::vector<std::vector<int32_t>> out_;  // node -> edges; the edge back is the other one of a pair
  size_t nodes_ = 0;
  std::vector<Edge> edges_;
  std::vector<int32_t> by_;  // node -> the edge by which it was reached, or -1
  std::vector<int32_t> queue_;
  std::vector<int32_t> chosen_;
  int64_t costs_ = 0;  // bytes of all units that come to life
};

}  // namespace l2opt
