// What is packed: items made of rectangular pieces in time x bytes.
//
// An item is placed by one offset. Its pieces keep their place relative to that offset, so an item can be a plain
// buffer (one piece), a lifetime with gaps, an in-place merge (an L of two pieces) or a group of slices. Time is
// half-open and in ranks (only the order of times matters); bytes are half-open too.

#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace l2opt {

constexpr int64_t kUnbounded = int64_t{1} << 62;  // bytes; sums of two such sizes still fit
constexpr int64_t kLeftOut = -1;                  // the offset of an item that has no place

struct Piece {
  int32_t start, end;  // ranks of time
  int64_t lo, hi;      // bytes from the item's offset
  int32_t item;
};

struct Item {
  int32_t first, last;             // its pieces are pieces[first .. last)
  int64_t alignment;               // bytes; the offset is a multiple of it
  int64_t min_offset, max_offset;  // bytes, both allowed
  int64_t height;                  // bytes from the offset to its highest byte
  int32_t start, end;              // ranks of time; its whole span
  double steps;                    // length of its span, in steps as given
};

struct Problem {
  std::vector<Piece> pieces;
  std::vector<Item> items;
  int32_t ranks = 0;  // number of distinct times

  size_t size() const { return items.size(); }
};

// Arrays as the caller has them. Piece i of item k: first[k] <= i < first[k + 1].
struct Arrays {
  const int64_t *start, *end, *lo, *hi;                        // a piece each
  const int64_t *first, *alignment, *min_offset, *max_offset;  // an item each; `first` has one more
  size_t pieces, items;
};

// Throws std::invalid_argument, naming the item, if something is not sane. O(p log p).
Problem make_problem(const Arrays &arrays);

inline int64_t align_up(int64_t value, int64_t alignment) {
  const int64_t rest = value % alignment;
  return rest == 0 ? value : value + (alignment - rest);
}

inline int64_t align_down(int64_t value, int64_t alignment) { return value - value % alignment; }

}  // namespace l2opt
