#include "sweep.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <numeric>
#include <set>

namespace l2opt {
namespace {

constexpr int kLooks = 16;  // holes looked at for one item

// Free bytes below the top.
class Holes {
 public:
  int64_t take(int64_t size, int64_t alignment) {
    auto hole = by_size_.lower_bound({size, 0});
    for (int looks = 0; looks < kLooks && hole != by_size_.end(); ++looks, ++hole) {
      const auto [room, from] = *hole;
      const int64_t offset = align_up(from, alignment);
      if (offset + size > from + room) continue;
      remove(from);
      add(from, offset);
      add(offset + size, from + room);
      return offset;
    }
    int64_t from = top_;
    if (!by_offset_.empty() && std::prev(by_offset_.end())->second == top_) {
      from = std::prev(by_offset_.end())->first;
      remove(from);
    }
    const int64_t offset = align_up(from, alignment);
    add(from, offset);
    top_ = offset + size;
    return offset;
  }

  void give(int64_t from, int64_t to) {
    const auto above = by_offset_.find(to);
    if (above != by_offset_.end()) to = above->second, remove(above->first);
    const auto next = by_offset_.lower_bound(from);
    if (next != by_offset_.begin() && std::prev(next)->second == from) from = std::prev(next)->first, remove(from);
    add(from, to);
  }

 private:
  void add(int64_t from, int64_t to) {
    if (from < to) by_offset_[from] = to, by_size_.insert({to - from, from});
  }

  void remove(int64_t from) {
    const auto hole = by_offset_.find(from);
    by_size_.erase({hole->second - from, from});
    by_offset_.erase(hole);
  }

  std::map<int64_t, int64_t> by_offset_;           // from, to
  std::set<std::pair<int64_t, int64_t>> by_size_;  // size, from
  int64_t top_ = 0;
};

std::vector<int32_t> sorted_by(const Problem& problem, int32_t Item::* time) {
  std::vector<int32_t> order(problem.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) {
    const Item &x = problem.items[a], &y = problem.items[b];
    return x.*time != y.*time ? x.*time < y.*time : x.height > y.height;
  });
  return order;
}

}  // namespace

std::vector<int64_t> sweep(const Problem& problem) {
  for (const Item& item : problem.items)
    if (item.min_offset > 0 || item.max_offset < kUnbounded) return {};
  const std::vector<int32_t> starts = sorted_by(problem, &Item::start), ends = sorted_by(problem, &Item::end);
  std::vector<int64_t> offsets(problem.size(), 0);
  Holes holes;
  auto over = ends.begin();
  for (int32_t i : starts) {
    const Item& item = problem.items[i];
    for (; problem.items[*over].end <= item.start; ++over)
      holes.give(offsets[*over], offsets[*over] + problem.items[*over].height);
    offsets[i] = holes.take(item.height, item.alignment);
  }
  return offsets;
}

}  // namespace l2opt
