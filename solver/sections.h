// A packing problem as the exact search sees it: items as columns of cells over sections of time, in units of bytes.
//
// A section is a stretch of time during which the live items do not change; sections whose live items are all live, and
// at least as high, in a neighbour are dropped; others are added, of columns that meet two by two. All heights, offsets
// and capacities are in units: the common divisor of the alignments, then of the heights. Heights are rounded up to the
// first, which loses nothing: whatever lies above starts at a multiple of it.

#pragma once

#include <cstdint>
#include <vector>

#include "problem.h"

namespace l2opt {

struct Cell {
  int32_t section;
  int64_t height;  // units from the item's offset
};

struct Column {
  int32_t first, last;     // its cells are cells[first .. last), by section; empty: no bytes
  int64_t height;          // units, the largest of its cells
  int64_t bytes;           // its exact height
  int64_t alignment;       // units
  int64_t lowest;          // units, the lowest aligned offset allowed
  int64_t max_offset;      // bytes
  bool flat = true;        // all cells have one height
  int32_t twin = -1;       // an earlier column that is the same in everything, if there is one
  int32_t next_twin = -1;  // the next one
};

struct Sections {
  std::vector<Cell> cells;
  std::vector<Column> columns;             // an item each
  std::vector<int32_t> item;               // the item of each column, in the problem that was given
  std::vector<std::vector<int32_t>> live;  // columns by section
  int64_t unit = 1;                        // bytes
  size_t count() const { return live.size(); }
};

// Whether at every time each item's bytes are one run from its offset up: nothing can lie below a part of it and be
// above another part.
bool stands(const Problem& problem);

// Cells that the problem has before sections are dropped: its size, for the exact search.
int64_t count_cells(const Problem& problem);

// `items`: which ones. What does not stand is filled up from its offset: a packing of that is one of the problem, but
// proves nothing of it. O(cells log cells).
Sections make_sections(const Problem& problem, const std::vector<int32_t>& items);

}  // namespace l2opt
