#include "block_search.h"

#include <algorithm>
#include <limits>

#include "random.h"

namespace l2opt {
namespace {

constexpr int64_t kPatience = 64;  // nodes between two questions whether to stop
constexpr size_t kLooks = 1024;    // sections between two of these, in one node
constexpr int64_t kFar = std::numeric_limits<int64_t>::max() / 4;

}  // namespace

BlockSearch::BlockSearch(const Blocks& blocks, std::function<bool()> stop) : blocks_(blocks), stop_(std::move(stop)) {}

Answer BlockSearch::run(int64_t capacity, const Strategy& strategy, int64_t work) {
  work_ = work;
  aborted_ = stopped_ = false;
  const bool found = prepare(capacity, strategy) && settle() && solve(0, static_cast<int32_t>(blocks_.count()));
  return found ? Answer::kYes : aborted_ ? Answer::kUnknown : Answer::kNo;
}

bool BlockSearch::prepare(int64_t capacity, const Strategy& strategy) {
  const size_t blocks = blocks_.columns.size();
  deep_ = strategy.deep;
  by_end_ = strategy.section == Strategy::Section::kFewest;
  trail_.clear(), queue_.clear();
  queued_.assign(blocks_.count(), 1);
  for (size_t s = 0; s < blocks_.count(); ++s) queue_.push_back(static_cast<int32_t>(s));
  unplaced_.assign(blocks_.count(), 0), crossing_.assign(blocks_.count(), 0);
  lowest_.assign(blocks, 0), limit_.assign(blocks, 0), placed_.assign(blocks, 0);
  capacity_ = 0;
  bool possible = true;
  for (size_t i = 0; i < blocks; ++i) {
    const Block& block = blocks_.columns[i];
    const int64_t highest = std::min(capacity - block.bytes, block.max_offset);
    limit_[i] = highest < 0 ? -1 : highest / blocks_.unit;
    lowest_[i] = block.lowest;
    possible &= lowest_[i] <= limit_[i];
    count(block, 1);
    capacity_ = std::max(capacity_, limit_[i] + block.height);
  }
  set_keys(strategy);
  return possible;
}

void BlockSearch::set_keys(const Strategy& strategy) {
  Random random(strategy.seed);
  key_.clear();
  for (size_t i = 0; i < blocks_.columns.size(); ++i) {
    const Block& block = blocks_.columns[i];
    const double height = static_cast<double>(block.height), cells = block.last - block.first;
    double key = 0;
    switch (strategy.value) {
      case Strategy::Value::kHeight:
        key = height + cells * 1e-6;
        break;
      case Strategy::Value::kSteps:
        key = cells + height * 1e-12;
        break;
      case Strategy::Value::kGuide:
        key = kFar - static_cast<double>((*strategy.guide)[i]);
        break;
      default:
        key = height * cells;
        break;
    }
    key_.push_back(strategy.seed == 0 ? key : key * (1 + strategy.jitter * (2 * random.next() - 1)));
  }
}

bool BlockSearch::solve(int32_t lo, int32_t hi) {
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
      if (std::all_of(parts.begin(), parts.end(), [&](const auto& part) { return solve(part.first, part.second); }))
        return true;
      undo(start);
      return false;
    }
    lo = parts[0].first, hi = parts[0].second;
    const int32_t i = choose(lo, hi);
    if (supported(i)) {
      const size_t mark = trail_.size();
      if (place(i) && settle() && solve(lo, hi)) return true;
      if (aborted_) return false;
      undo(mark);
    }
    if (!raise(i, next_offset(i)) || !settle()) {
      undo(start);
      return false;
    }
  }
}

// Sections of which no unplaced block joins one with another; the shortest first.
void BlockSearch::parts_of(int32_t lo, int32_t hi, std::vector<std::pair<int32_t, int32_t>>& parts) const {
  parts.clear();
  int32_t from = -1;
  for (int32_t s = lo; s < hi; ++s) {
    if (from >= 0 && crossing_[s] == 0) parts.emplace_back(from, s), from = -1;
    if (from < 0 && unplaced_[s] > 0) from = s;
  }
  if (from >= 0) parts.emplace_back(from, hi);
  std::stable_sort(parts.begin(), parts.end(),
                   [](const auto& a, const auto& b) { return a.second - a.first < b.second - b.first; });
}

// Of what is unplaced in [lo, hi): the block with the lowest offset left (or with the lowest top), then by key.
int32_t BlockSearch::choose(int32_t lo, int32_t hi) const {
  int32_t best = -1;
  int64_t least = 0;
  for (size_t i = 0; i < placed_.size(); ++i) {
    const Block& block = blocks_.columns[i];
    if (placed_[i] || block.first == block.last) continue;
    const int32_t section = blocks_.cells[block.first].section;
    if (section < lo || section >= hi) continue;
    const int64_t at = lowest_[i] + (by_end_ ? block.height : 0);
    if (best >= 0 && (at > least || (at == least && key_[i] <= key_[best]))) continue;
    best = static_cast<int32_t>(i), least = at;
  }
  return best;
}

// So many more of a block are not placed.
void BlockSearch::count(const Block& block, int32_t more) {
  if (block.first == block.last) return;
  for (int32_t c = block.first; c < block.last; ++c) unplaced_[blocks_.cells[c].section] += more;
  const int32_t first = blocks_.cells[block.first].section, last = blocks_.cells[block.last - 1].section;
  for (int32_t s = first + 1; s <= last; ++s) crossing_[s] += more;
}

// Whether something that is placed, or may yet be, can carry the block at its lowest offset.
bool BlockSearch::supported(int32_t i) const {
  const Block& block = blocks_.columns[i];
  if (lowest_[i] == block.lowest) return true;
  for (int32_t c = block.first; c < block.last; ++c) {
    const BlockCell& cell = blocks_.cells[c];
    const int64_t bottom = lowest_[i] + cell.lo;
    for (int32_t o : blocks_.live[cell.section]) {
      const BlockCell& other = blocks_.cells[o];
      if (other.block == i) continue;
      const int64_t top = lowest_[other.block] + other.hi;
      if (placed_[other.block] ? top <= bottom && bottom < top + block.alignment : top <= bottom) return true;
    }
  }
  return false;
}

// The next offset above the lowest at which the block could rest on another; kFar if there is none.
int64_t BlockSearch::next_offset(int32_t i) const {
  const Block& block = blocks_.columns[i];
  int64_t next = kFar;
  for (int32_t c = block.first; c < block.last; ++c) {
    const BlockCell& cell = blocks_.cells[c];
    for (int32_t o : blocks_.live[cell.section]) {
      const BlockCell& other = blocks_.cells[o];
      if (other.block == i) continue;
      const int64_t on = lowest_[other.block] + other.hi - cell.lo;
      if (!placed_[other.block])
        next = std::min(next, std::max(lowest_[i] + 1, on));
      else if (on > lowest_[i])
        next = std::min(next, on);
    }
  }
  return next;
}

bool BlockSearch::place(int32_t i) {
  const Block& block = blocks_.columns[i];
  trail_.push_back({i, -1});
  placed_[i] = 1;
  count(block, -1);
  enqueue(i);
  for (int32_t c = block.first; c < block.last; ++c) {
    const BlockCell& cell = blocks_.cells[c];
    const int64_t bottom = lowest_[i] + cell.lo, top = lowest_[i] + cell.hi;
    work_ -= static_cast<int64_t>(blocks_.live[cell.section].size());
    for (int32_t o : blocks_.live[cell.section]) {
      const BlockCell& other = blocks_.cells[o];
      if (placed_[other.block]) continue;
      const int64_t at = lowest_[other.block];
      if (at + other.hi > bottom && at + other.lo < top && !raise(other.block, top - other.lo)) return false;
    }
  }
  return true;
}

// The block starts at `offset` or above, where it is clear of what is placed.
bool BlockSearch::raise(int32_t i, int64_t offset) {
  if (placed_[i]) return offset <= lowest_[i];
  if (offset > limit_[i]) return false;
  offset = clear_of_placed(i, std::max(lowest_[i], offset));
  if (offset > limit_[i]) return false;
  if (offset == lowest_[i]) return true;
  trail_.push_back({i, lowest_[i]});
  lowest_[i] = offset;
  enqueue(i);
  return true;
}

int64_t BlockSearch::clear_of_placed(int32_t i, int64_t offset) {
  const Block& block = blocks_.columns[i];
  offset = align_up(offset, block.alignment);
  for (int32_t c = block.first; c < block.last && offset <= limit_[i];) {
    const BlockCell& cell = blocks_.cells[c];
    int64_t next = offset;
    for (int32_t o : blocks_.live[cell.section]) {
      const BlockCell& other = blocks_.cells[o];
      if (!placed_[other.block] || other.block == i) continue;
      const int64_t at = lowest_[other.block];
      if (at + other.hi > next + cell.lo && at + other.lo < next + cell.hi)
        next = align_up(at + other.hi - cell.lo, block.alignment);
    }
    work_ -= static_cast<int64_t>(blocks_.live[cell.section].size());
    if (next == offset)
      ++c;
    else
      offset = next, c = block.first;
  }
  return offset;
}

void BlockSearch::enqueue(int32_t i) {
  const Block& block = blocks_.columns[i];
  for (int32_t c = block.first; c < block.last; ++c) {
    const int32_t s = blocks_.cells[c].section;
    if (!queued_[s]) queued_[s] = 1, queue_.push_back(s);
  }
}

bool BlockSearch::settle() {
  for (size_t next = 0; next < queue_.size(); ++next) {
    const int32_t s = queue_[next];
    queued_[s] = 0;
    if (next % kLooks == kLooks - 1 && stop_()) {
      aborted_ = stopped_ = true;
      return false;
    }
    work_ -= 1 + static_cast<int64_t>(blocks_.live[s].size());
    if (!fits(s)) return false;
  }
  queue_.clear();
  return true;
}

// What is placed counts as well: it leaves no room below.
bool BlockSearch::fits(int32_t s) {
  jobs_.clear();
  for (int32_t c : blocks_.live[s]) {
    const BlockCell& cell = blocks_.cells[c];
    jobs_.push_back({lowest_[cell.block] + cell.lo, cell.hi - cell.lo, c, 0});
  }
  std::sort(jobs_.begin(), jobs_.end(), [](const Job& a, const Job& b) {
    return a.release != b.release ? a.release < b.release : a.column < b.column;
  });
  if (!machine_.tighten(jobs_, capacity_, deep_, raises_)) return false;
  for (const Raise& each : raises_) {
    const BlockCell& cell = blocks_.cells[each.column];
    if (!raise(cell.block, each.offset - cell.lo)) return false;
  }
  return true;
}

void BlockSearch::undo(size_t mark) {
  for (; trail_.size() > mark; trail_.pop_back()) {
    const Change& change = trail_.back();
    if (change.old < 0)
      placed_[change.block] = 0, count(blocks_.columns[change.block], 1);
    else
      lowest_[change.block] = change.old;
  }
  for (int32_t s : queue_) queued_[s] = 0;
  queue_.clear();
}

}  // namespace l2opt
