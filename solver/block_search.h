// The exact search for items that float: can all blocks be placed below a capacity?
//
// As in `search.h` some solution, if there is any, has each block rest on another or on the lowest offset it may have.
// A node takes the unplaced block with the lowest offset left, and either places it there or raises it to the next
// offset at which it could rest. Others may come to lie below it later, where it floats. Pruned by `machine.h`, section
// by section. Parts that no unplaced block joins are solved one by one. Complete, but with fewer inferences than the
// search for items that stand.

#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "blocks.h"
#include "machine.h"
#include "search.h"

namespace l2opt {

class BlockSearch {
 public:
  // As `Search`.
  BlockSearch(const Blocks& blocks, std::function<bool()> stop);
  Answer run(int64_t capacity, const Strategy& strategy, int64_t work);
  const std::vector<int64_t>& offsets() const { return lowest_; }  // units, a block each, after kYes
  int64_t nodes() const { return spent_; }
  bool stopped() const { return stopped_; }

 private:
  struct Change {
    int32_t block;
    int64_t old;  // its lowest offset; -1: it was not placed
  };

  bool prepare(int64_t capacity, const Strategy& strategy);
  void set_keys(const Strategy& strategy);
  bool solve(int32_t lo, int32_t hi);
  void parts_of(int32_t lo, int32_t hi, std::vector<std::pair<int32_t, int32_t>>& parts) const;
  int32_t choose(int32_t lo, int32_t hi) const;
  void count(const Block& block, int32_t more);
  bool supported(int32_t block) const;
  int64_t next_offset(int32_t block) const;
  bool place(int32_t block);
  bool raise(int32_t block, int64_t offset);
  int64_t clear_of_placed(int32_t block, int64_t offset);
  bool settle();
  bool fits(int32_t section);
  void enqueue(int32_t block);
  void undo(size_t mark);

  const Blocks& blocks_;
  std::function<bool()> stop_;
  int64_t capacity_ = 0, work_ = 0, spent_ = 0;
  bool aborted_ = false, stopped_ = false, deep_ = false, by_end_ = false;
  std::vector<int64_t> lowest_;               // a block each: lowest offset left; its offset if it is placed
  std::vector<int64_t> limit_;                // a block each: highest offset allowed
  std::vector<char> placed_;                  // a block each
  std::vector<double> key_;                   // a block each: largest first
  std::vector<int32_t> unplaced_, crossing_;  // a section each: unplaced blocks live in it; in or around it and before
  std::vector<Change> trail_;
  std::vector<int32_t> queue_;  // sections to look at
  std::vector<char> queued_;
  Machine machine_;
  std::vector<Job> jobs_;
  std::vector<Raise> raises_;
};

}  // namespace l2opt
