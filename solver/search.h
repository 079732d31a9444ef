// The exact search: can all columns be placed below a capacity?
//
// Normal form: push every item down until it rests on another, or on the lowest offset it may have; so in some
// solution, if there is any, each item does. The search decides, section by section, which item starts exactly at the
// section's floor: a node takes a section and a column that could start there, and either places it or raises the
// column's lowest offset to the next one at which it could rest on something.
//
// Pruned when, at a section, the columns not yet placed, each from its lowest offset up, do not fit one above the other
// below the capacity (`machine.h`, which also raises lowest offsets);
// or when a column could sink below all that is still to come around it (then the solution is not in normal form).
// Parts that no unplaced column joins are solved one by one. Identical columns are placed in one order. Sections whose
// unplaced columns are all unplaced in the next one kept too, on one side, are dropped on the way down.

#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "machine.h"
#include "sections.h"
#include "strategy.h"

namespace l2opt {

enum class Answer { kYes, kNo, kUnknown };

class Search {
 public:
  // `stop`: asked now and then; true ends the run without an answer.
  Search(const Sections& sections, std::function<bool()> stop);

  // Complete but for `work`, a limit on this call: columns looked at. Deterministic unless stopped. `capacity`: bytes.
  Answer run(int64_t capacity, const Strategy& strategy, int64_t work);

  const std::vector<int64_t>& offsets() const { return placed_; }  // units, a column each, after kYes
  int64_t nodes() const { return spent_; }                         // in all runs
  int64_t work_left() const { return work_; }                      // of the last run; may be below 0
  bool stopped() const { return stopped_; }                        // the last run, by `stop`

 private:
  struct Change {
    int64_t* at;
    int64_t old;
  };
  struct Choice {
    int32_t section, column;
  };

  bool prepare(int64_t capacity, const Strategy& strategy);
  bool solve(int32_t lo, int32_t hi);
  bool solve_parts(const std::vector<std::pair<int32_t, int32_t>>& parts);
  void parts_of(int32_t lo, int32_t hi, std::vector<std::pair<int32_t, int32_t>>& parts) const;
  Choice choose(int32_t lo, int32_t hi) const;
  bool supported(int32_t column) const;
  int64_t next_offset(int32_t column) const;

  void set(int64_t& at, int64_t value);
  void undo(size_t mark);
  bool place(int32_t column);
  void take(const Column& column, int32_t index);
  void drop_covered(const Column& column);
  void drop(int32_t section);
  int32_t kept(int32_t section) const;
  int32_t next(int32_t section) const { return static_cast<int32_t>(next_[section]); }
  int32_t first_cell(const Column& column) const;
  int32_t next_cell(int32_t cell) const;
  bool raise(int32_t column, int64_t offset);
  bool settle();
  void sort_live(int32_t section);
  bool fits(int32_t section);
  int64_t count_low(int32_t section) const;
  int64_t height_at(const Column& column, int32_t section) const;
  bool sinks(int32_t column) const;

  const Sections& sections_;
  std::function<bool()> stop_;
  int64_t capacity_ = 0, work_ = 0, spent_ = 0;
  bool aborted_ = false, stopped_ = false;
  Strategy strategy_;
  std::vector<int64_t> lowest_;             // a column each: lowest offset left
  std::vector<int64_t> rest_;               // a column each: where it would rest on what is placed so far
  std::vector<int64_t> limit_;              // a column each: highest offset allowed
  std::vector<int64_t> placed_;             // a column each: its offset, or kLeftOut
  std::vector<int64_t> floor_;              // a section each: nothing starts below any more
  std::vector<int64_t> left_;               // a section each: heights not yet placed
  std::vector<int64_t> next_, previous_;    // a section each: the next one kept, the one kept before it
  std::vector<int64_t> dropped_;            // a section each: 1 if it is not looked at any more
  std::vector<int64_t> crossing_;           // a section each: unplaced columns live in it and before it
  std::vector<int64_t> count_;              // a section each: unplaced columns
  std::vector<std::vector<int32_t>> live_;  // a section each: columns, the first count_ of them unplaced
  std::vector<int64_t> failures_;           // a section each
  std::vector<double> key_;                 // a column each: largest first
  std::vector<int64_t> flat_height_;        // a column each: its height, or -1 if it has several
  bool plain_ = true;                       // all columns are flat and have no gaps: sections may be dropped
  Machine machine_;
  std::vector<Job> jobs_;  // of the section at hand
  std::vector<Raise> raises_;
  std::vector<Change> trail_;
  std::vector<int32_t> queue_;  // sections whose floor may rise
  std::vector<char> queued_;
  std::vector<int32_t> touched_;  // sections to test again
  std::vector<char> touched_mark_;
  std::vector<int64_t> seen_;  // a column each: when it was last tested
  int64_t stamp_ = 0;
};

}  // namespace l2opt
