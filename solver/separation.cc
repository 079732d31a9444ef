#include "separation.h"

#include <algorithm>

namespace l2opt {
namespace {

constexpr int64_t kConstant = 48;               // of an overlap's cost: one part of the capacity in so many
constexpr double kAny = 0.01;                   // over the columns, of the places are any: so no circle lasts
constexpr int64_t kPrice = 3;                   // to look at a neighbor takes as long as so many columns in the search
constexpr int64_t kPatience = 256;              // columns between two questions whether to stop
constexpr int64_t kHighest = int64_t{1} << 32;  // units, of all columns

bool overlap(int64_t offset, int64_t theirs, const Neighbor& other) {
  return offset > theirs - other.below && offset < theirs + other.above;
}

int64_t align_down(int64_t value, int64_t alignment) { return value - value % alignment; }

}  // namespace

bool separable(const Sections& sections) {
  int64_t sum = 0;
  for (const Column& column : sections.columns) sum += std::min(column.height, kHighest - sum);
  return sum < kHighest && few_meet(sections);
}

Separation::Separation(const Sections& sections, const Neighbors& neighbors, std::function<bool()> stop)
    : sections_(sections), neighbors_(neighbors), stop_(std::move(stop)) {}

Answer Separation::run(Separated& separated, int64_t work) {
  if (!begin(separated)) return Answer::kUnknown;
  work_ = work;
  const double any = kAny / static_cast<double>(sections_.columns.size());
  for (int64_t looked = 1; !overlapping_.empty() && work_ > 0; ++looked) {
    if (looked % kPatience == 0 && stop_()) break;
    const auto nth = static_cast<size_t>(separated.random.next() * static_cast<double>(overlapping_.size()));
    const int32_t i = overlapping_[nth];
    if (separated.random.next() < any) {
      move(separated, i, any_place(separated, i));
      continue;
    }
    int64_t now = 0;
    const Place place = cheapest_place(separated, i, now);
    move(separated, i, place.offset);
    if (place.cost >= now) weigh(separated, i);
  }
  separated.spent += work - work_;
  return overlapping_.empty() ? Answer::kYes : Answer::kUnknown;
}

// False if there is a column that has no place. Those that are too high by now go to the highest offset.
bool Separation::begin(Separated& separated) {
  for (size_t k = 0; k < sections_.columns.size(); ++k) {
    const Column& column = sections_.columns[k];
    if (column.first < column.last && highest(separated, static_cast<int32_t>(k)) < column.lowest) return false;
  }
  const bool fresh = separated.offsets.empty();
  separated.offsets.resize(sections_.columns.size(), kLeftOut), separated.weights.resize(neighbors_.size(), 1);
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

// One of the offsets at which overlaps cost least. `now`: set to what they cost where the column is.
Separation::Place Separation::cheapest_place(Separated& separated, int32_t i, int64_t& now) {
  const int64_t alignment = sections_.columns[i].alignment, offset = separated.offsets[i];
  add_costs(separated, i);
  Place best{offset, kUnbounded};
  double ways = 0;
  cost_.lines([&](int64_t from, int64_t to, int64_t cost, int64_t slope) {
    if (offset >= from && offset < to) now = cost + slope * (offset - from);
    if (std::min(cost, cost + slope * (to - 1 - from)) > best.cost) return;
    int64_t low = align_up(from, alignment), high = align_down(to - 1, alignment);
    if (low > high) return;
    if (slope > 0) high = low;
    if (slope < 0) low = high;
    const int64_t here = cost + slope * (low - from);
    if (here > best.cost) return;
    if (here < best.cost) ways = 0, best.cost = here;
    const double many = static_cast<double>((high - low) / alignment + 1);
    ways += many;
    if (separated.random.next() * ways >= many) return;
    best.offset = low + static_cast<int64_t>(separated.random.next() * many) * alignment;
  });
  return best;
}

void Separation::add_costs(const Separated& separated, int32_t i) {
  const size_t first = neighbors_.begin(i), last = neighbors_.end(i);
  cost_.begin(sections_.columns[i].lowest, highest(separated, i) + 1);
  for (size_t k = first; k < last; ++k) {
    const Neighbor& other = neighbors_[k];
    const int64_t theirs = separated.offsets[other.column], weight = separated.weights[k];
    const int64_t from = theirs - other.below + 1, to = theirs + other.above;  // where it overlaps
    const int64_t farthest = std::min(other.below, other.above);
    cost_.add(from, weight * (constant_ + 1), weight);
    cost_.add(from + farthest - 1, 0, -weight);
    cost_.add(to - farthest, 0, -weight);
    cost_.add(to, -weight * constant_, weight);
  }
  work_ -= kPrice * static_cast<int64_t>(1 + last - first);
}

void Separation::move(Separated& separated, int32_t i, int64_t offset) {
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

void Separation::weigh(Separated& separated, int32_t i) const {
  for (size_t k = neighbors_.begin(i); k < neighbors_.end(i); ++k) {
    const Neighbor& other = neighbors_[k];
    if (!overlap(separated.offsets[i], separated.offsets[other.column], other)) continue;
    ++separated.weights[k], ++separated.weights[other.back];
  }
}

}  // namespace l2opt
