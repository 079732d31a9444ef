#include "slots.h"

#include <algorithm>
#include <functional>
#include <map>
#include <numeric>
#include <queue>
#include <set>

#include "problem.h"
#include "slots_exact.h"

namespace l2opt {
namespace {

constexpr int kProfileRounds = 8;
constexpr int64_t kFewSlots = 8;

std::vector<int32_t> by_start(const std::vector<Span>& spans, bool largest_first) {
  std::vector<int32_t> order(spans.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) {
    if (spans[a].start != spans[b].start) return spans[a].start < spans[b].start;
    return largest_first && spans[a].size > spans[b].size;
  });
  return order;
}

// Slots are free again when their span has ended.
using Busy = std::priority_queue<std::pair<int64_t, int32_t>, std::vector<std::pair<int64_t, int32_t>>, std::greater<>>;

// Best fit into slots whose sizes are given beforehand: the smallest free one that is large enough, or else the largest
// free one, or else a new one.
Slots fill_profile(const std::vector<Span>& spans, const std::vector<int64_t>& profile) {
  Slots result;
  result.slot.assign(spans.size(), -1);
  result.sizes.assign(profile.size(), 0);
  std::vector<int64_t> room = profile;
  std::set<std::pair<int64_t, int32_t>> free;  // room, slot
  for (size_t i = 0; i < room.size(); ++i) free.insert({room[i], static_cast<int32_t>(i)});
  Busy busy;
  for (int32_t i : by_start(spans, true)) {
    const Span& span = spans[i];
    for (; !busy.empty() && busy.top().first <= span.start; busy.pop())
      free.insert({room[busy.top().second], busy.top().second});
    if (free.empty()) {
      free.insert({0, static_cast<int32_t>(room.size())});
      room.push_back(0);
      result.sizes.push_back(0);
    }
    auto chosen = free.lower_bound({span.size, 0});
    if (chosen == free.end()) --chosen;
    const int32_t slot = chosen->second;
    free.erase(chosen);
    room[slot] = std::max(room[slot], span.size);
    result.sizes[slot] = std::max(result.sizes[slot], span.size);
    result.slot[i] = slot;
    busy.push({span.end, slot});
  }
  return result;
}

// A slot's members by time, to ask whether a span fits between them.
class Track {
 public:
  bool free(const Span& span) const {
    const auto next = ends_.lower_bound(span.start);
    if (next != ends_.end() && next->first < span.end) return false;
    return next == ends_.begin() || std::prev(next)->second <= span.start;
  }
  void add(const Span& span) { ends_[span.start] = span.end; }

 private:
  std::map<int64_t, int64_t> ends_;  // start -> end
};

// Largest span first into the first free slot: sizes never grow.
Slots largest_first(const std::vector<Span>& spans) {
  std::vector<int32_t> order = by_start(spans, true);
  std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) { return spans[a].size > spans[b].size; });
  Slots result;
  result.slot.assign(spans.size(), -1);
  std::vector<Track> tracks;
  for (int32_t i : order) {
    size_t slot = 0;
    while (slot < tracks.size() && !tracks[slot].free(spans[i])) ++slot;
    if (slot == tracks.size()) {
      tracks.emplace_back();
      result.sizes.push_back(spans[i].size);
    }
    tracks[slot].add(spans[i]);
    result.slot[i] = static_cast<int32_t>(slot);
  }
  return result;
}

void keep_if_smaller(Slots candidate, int64_t alignment, const char* winner, Slots& best) {
  lay_out(candidate, alignment);
  if (candidate.total >= best.total) return;
  best = std::move(candidate);
  best.winner = winner;
}

// What the total becomes when the slot at `index` has `size` bytes.
int64_t total_with(const std::vector<int64_t>& sizes, size_t index, int64_t size, int64_t alignment) {
  int64_t sum = 0, padding = 0;
  for (size_t i = 0; i < std::max(sizes.size(), index + 1); ++i) {
    const int64_t bytes = i == index ? size : sizes[i];
    sum += align_up(bytes, alignment);
    padding = std::max(padding, align_up(bytes, alignment) - bytes);
  }
  return sum - padding;
}

}  // namespace

void lay_out(Slots& slots, int64_t alignment) {
  const auto padding = [&](size_t i) { return align_up(slots.sizes[i], alignment) - slots.sizes[i]; };
  size_t last = 0;
  for (size_t i = 1; i < slots.sizes.size(); ++i)
    if (padding(i) >= padding(last)) last = i;
  slots.offsets.assign(slots.sizes.size(), 0);
  int64_t next = 0;
  for (size_t i = 0; i < slots.sizes.size(); ++i) {
    if (i == last) continue;
    slots.offsets[i] = next;
    next += align_up(slots.sizes[i], alignment);
  }
  slots.total = next;
  if (slots.sizes.empty()) return;
  slots.offsets[last] = next;
  slots.total = next + slots.sizes[last];
}

std::vector<int64_t> slot_profile(const std::vector<Span>& spans) {
  std::vector<int64_t> profile, live;  // both largest first
  std::priority_queue<std::pair<int64_t, int64_t>, std::vector<std::pair<int64_t, int64_t>>, std::greater<>> ends;
  for (int32_t i : by_start(spans, false)) {
    const Span& span = spans[i];
    for (; !ends.empty() && ends.top().first <= span.start; ends.pop())
      live.erase(std::lower_bound(live.begin(), live.end(), ends.top().second, std::greater<>()));
    const auto place = std::lower_bound(live.begin(), live.end(), span.size, std::greater<>());
    const size_t from = place - live.begin();
    live.insert(place, span.size);
    ends.push({span.end, span.size});
    profile.resize(std::max(profile.size(), live.size()), 0);
    for (size_t k = from; k < live.size(); ++k) profile[k] = std::max(profile[k], live[k]);
  }
  return profile;
}

Slots first_come(const std::vector<Span>& spans, int64_t alignment) {
  Slots result;
  result.slot.assign(spans.size(), -1);
  std::set<int32_t> free;
  Busy busy;
  for (int32_t i : by_start(spans, false)) {
    const Span& span = spans[i];
    for (; !busy.empty() && busy.top().first <= span.start; busy.pop()) free.insert(busy.top().second);
    if (free.empty()) {
      free.insert(static_cast<int32_t>(result.sizes.size()));
      result.sizes.push_back(0);
    }
    const int32_t slot = *free.begin();
    free.erase(free.begin());
    result.sizes[slot] = std::max(result.sizes[slot], span.size);
    result.slot[i] = slot;
    busy.push({span.end, slot});
  }
  result.winner = "first come";
  lay_out(result, alignment);
  return result;
}

Slots best_slots(const std::vector<Span>& spans, int64_t alignment, int64_t nodes) {
  Slots best = first_come(spans, alignment);
  std::vector<int64_t> profile = slot_profile(spans);
  Slots least;
  least.sizes = profile;
  lay_out(least, alignment);
  std::vector<int64_t> sizes = profile;
  for (int round = 0; round < kProfileRounds && best.total > least.total; ++round) {
    Slots filled = fill_profile(spans, sizes);
    if (filled.sizes == sizes && round > 0) break;
    sizes = filled.sizes;
    keep_if_smaller(std::move(filled), alignment, "sized beforehand", best);
  }
  if (best.total > least.total) keep_if_smaller(largest_first(spans), alignment, "largest first", best);
  if (best.total > least.total) {
    // A node takes time linear in the slots, so more slots mean fewer nodes.
    const int64_t share = std::max<int64_t>(1, static_cast<int64_t>(profile.size()) / kFewSlots);
    Slots exact = exact_slots(spans, best, profile, alignment, nodes / share);
    keep_if_smaller(std::move(exact), alignment, "branch and bound", best);
  }
  return best;
}

Slots slots_within(const std::vector<Span>& spans, const std::vector<double>& value, int64_t alignment,
                   int64_t capacity) {
  std::vector<int32_t> order(spans.size());
  std::iota(order.begin(), order.end(), 0);
  const auto density = [&](int32_t i) { return value[i] / static_cast<double>(spans[i].size); };
  std::sort(order.begin(), order.end(), [&](int32_t a, int32_t b) {
    if ((value[a] < 0) != (value[b] < 0)) return value[a] < 0;
    if (value[a] < 0 && spans[a].size != spans[b].size) return spans[a].size > spans[b].size;
    if (value[a] >= 0 && density(a) != density(b)) return density(a) > density(b);
    return a < b;
  });
  Slots result;
  result.slot.assign(spans.size(), -1);
  result.winner = "densest";
  std::vector<Track> tracks;
  for (int32_t i : order) {
    const Span& span = spans[i];
    size_t chosen = tracks.size();
    int64_t grown = span.size;
    for (size_t slot = 0; slot < tracks.size() && grown > 0; ++slot) {
      const int64_t growth = std::max<int64_t>(0, span.size - result.sizes[slot]);
      if (growth < grown && tracks[slot].free(span)) chosen = slot, grown = growth;
    }
    const int64_t size = chosen < tracks.size() ? std::max(result.sizes[chosen], span.size) : span.size;
    if (grown > 0 && total_with(result.sizes, chosen, size, alignment) > capacity) continue;
    if (chosen == tracks.size()) {
      tracks.emplace_back();
      result.sizes.push_back(0);
    }
    tracks[chosen].add(span);
    result.sizes[chosen] = size;
    result.slot[i] = static_cast<int32_t>(chosen);
  }
  lay_out(result, alignment);
  return result;
}

}  // namespace l2opt
