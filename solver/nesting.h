// Which zero-copy parts lie within their wholes, for a given order of kernels.

#pragma once

#include <cstdint>
#include <vector>

#include "order_effort.h"
#include "order_graph.h"

namespace l2opt {

// A part may lie within a whole, both roots: bytes that are given a place. The bytes of `part` are then at
// [offset, offset + extent) of the whole; if that is more than it has, as `rows` equal runs, one in each equal row of
// the `room` bytes that the whole is seen as, which start at byte `base` of it. 0 rows: how they lie is not known.
struct Nest {
  int32_t kernel, part, whole;
  int64_t base, room, offset, extent, rows;
};

struct Touch {
  int32_t buffer;
  bool reads, writes;
};

// `target`, a root, may be written over `source` by a kernel.
struct Over {
  int32_t source, target;  // buffers
};

struct Nesting {
  std::vector<int32_t> root;          // buffer -> its root
  std::vector<int64_t> offset, size;  // buffer -> bytes from its root's start, and its own
  std::vector<uint8_t> from, until;   // buffer -> live from the start, live until the end
  std::vector<uint8_t> counts;        // buffer -> its root's bytes count
  std::vector<uint8_t> cut;           // root -> it has views of some of it
  Lists touches_of;                   // kernel -> touches
  std::vector<Touch> touches;         // of buffers that have bytes
  std::vector<Nest> nests;            // each could be taken on its own
  Lists overs_of;                     // kernel -> overs, in the order in which they are taken
  std::vector<Over> overs;            // those where only the order and what is nested decide
  int64_t alignment = 1;

  size_t kernels() const { return touches_of.size(); }
};

struct Nested {
  std::vector<int32_t> taken;  // nests
  int64_t peak;                // bytes: of the largest step, each root's up to a multiple of the alignment
};

// Those taken of `start`, the first ones first, and then the best found from there by taking or leaving single ones and
// all of a kernel: with the lowest peak, then with the fewest steps at the peak, then with the most bytes that need not
// be moved. `looks`: steps and bytes of roots looked at. Deterministic.
Nested nest(const Nesting& nesting, const std::vector<int32_t>& order, const std::vector<int32_t>& start,
            Effort effort);

}  // namespace l2opt
