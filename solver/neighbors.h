// Which columns meet, two by two.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sections.h"

namespace l2opt {

// A column live with another at some time. Offsets above its own - below and below its own + above overlap it.
struct Neighbor {
  int32_t column, back;  // `back`: index of what says the same of the two from the other side
  int64_t below, above;  // units
};

class Neighbors {
 public:
  explicit Neighbors(const Sections& sections);  // O(cells x columns live at once)
  size_t size() const { return all_.size(); }
  size_t begin(int32_t column) const { return first_[column]; }
  size_t end(int32_t column) const { return first_[column + 1]; }
  const Neighbor& operator[](size_t index) const { return all_[index]; }
  int32_t together(size_t index) const { return together_[index]; }  // sections in which both are live

 private:
  void add(const std::vector<std::vector<Cell>>& live, const Sections& sections, int32_t column);

  std::vector<Neighbor> all_;  // by column, then by the other
  std::vector<int32_t> together_;
  std::vector<size_t> first_;   // a column each, and the end
  std::vector<int32_t> place_;  // a column each: its index among those of the column at hand, or -1
};

// Whether there are not too many, for memory and time. O(cells).
bool few_meet(const Sections& sections);

}  // namespace l2opt
