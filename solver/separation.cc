#include "separation.h"

#include <algorithm>
#include <cmath>

namespace l2opt {
namespace {

constexpr int64_t kConstant = 48;               // of an overlap's cost: one part of the capacity in so many
constexpr double kFirst = 10;                   // weight of an overlap at first, times the root of how long it is
constexpr double kFollow = 0.5;                 // of the columns overlap the one before
constexpr double kAny = 0.01;                   // over the columns, of the places are any: so no circle lasts
constexpr int64_t kPrice = 3;                   // to look at a neighbor takes as long as so many columns in the search
constexpr int32_t kHeaviest = 1 << 30;          // weight: sums of costs fit
constexpr int64_t kPatience = 256;              // columns between two questions whether to stop
constexpr int64_t kHighest = int64_t{1} << 32;  // units, of all columns

bool overlap(int64_t offset, int64_t theirs, const Neighbor& other) {
  return offset > theirs - other.below && offset < theirs + other.above;
}

}  // namespace

bool separable(const Sections& sections) {
  int64_t sum = 0;
  for (const Column& column : sections.columns) sum += std::min(column.height, kHighest - sum);
  return sum < kHighest && few_meet(sections);
}

Separation::Separation(const Sections& sections, const Neighbors& neighbors, std::function<bool()> stop)
    : sections_(sections), neighbors_(neighbors), stop_(std::move(stop)) {
  for (const Column& column : sections.columns) tallest_ = std::max(tallest_, column.height);
}

Answer Separation::run(Separated& separated, int64_t work) {
  if (!begin(separated)) return Answer::kUnknown;
  work_ = work;
  const double any = kAny / static_cast<double>(sections_.columns.size());
  met_.clear(), stopped_ = false;
  while (!overlapping_.empty() && work_ > 0) {
    if (++looked_ % kPatience == 0 && (stopped_ = stop_())) break;
    const int32_t i = next(separated);
    if (separated.random.next() < any) {
      move(separated, i, any_place(separated, i));
      meet(separated, i);
      continue;
    }
    const Costs::Place place = cheapest_place(separated, i);
    move(separated, i, place.offset);
    meet(separated, i);
    if (place.cost >= place.now) weigh(separated);
  }
  separated.spent += work - work_;
  return overlapping_.empty() ? Answer::kYes : Answer::kUnknown;
}

// One that overlaps, in half of the cases one that the last column overlaps where it is now: what had to give way to it
// is looked at before others close in.
int32_t Separation::next(Separated& separated) const {
  const auto any_of = [&](size_t count) {
    return static_cast<size_t>(separated.random.next() * static_cast<double>(count));
  };
  if (!met_.empty() && separated.random.next() < kFollow) return neighbors_[met_[any_of(met_.size())]].column;
  return overlapping_[any_of(overlapping_.size())];
}

// False if there is a column that has no place. Those that are too high by now go to the highest offset.
bool Separation::begin(Separated& separated) {
  for (size_t k = 0; k < sections_.columns.size(); ++k) {
    const Column& column = sections_.columns[k];
    if (column.first < column.last && highest(separated, static_cast<int32_t>(k)) < column.lowest) return false;
  }
  const bool fresh = separated.offsets.empty();
  if (fresh) {
    separated.offsets.resize(sections_.columns.size(), kLeftOut);
    for (size_t k = 0; k < neighbors_.size(); ++k)
      separated.weights.push_back(static_cast<int32_t>(kFirst * std::sqrt(neighbors_.together(k))));
  }
  constant_ = 1;
  for (size_t k = 0; k < sections_.columns.size(); ++k) {
    const Column& column = sections_.columns[k];
    if (column.first == column.last) continue;
    const int64_t high = highest(separated, static_cast<int32_t>(k));
    constant_ = std::max(constant_, (high + column.height) / kConstant);
    int64_t& offset = separated.offsets[k];
    offset = fresh ? any_place(separated, static_cast<int32_t>(k)) : std::min(offset, high);
  }
  list(separated);
  return true;
}

void Separation::list(const Separated& separated) {
  const size_t count = sections_.columns.size();
  overlaps_.assign(count, 0), index_.assign(count, -1), overlapping_.clear();
  for (int32_t i = 0; i < static_cast<int32_t>(count); ++i) {
    int32_t overlaps = 0;
    for (size_t k = neighbors_.begin(i); k < neighbors_.end(i); ++k)
      overlaps += overlap(separated.offsets[i], separated.offsets[neighbors_[k].column], neighbors_[k]);
    change(i, overlaps);
  }
}

// Units; below 0 if it has no place.
int64_t Separation::highest(const Separated& separated, int32_t i) const {
  const Column& column = sections_.columns[i];
  const int64_t bytes = std::min(separated.capacity - column.bytes, column.max_offset);
  return bytes < 0 ? -1 : align_down(bytes / sections_.unit, column.alignment);
}

int64_t Separation::any_place(Separated& separated, int32_t i) const {
  const Column& column = sections_.columns[i];
  const double places = static_cast<double>((highest(separated, i) - column.lowest) / column.alignment + 1);
  return column.lowest + static_cast<int64_t>(separated.random.next() * places) * column.alignment;
}

// One of the offsets at which overlaps cost least.
Costs::Place Separation::cheapest_place(Separated& separated, int32_t i) {
  const Column& column = sections_.columns[i];
  const size_t first = neighbors_.begin(i), last = neighbors_.end(i);
  const int64_t high = highest(separated, i);
  costs_.begin(column.lowest, high, column.height + std::min(column.lowest, tallest_),
               separated.capacity / sections_.unit + 1 - high);
  const int64_t *offsets = separated.offsets.data(), constant = constant_;
  const int32_t* weights = separated.weights.data();
  const Neighbor* neighbors = &neighbors_[0];
  costs_.add(first, last, [=](size_t k) -> Hill {
    const Neighbor& other = neighbors[k];
    const int64_t theirs = offsets[other.column];
    return {theirs - other.below, theirs + other.above, std::min(other.below, other.above), weights[k], constant};
  });
  work_ -= kPrice * static_cast<int64_t>(1 + last - first);
  return costs_.cheapest(column.alignment, separated.offsets[i], separated.random);
}

void Separation::move(Separated& separated, int32_t i, int64_t offset) {
  if (offset == separated.offsets[i]) return;
  int32_t sum = 0;
  for (size_t k = neighbors_.begin(i); k < neighbors_.end(i); ++k) {
    const Neighbor& other = neighbors_[k];
    const int64_t theirs = separated.offsets[other.column];
    const int32_t more = overlap(offset, theirs, other) - overlap(separated.offsets[i], theirs, other);
    if (more != 0) change(other.column, more);
    sum += more;
  }
  change(i, sum);
  separated.offsets[i] = offset;
}

// The column has so many more overlaps.
void Separation::change(int32_t i, int32_t overlaps) {
  overlaps_[i] += overlaps;
  if ((overlaps_[i] > 0) == (index_[i] >= 0)) return;
  if (overlaps_[i] > 0) {
    index_[i] = static_cast<int32_t>(overlapping_.size());
    overlapping_.push_back(i);
    return;
  }
  const int32_t last = overlapping_.back();
  overlapping_[index_[i]] = last, index_[last] = index_[i], index_[i] = -1;
  overlapping_.pop_back();
}

// Lists what the column overlaps.
void Separation::meet(const Separated& separated, int32_t i) {
  met_.clear();
  for (size_t k = neighbors_.begin(i); k < neighbors_.end(i); ++k)
    if (overlap(separated.offsets[i], separated.offsets[neighbors_[k].column], neighbors_[k])) met_.push_back(k);
}

void Separation::weigh(Separated& separated) const {
  for (const size_t k : met_)
    separated.weights[k] = separated.weights[neighbors_[k].back] = std::min(separated.weights[k] + 1, kHeaviest);
}

}  // namespace l2opt
