// Packing by ejection: what has no place takes the cheapest one there is, and what lies there loses its own.
//
// A column that finds no free place gets a higher penalty; the cheapest place is where the penalties of what must leave
// it sum up least. So what is hard to place stays, and the rest moves around it (as routes do in Nagata and Braysy
// 2009). In between, columns near by move from one free place to another, so that no two attempts meet the same.
// Good where there is some room, shared by many columns; proves nothing.

#pragma once

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "random.h"
#include "search.h"
#include "sections.h"

namespace l2opt {

// How far it has come. To go on from it again gives the same again; the capacity may change in between.
struct Ejected {
  int64_t capacity = 0;  // bytes
  Random random{0};
  std::vector<int64_t> offsets;    // units, a column each; kLeftOut: it waits. Empty: all do
  std::vector<int64_t> penalties;  // a column each; empty: not begun
  std::vector<int32_t> waiting;    // columns without a place
  int64_t spent = 0;               // work
};

// Which columns meet. O(cells x columns live at once).
class Meeting {
 public:
  // Live with the other at some time. Offsets above theirs - below and below theirs + above meet it.
  struct Other {
    int32_t column;
    int64_t below, above;  // units
  };

  explicit Meeting(const Sections& sections);
  const std::vector<Other>& of(int32_t column) const { return others_[column]; }

 private:
  std::vector<std::vector<Other>> others_;  // a column each
};

// Whether there are not too many for that, in memory and time. O(cells).
bool few_meet(const Sections& sections);

class Ejection {
 public:
  // `stop`: asked now and then; true ends a run.
  Ejection(const Sections& sections, const Meeting& meeting, std::function<bool()> stop);

  // Goes on for about `work`; kYes or kUnknown. Deterministic unless stopped.
  Answer run(Ejected& ejected, int64_t work);

 private:
  void begin(Ejected& ejected) const;
  int32_t next(Ejected& ejected) const;
  int64_t free_place(Ejected& ejected, int32_t column);
  int64_t cheapest_place(Ejected& ejected, int32_t column);
  void put(Ejected& ejected, int32_t column, int64_t offset) const;
  void stir(Ejected& ejected, int32_t column);
  int64_t highest(const Ejected& ejected, int32_t column) const;

  const Sections& sections_;
  const Meeting& meeting_;
  std::function<bool()> stop_;
  std::vector<std::pair<int64_t, int64_t>> taken_;  // offsets [from, to) that are not free
  std::vector<std::pair<int64_t, int64_t>> steps_;  // from an offset on, so much more must leave
  int64_t work_ = 0;
};

}  // namespace l2opt
