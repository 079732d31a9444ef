#include "bound.h"

#include <algorithm>

#include "load.h"
#include "padding.h"

namespace l2opt {
namespace {

constexpr int64_t kPaddingWork = 2'000'000;  // runs looked at

void raise(Bound& bound, int64_t bytes, const char* by) {
  if (bytes > bound.bytes) bound = {bytes, by};
}

}  // namespace

Bound lower_bound(const Problem& problem, bool whole) {
  Bound bound;
  for (int64_t load : loads(problem)) raise(bound, load, "load");
  for (const Item& item : problem.items)
    raise(bound, align_up(item.min_offset, item.alignment) + item.height, "window");
  raise(bound, largest_load(problem), "padded load");
  raise(bound, padded_load(problem, whole, bound.bytes, kPaddingWork), "padded load");
  if (whole) raise(bound, next_top(problem, bound.bytes), "ends of items");
  return bound;
}

}  // namespace l2opt
