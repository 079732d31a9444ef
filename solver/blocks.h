// A packing problem as the search for floating items sees it: each item a rigid set of cells over sections of time.
//
// An item floats where it has bytes above a hole that others may use: a slice that outlives the ones below it. Sections
// are the times at which the most is live: live pieces at any other time are all live at one of these. Units as in
// `sections.h`, but heights are not rounded.

#pragma once

#include <cstdint>
#include <vector>

#include "problem.h"

namespace l2opt {

struct BlockCell {
  int32_t section, block;
  int64_t lo, hi;  // units from the block's offset
};

struct Block {
  int32_t first, last;  // its cells are cells[first .. last), by section
  int64_t height;       // units
  int64_t bytes;        // its exact height
  int64_t alignment;    // units
  int64_t lowest;       // units, the lowest aligned offset allowed
  int64_t max_offset;   // bytes
};

struct Blocks {
  std::vector<BlockCell> cells;
  std::vector<Block> columns;              // an item each
  std::vector<int32_t> item;               // the item of each, in the problem that was given
  std::vector<std::vector<int32_t>> live;  // indices of cells, by section
  int64_t unit = 1;                        // bytes
  size_t count() const { return live.size(); }
};

// O(cells).
Blocks make_blocks(const Problem& problem);

}  // namespace l2opt
