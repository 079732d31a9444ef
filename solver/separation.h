// Packing by separation: all columns have offsets from the start, and overlap; they move until none does.
//
// An overlap of two columns costs its weight, times a constant and how far one of them would have to move. A column
// that overlaps goes where that costs least; where this is no less than it was, the weights of the overlaps it then has
// grow (guided local search, with which Egeblad, Nielsen and Odgaard 2007 pack polygons). So a stack that is a little
// too high is pushed apart column by column, and no overlap lasts. Weights are large from the start, more so of columns
// that are live together for long, so that each growth is a small one. Good where load is near its largest for long;
// proves nothing.

#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "costs.h"
#include "neighbors.h"
#include "random.h"
#include "search.h"
#include "sections.h"

namespace l2opt {

// How far it has come. To go on from it again gives the same again; the capacity may change in between.
struct Separated {
  int64_t capacity = 0;  // bytes
  Random random{0};
  std::vector<int64_t> offsets;  // units, a column each; kLeftOut: it has no bytes. Empty: not begun
  std::vector<int32_t> weights;  // as many as there are neighbors
  int64_t spent = 0;             // work
};

// Whether neighbors are few enough, and sums of costs fit. O(cells).
bool separable(const Sections& sections);

class Separation {
 public:
  // `stop`: asked now and then; true ends a run.
  Separation(const Sections& sections, const Neighbors& neighbors, std::function<bool()> stop);

  // Goes on for about `work`; kYes or kUnknown. Deterministic unless stopped.
  Answer run(Separated& separated, int64_t work);

  size_t overlapping() const { return overlapping_.size(); }  // columns, after a run
  bool stopped() const { return stopped_; }                   // the last run, by `stop`

 private:
  bool begin(Separated& separated);
  void list(const Separated& separated);
  int64_t any_place(Separated& separated, int32_t column) const;
  int32_t next(Separated& separated) const;
  Costs::Place cheapest_place(Separated& separated, int32_t column);
  void move(Separated& separated, int32_t column, int64_t offset);
  void change(int32_t column, int32_t overlaps);
  void meet(const Separated& separated, int32_t column);
  void weigh(Separated& separated) const;
  int64_t highest(const Separated& separated, int32_t column) const;

  const Sections& sections_;
  const Neighbors& neighbors_;
  std::function<bool()> stop_;
  bool stopped_ = false;
  int64_t looked_ = 0;  // columns, in all runs
  int64_t work_ = 0, constant_ = 1;
  int64_t tallest_ = 0;               // column, units
  std::vector<int32_t> overlaps_;     // a column each: how many
  std::vector<int32_t> overlapping_;  // columns that overlap
  std::vector<size_t> met_;           // neighbors that the last column overlaps
  std::vector<int32_t> index_;        // a column each: where it is there, or -1
  Costs costs_;                       // of the column at hand
};

}  // namespace l2opt
