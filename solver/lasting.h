// Items that last: as high at every time that counts. Such an item is a wall: each other item is below it for all of
// its life, or above. What is below can go up and the wall down to the ground, so walls are taken out and all else is
// packed as if they were not there.
//
// Where all alignments are the same, a wall on the ground may lose the bytes that round up its height; at the top it
// loses none of its own, but those that round up what is below. The one that would lose most is tried there. Where
// alignments differ, only items whose height is a multiple of each of them are taken. With windows, none are; nor if an
// item has a hole between its bytes, or below them: a wall could lie there.

#pragma once

#include <cstdint>
#include <vector>

#include "problem.h"

namespace l2opt {

class Lasting {
 public:
  explicit Lasting(const Problem& problem);  // O(p log p)

  bool none() const { return walls_.empty(); }
  const std::vector<int32_t>& rest() const { return rest_; }  // the other items, in their order

  // The least peak of all items, if that of the rest is `peak`.
  int64_t with_walls(int64_t peak) const;

  // The least peak of the rest with which all items need `peak` or more.
  int64_t without_walls(int64_t peak) const;

  // Offsets of all items, from those of the rest, which end at `peak`.
  std::vector<int64_t> placed(const std::vector<int64_t>& offsets, int64_t peak) const;

 private:
  bool tops(int64_t peak) const;

  const Problem& problem_;
  std::vector<int32_t> walls_, rest_;  // the last wall is the one that may be at the top
  int64_t unit_ = 1;                   // bytes: what heights of walls are rounded up to
  int64_t high_ = 0;                   // bytes of all walls on the ground
  int64_t spared_ = 0;                 // bytes fewer if the last one is not there
};

}  // namespace l2opt
