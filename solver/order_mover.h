// Legal orders near a legal order.

#pragma once

#include <cstdint>
#include <vector>

#include "order_effort.h"
#include "order_state.h"
#include "random.h"

namespace l2opt {

class Mover {
 public:
  Mover(const Network& network, std::vector<int32_t>& order)
      : network_(network), order_(order), place_(network.graph.kernels()) {}

  // Moves some run of kernels to a place where it may be. False if there is none but its own.
  bool move(Random& random);

 private:
  const Network& network_;
  std::vector<int32_t>& order_;
  std::vector<int32_t> place_;
};

// An order some moves away, no load of which is above `most`, as none of `order` is. Where few moves are possible, it
// may be the same. Each move tried spends as many looks as there are kernels. Deterministic for one `seed`.
std::vector<int32_t> shaken(const Network& network, const std::vector<int32_t>& order, int64_t most, int32_t moves,
                            uint32_t seed, Effort& effort);

}  // namespace l2opt
