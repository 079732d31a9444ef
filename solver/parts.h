// Independent parts: items that are never live at once, nor through others that are, can be packed each by itself.

#pragma once

#include <cstdint>
#include <vector>

#include "problem.h"

namespace l2opt {

// Items by part, in their order; parts by their first item. O(p log p).
std::vector<std::vector<int32_t>> independent_parts(const Problem& problem);

// The problem of these items alone, numbered as in `items`, with times of its own. O(p log p) in their pieces.
Problem only(const Problem& problem, const std::vector<int32_t>& items);

}  // namespace l2opt
