// Items that meet two by two, though not all at one time: where lives have gaps, they need as much as if they did.

#pragma once

#include <cstdint>
#include <vector>

#include "sections.h"

namespace l2opt {

// Adds sections of such items, where these are higher than what is live at a time that all their lives span. An item
// there is as high as it is, at least, whenever it meets another of them. Does nothing where no life has a gap.
// O(sections x a fixed effort).
void add_meetings(Sections& sections);

// Bytes that a section needs, and its columns: no packing has a lower peak.
struct Needed {
  int64_t bytes = 0;
  std::vector<int32_t> columns;
};

// The section that needs most. O(cells).
Needed highest_section(const Sections& sections);

}  // namespace l2opt
