#include "search.h"

#include <algorithm>
#include <limits>

namespace l2opt {
namespace {

constexpr int64_t kPatience = 64;  // nodes between two questions whether to stop
constexpr size_t kLooks = 1024;    // sections between two of these, in one node
constexpr int64_t kDeep = 4;       // a column looked at deeply takes as long as so many
constexpr int64_t kFar = std::numeric_limits<int64_t>::max() / 4;

}  // namespace

Search::Search(const Sections& sections, std::function<bool()> stop)
    : sections_(sections), stop_(std::move(stop)), queued_(sections.count(), 0), touched_mark_(sections.count(), 0) {
  for (const Column& column : sections.columns) {
    if (column.first == column.last) continue;
    const int32_t from = sections.cells[column.first].section, to = sections.cells[column.last - 1].section;
    plain_ &= column.flat && to - from == column.last - 1 - column.first;
  }
}

Answer Search::run(int64_t capacity, const Strategy& strategy, int64_t work) {
  work_ = work;
  aborted_ = stopped_ = false;
  const bool possible = prepare(capacity, strategy) && settle();
  const bool found = possible && solve(0, static_cast<int32_t>(sections_.count()));
  return found ? Answer::kYes : aborted_ ? Answer::kUnknown : Answer::kNo;
}

bool Search::prepare(int64_t capacity, const Strategy& strategy) {
  const size_t columns = sections_.columns.size(), count = sections_.count();
  strategy_ = strategy;
  trail_.clear(), queue_.clear(), touched_.clear();
  queued_.assign(count, 1), touched_mark_.assign(count, 0);
  placed_.assign(columns, kLeftOut);
  lowest_.assign(columns, 0), rest_.assign(columns, 0), limit_.assign(columns, 0), seen_.assign(columns, 0);
  floor_.assign(count, 0), left_.assign(count, 0), count_.assign(count, 0), crossing_.assign(count + 1, 0);
  next_.resize(count), previous_.resize(count), dropped_.assign(count, 0);
  if (!strategy.learn || failures_.size() != count) failures_.assign(count, 0);
  live_ = sections_.live;
  capacity_ = 0;
  for (size_t s = 0; s < count; ++s) {
    count_[s] = static_cast<int64_t>(live_[s].size());
    next_[s] = static_cast<int64_t>(s) + 1, previous_[s] = static_cast<int64_t>(s) - 1;
    queue_.push_back(static_cast<int32_t>(s));
  }
  bool possible = true;
  for (size_t i = 0; i < columns; ++i) {
    const Column& column = sections_.columns[i];
    if (column.first == column.last) continue;
    const int64_t highest = std::min(capacity - column.bytes, column.max_offset);
    limit_[i] = highest < 0 ? -1 : highest / sections_.unit;
    lowest_[i] = rest_[i] = column.lowest;
    possible &= lowest_[i] <= limit_[i];
    capacity_ = std::max(capacity_, limit_[i] + column.height);
    for (int32_t c = column.first; c < column.last; ++c) left_[sections_.cells[c].section] += sections_.cells[c].height;
    const int32_t from = sections_.cells[column.first].section, to = sections_.cells[column.last - 1].section;
    for (int32_t s = from + 1; s <= to; ++s) ++crossing_[s];
  }
  flat_height_.clear();
  for (const Column& column : sections_.columns) flat_height_.push_back(column.flat ? column.height : -1);
  key_ = keys_of(sections_, strategy_, left_, capacity_);
  return possible;
}

bool Search::solve(int32_t lo, int32_t hi) {
  const size_t start = trail_.size();
  std::vector<std::pair<int32_t, int32_t>> parts;
  while (true) {
    ++spent_;
    stopped_ = spent_ % kPatience == 0 && stop_();
    if (work_ <= 0 || stopped_) {
      aborted_ = true;
      return false;
    }
    parts_of(lo, hi, parts);
    if (parts.empty()) return true;
    if (parts.size() > 1) {
      if (solve_parts(parts)) return true;
      undo(start);
      return false;
    }
    lo = parts[0].first, hi = parts[0].second;
    const Choice choice = choose(lo, hi);
    if (supported(choice.column)) {
      const size_t mark = trail_.size();
      if (place(choice.column) && settle() && solve(lo, hi)) return true;
      if (aborted_) return false;
      undo(mark);
    }
    if (!raise(choice.column, next_offset(choice.column)) || !settle()) {
      undo(start);
      return false;
    }
  }
}

bool Search::solve_parts(const std::vector<std::pair<int32_t, int32_t>>& parts) {
  for (const auto& [lo, hi] : parts)
    if (!solve(lo, hi)) return false;
  return true;
}

void Search::parts_of(int32_t lo, int32_t hi, std::vector<std::pair<int32_t, int32_t>>& parts) const {
  parts.clear();
  int32_t from = -1;
  for (int32_t s = kept(lo); s < hi; s = next(s)) {
    if (from >= 0 && crossing_[s] == 0) parts.emplace_back(from, s), from = -1;
    if (from < 0 && count_[s] > 0) from = s;
  }
  if (from >= 0) parts.emplace_back(from, hi);
  std::sort(parts.begin(), parts.end(), [](const auto& a, const auto& b) {
    return a.second - a.first != b.second - b.first ? a.second - a.first < b.second - b.first : a.first < b.first;
  });
}

Search::Choice Search::choose(int32_t lo, int32_t hi) const {
  Choice best{-1, -1};
  int64_t lowest = 0;
  double least = 0;
  for (int32_t s = kept(lo); s < hi; s = next(s)) {
    if (count_[s] == 0 || (best.section >= 0 && floor_[s] > lowest)) continue;
    double score = 0;
    switch (strategy_.section) {
      case Strategy::Section::kTightest:
        score = static_cast<double>(capacity_ - floor_[s] - left_[s]);
        break;
      case Strategy::Section::kFewest:
        score = static_cast<double>(count_low(s));
        break;
      case Strategy::Section::kFailing:
        score = static_cast<double>(count_low(s)) / static_cast<double>(1 + failures_[s]);
        break;
    }
    if (best.section < 0 || floor_[s] < lowest || score < least) best.section = s, lowest = floor_[s], least = score;
  }
  const int32_t s = best.section;
  for (int64_t k = 0; k < count_[s]; ++k) {
    const int32_t i = live_[s][k];
    if (lowest_[i] != floor_[s]) continue;
    if (best.column < 0 || key_[i] > key_[best.column] || (key_[i] == key_[best.column] && i < best.column))
      best.column = i;
  }
  return best;
}

// Columns that may start at the section's floor.
int64_t Search::count_low(int32_t s) const {
  int64_t low = 0;
  for (int64_t k = 0; k < count_[s]; ++k) low += lowest_[live_[s][k]] == floor_[s];
  return low;
}

// Whether something that is placed, or may yet be, can carry the column at its lowest offset.
bool Search::supported(int32_t i) const {
  const Column& column = sections_.columns[i];
  const int64_t offset = lowest_[i];
  if (rest_[i] == offset) return true;
  for (int32_t c = first_cell(column); c < column.last; c = next_cell(c)) {
    const int32_t s = sections_.cells[c].section;
    if (floor_[s] >= offset) continue;
    for (int64_t k = 0; k < count_[s]; ++k)
      if (lowest_[live_[s][k]] < offset) return true;
  }
  return false;
}

// The next offset above the lowest at which the column could rest on a column not yet placed; kFar if there is none.
int64_t Search::next_offset(int32_t i) const {
  const Column& column = sections_.columns[i];
  int64_t next = kFar;
  for (int32_t c = first_cell(column); c < column.last; c = next_cell(c)) {
    const int32_t s = sections_.cells[c].section;
    for (int64_t k = 0; k < count_[s]; ++k) {
      const int32_t other = live_[s][k];
      if (other == i) continue;
      const Column& below = sections_.columns[other];
      const int64_t height = below.flat ? below.height : height_at(below, s);
      next = std::min(next, std::max(lowest_[i] + 1, lowest_[other] + height));
    }
  }
  return next == kFar ? kFar : align_up(next, column.alignment);
}

void Search::set(int64_t& at, int64_t value) {
  trail_.push_back({&at, at});
  at = value;
}

void Search::undo(size_t mark) {
  while (trail_.size() > mark) {
    *trail_.back().at = trail_.back().old;
    trail_.pop_back();
  }
  for (int32_t s : queue_) queued_[s] = 0;
  for (int32_t s : touched_) touched_mark_[s] = 0;
  queue_.clear(), touched_.clear();
}

bool Search::place(int32_t i) {
  const Column& column = sections_.columns[i];
  const int64_t offset = lowest_[i];
  set(placed_[i], offset);
  take(column, i);
  for (int32_t c = first_cell(column); c < column.last; c = next_cell(c)) {
    const auto [s, height] = sections_.cells[c];
    const std::vector<int32_t>& live = live_[s];
    for (int64_t k = 0; k < count_[s]; ++k) {
      const int32_t other = live[k];
      if (rest_[other] < offset + height)
        set(rest_[other], align_up(offset + height, sections_.columns[other].alignment));
      if (lowest_[other] < offset + height && !raise(other, offset + height)) return false;
    }
    if (!queued_[s]) queued_[s] = 1, queue_.push_back(s);
  }
  if (plain_) drop_covered(column);
  return true;
}

// The column is no longer to be placed.
void Search::take(const Column& column, int32_t i) {
  int32_t before = -1;
  for (int32_t c = first_cell(column); c < column.last; c = next_cell(c)) {
    const auto [s, height] = sections_.cells[c];
    set(left_[s], left_[s] - height);
    std::vector<int32_t>& live = live_[s];
    const int64_t last = count_[s] - 1;
    int64_t at = 0;
    while (live[at] != i) ++at;
    std::swap(live[at], live[last]);
    set(count_[s], last);
    if (before >= 0)
      for (int32_t t = next(before); t <= s; t = next(t)) set(crossing_[t], crossing_[t] - 1);
    before = s;
  }
}

// Drops sections of a column just placed that have no other columns to be placed than the next one kept has, on
// one side: what holds there holds here. Those at the column's ends are the only ones for which this is new.
void Search::drop_covered(const Column& column) {
  const int32_t from = sections_.cells[column.first].section, to = sections_.cells[column.last - 1].section;
  int32_t s = kept(from);
  for (; s <= to && (count_[s] == 0 || crossing_[s] == count_[s]); s = next(s)) drop(s);
  if (s > to) return;
  int32_t last = s;
  while (next(last) <= to) last = next(last);
  const auto after = [&] { return next(last) < static_cast<int32_t>(sections_.count()) ? crossing_[next(last)] : 0; };
  while (last >= from && (count_[last] == 0 || after() == count_[last])) {
    drop(last);
    last = static_cast<int32_t>(previous_[last]);
  }
}

void Search::drop(int32_t s) {
  const int64_t before = previous_[s], after = next_[s];
  set(dropped_[s], 1);
  if (before >= 0) set(next_[before], after);
  if (after == static_cast<int64_t>(sections_.count())) return;
  set(previous_[after], before);
  set(crossing_[after], std::min(crossing_[s], crossing_[after]));
}

// The first section from `s` on that has not been dropped.
int32_t Search::kept(int32_t s) const {
  while (s < static_cast<int32_t>(sections_.count()) && dropped_[s]) s = next(s);
  return s;
}

// The first cell of a column, and the next one, in a section that has not been dropped. Where some are dropped, a
// column has a cell in each section from its first to its last.
int32_t Search::first_cell(const Column& column) const {
  const int32_t s = sections_.cells[column.first].section;
  return column.first + kept(s) - s;
}

int32_t Search::next_cell(int32_t c) const {
  const int32_t s = sections_.cells[c].section;
  return c + next(s) - s;
}

// The column starts at `offset` or above, from now on.
bool Search::raise(int32_t i, int64_t offset) {
  const Column& column = sections_.columns[i];
  offset = align_up(offset, column.alignment);
  if (offset <= lowest_[i]) return true;
  if (offset > limit_[i]) return false;
  set(lowest_[i], offset);
  for (int32_t c = first_cell(column); c < column.last; c = next_cell(c)) {
    const int32_t s = sections_.cells[c].section;
    if (!queued_[s]) queued_[s] = 1, queue_.push_back(s);
  }
  if (column.next_twin >= 0 && placed_[column.next_twin] == kLeftOut)
    return raise(column.next_twin, offset + column.height);
  return true;
}

// Raises floors to what can still start there, and columns to the floors, until nothing moves; then the tests.
bool Search::settle() {
  for (size_t next = 0; next < queue_.size(); ++next) {
    const int32_t s = queue_[next];
    queued_[s] = 0;
    if (next % kLooks == kLooks - 1 && stop_()) {
      aborted_ = stopped_ = true;
      return false;
    }
    if (dropped_[s]) continue;
    work_ -= (1 + count_[s]) * (strategy_.deep ? kDeep : 1);
    if (!touched_mark_[s]) touched_mark_[s] = 1, touched_.push_back(s);
    if (count_[s] == 0) continue;
    sort_live(s);
    if (lowest_[live_[s][0]] > floor_[s]) set(floor_[s], lowest_[live_[s][0]]);
    if (fits(s)) continue;
    ++failures_[s];
    return false;
  }
  queue_.clear();
  ++stamp_;
  for (int32_t s : touched_) {
    if (dropped_[s]) continue;
    for (int64_t k = 0; k < count_[s]; ++k) {
      const int32_t i = live_[s][k];
      if (rest_[i] >= lowest_[i] || seen_[i] == stamp_) continue;
      seen_[i] = stamp_;
      if (sinks(i)) return false;
    }
  }
  for (int32_t s : touched_) touched_mark_[s] = 0;
  touched_.clear();
  return true;
}

// Unplaced columns by lowest offset. They are nearly so already.
void Search::sort_live(int32_t s) {
  int32_t* const live = live_[s].data();
  for (int64_t k = 1; k < count_[s]; ++k) {
    const int32_t i = live[k];
    const int64_t lowest = lowest_[i];
    int64_t at = k;
    for (; at > 0 && lowest_[live[at - 1]] > lowest; --at) live[at] = live[at - 1];
    live[at] = i;
  }
}

bool Search::fits(int32_t s) {
  const int32_t* const live = live_[s].data();
  jobs_.resize(static_cast<size_t>(count_[s]));
  for (size_t k = 0; k < jobs_.size(); ++k) {
    const int64_t height = flat_height_[live[k]];
    jobs_[k] = {lowest_[live[k]], height >= 0 ? height : height_at(sections_.columns[live[k]], s), live[k], 0};
  }
  if (!machine_.tighten(jobs_, capacity_, strategy_.deep, raises_)) return false;
  for (const Raise& each : raises_)
    if (!raise(each.column, each.offset)) return false;
  return true;
}

int64_t Search::height_at(const Column& column, int32_t s) const {
  if (column.flat) return column.height;
  const auto from = sections_.cells.begin() + column.first, to = sections_.cells.begin() + column.last;
  return std::lower_bound(from, to, s, [](const Cell& cell, int32_t section) { return cell.section < section; })
      ->height;
}

// Whether the unplaced column would fit below everything that is still to be placed around it.
bool Search::sinks(int32_t i) const {
  const Column& column = sections_.columns[i];
  const int64_t offset = rest_[i];
  for (int32_t c = first_cell(column); c < column.last; c = next_cell(c)) {
    const auto [s, height] = sections_.cells[c];
    if (offset + height > floor_[s]) return false;
  }
  return true;
}

}  // namespace l2opt
