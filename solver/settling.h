// Separation with exact search: where few columns overlap any more, short runs of the search try first what lies
// lowest there. What separation alone pushes to and fro for long, such as the last two columns that meet in a stack of
// just the capacity, the search puts in order; and alone it does not find such an arrangement of the whole.

#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "search.h"
#include "separation.h"

namespace l2opt {

class Settling {
 public:
  // `base`: work of one run of the search; 0: none, separation alone. `stop`: as in `Search`.
  Settling(const Sections& sections, const Neighbors& neighbors, int64_t base, const std::function<bool()>& stop);

  // Goes on for about `work`. Deterministic unless stopped. The offsets are a packing after kYes.
  Answer run(Separated& separated, int64_t work);

  int64_t nodes() const { return search_.nodes(); }  // in all runs of the search

 private:
  Answer settle(Separated& separated);

  const Sections& sections_;
  const int64_t base_;
  Separation separation_;
  Search search_;
};

}  // namespace l2opt
