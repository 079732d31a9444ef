#include "costs.h"

#include <algorithm>
#include <limits>

#include "problem.h"

namespace l2opt {
namespace {

constexpr int64_t kTable = 1 << 12, kBits = 1 << 17, kWord = 64;  // offsets
constexpr int64_t kNone = std::numeric_limits<int64_t>::max();

}  // namespace

void Costs::begin(int64_t low, int64_t high, int64_t below, int64_t above) {
  low_ = low, high_ = high, below_ = below, above_ = above;
  cost_ = slope_ = 0;
  const int64_t size = high - low + 1;
  way_ = below + size <= kTable ? Way::kTable : size <= kBits ? Way::kBits : Way::kSorted;
  const int64_t steps = way_ == Way::kTable ? below + size + above + 1 : way_ == Way::kBits ? size : 0;
  const auto room = static_cast<size_t>(steps);
  if (way_ == Way::kTable && table_.size() < room) table_.resize(room), costs_.resize(room), cheapest_.resize(room);
  if (way_ == Way::kBits && steps_.size() < room) steps_.resize(room), touched_.resize(room / kWord + 1);
}

Costs::Place Costs::cheapest(int64_t alignment, int64_t at, Random& random) {
  if (way_ == Way::kTable) return from_table(alignment, at, random);
  Place best{at, kNone, 0};
  double ways = 0;
  lines([&](int64_t from, int64_t to, int64_t cost, int64_t slope) {
    if (at >= from && at < to) best.now = cost + slope * (at - from);
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
    if (random.next() * ways >= many) return;
    best.offset = low + static_cast<int64_t>(random.next() * many) * alignment;
  });
  return best;
}

// A hill may begin below the lowest offset and end above the highest: there is room for that at both ends of the table.
Costs::Place Costs::from_table(int64_t alignment, int64_t at, Random& random) {
  int64_t *step = table_.data(), cost = 0, slope = 0;
  const auto go_on = [&] { slope += *step, cost += slope, *step++ = 0; };
  for (int64_t i = 0; i < below_; ++i) go_on();
  Place best{at, kNone, 0};
  int64_t* const costs = costs_.data();
  int64_t count = 0, *const cheapest = cheapest_.data();
  const int64_t size = high_ - low_ + 1;
  for (int64_t i = 0; i < size; ++i) {
    go_on();
    costs[i] = cost;
    if (cost > best.cost || (alignment > 1 && (low_ + i) % alignment != 0)) continue;
    if (cost < best.cost) count = 0, best.cost = cost;
    cheapest[count++] = low_ + i;
  }
  std::fill(step, step + above_ + 1, 0);
  best.offset = cheapest[static_cast<int64_t>(random.next() * static_cast<double>(count))];
  best.now = costs[at - low_];
  return best;
}

void Costs::put(const Hill& hill) {
  const int64_t from = hill.from + 1, to = hill.to;
  step(from, hill.weight * (hill.constant + 1), hill.weight);
  step(from + hill.farthest - 1, 0, -hill.weight);
  step(to - hill.farthest, 0, -hill.weight);
  step(to, -hill.weight * hill.constant, hill.weight);
}

void Costs::step(int64_t at, int64_t jump, int64_t slope) {
  if (at > high_) return;
  if (at <= low_) {
    cost_ += jump + slope * (low_ - at), slope_ += slope;
  } else if (way_ == Way::kSorted) {
    sorted_.push_back({at, {jump, slope}});
  } else {
    at -= low_;
    steps_[at].jump += jump, steps_[at].slope += slope;
    touched_[at / kWord] |= uint64_t{1} << (at % kWord);
  }
}

// Calls visit(from, to, cost, slope) for each line, lowest first: the cost at `from`, and by how much it rises from one
// offset to the next, up to the one before `to`.
template <class Visit>
void Costs::lines(const Visit& visit) {
  int64_t from = low_;
  const auto line = [&](int64_t to) {
    if (from < to) visit(from, to, cost_, slope_);
    cost_ += slope_ * (to - from), from = to;
  };
  if (way_ == Way::kSorted) {
    std::sort(sorted_.begin(), sorted_.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    for (const auto& [at, step] : sorted_) line(at), cost_ += step.jump, slope_ += step.slope;
    sorted_.clear();
  } else {
    for (int64_t word = 0; word <= (high_ - low_) / kWord; ++word)
      for (uint64_t& bits = touched_[word]; bits != 0; bits &= bits - 1) {
        Step& step = steps_[word * kWord + __builtin_ctzll(bits)];
        line(low_ + word * kWord + __builtin_ctzll(bits)), cost_ += step.jump, slope_ += step.slope;
        step = {0, 0};
      }
  }
  line(high_ + 1);
}

}  // namespace l2opt
