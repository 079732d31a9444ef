// Random small spans, put into slots and compared with all partitions. Built with the address and undefined-behaviour
// sanitizers; prints how many agreed, and the first that did not.

#include "slots.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>

using namespace l2opt;

namespace {

bool share_time(const Span& a, const Span& b) { return a.start < b.end && b.start < a.end; }

int64_t padded_sum(std::vector<int64_t> sizes, int64_t alignment) {
  int64_t sum = 0, most = 0;
  for (int64_t size : sizes) {
    const int64_t padding = (alignment - size % alignment) % alignment;
    sum += size + padding, most = std::max(most, padding);
  }
  return sum - most;
}

// The least total of all partitions; `slot`: what the first `count` spans are in.
int64_t least(const std::vector<Span>& spans, std::vector<size_t>& slot, size_t count, int64_t alignment) {
  size_t used = 0;
  for (size_t i = 0; i < count; ++i) used = std::max(used, slot[i] + 1);
  if (count == spans.size()) {
    std::vector<int64_t> sizes(used, 0);
    for (size_t i = 0; i < count; ++i) sizes[slot[i]] = std::max(sizes[slot[i]], spans[i].size);
    return padded_sum(sizes, alignment);
  }
  int64_t best = INT64_MAX;
  for (slot[count] = 0; slot[count] <= used; ++slot[count]) {
    bool free = true;
    for (size_t i = 0; i < count; ++i) free &= slot[i] != slot[count] || !share_time(spans[i], spans[count]);
    if (!free) continue;
    const size_t mine = slot[count];
    best = std::min(best, least(spans, slot, count + 1, alignment));
    slot[count] = mine;
  }
  return best;
}

bool sound(const std::vector<Span>& spans, const Slots& slots, int64_t alignment, bool all) {
  for (size_t i = 0; i < spans.size(); ++i) {
    if (slots.slot[i] < 0 && all) return false;
    if (slots.slot[i] < 0) continue;
    if (slots.sizes[slots.slot[i]] < spans[i].size || slots.offsets[slots.slot[i]] % alignment != 0) return false;
    for (size_t j = 0; j < i; ++j)
      if (slots.slot[j] == slots.slot[i] && share_time(spans[i], spans[j])) return false;
  }
  for (size_t a = 0; a < slots.sizes.size(); ++a) {
    if (slots.offsets[a] + slots.sizes[a] > slots.total) return false;
    for (size_t b = 0; b < a; ++b)
      if (slots.offsets[a] < slots.offsets[b] + slots.sizes[b] && slots.offsets[b] < slots.offsets[a] + slots.sizes[a])
        return false;
  }
  return true;
}

bool agrees(const std::vector<Span>& spans, int64_t alignment, int64_t capacity, const std::vector<double>& value) {
  std::vector<size_t> slot(spans.size() + 1, 0);
  const int64_t wanted = spans.empty() ? 0 : least(spans, slot, 0, alignment);
  const Slots simple = first_come(spans, alignment), best = best_slots(spans, alignment, 100'000);
  if (!sound(spans, simple, alignment, true) || !sound(spans, best, alignment, true)) return false;
  if (best.total > simple.total || best.total < wanted || (alignment == 1 && best.total != wanted)) return false;
  int64_t profile = 0;
  for (int64_t size : slot_profile(spans)) profile += size;
  if (profile > wanted) return false;
  const Slots within = slots_within(spans, value, alignment, capacity);
  return sound(spans, within, alignment, false) && within.total <= capacity;
}

}  // namespace

int main(int argc, char** argv) {
  const int count = argc > 1 ? std::atoi(argv[1]) : 1000;
  std::mt19937 random(1);
  const auto below = [&](int n) { return static_cast<int64_t>(random() % static_cast<unsigned>(n)); };
  for (int i = 0; i < count; ++i) {
    std::vector<Span> spans;
    std::vector<double> value;
    for (int64_t n = below(7); n > 0; --n) {
      const int64_t start = below(6);
      spans.push_back({start, start + 1 + below(4), 1 + below(9)});
      value.push_back(static_cast<double>(below(6)) - 1);
    }
    const int64_t alignment = below(2) == 0 ? 1 : 1 + below(4);
    if (agrees(spans, alignment, below(30), value)) continue;
    std::printf("problem %d differs, alignment %lld:\n", i, static_cast<long long>(alignment));
    for (const Span& span : spans)
      std::printf("[%lld, %lld) x %lld\n", static_cast<long long>(span.start), static_cast<long long>(span.end),
                  static_cast<long long>(span.size));
    return 1;
  }
  std::printf("%d problems agree\n", count);
  return 0;
}
