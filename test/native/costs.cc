// What offsets cost, told in each of the three ways, against hills added up one by one. Built with the address and
// undefined-behaviour sanitizers; prints how many problems agreed, and the first that did not.

#include "costs.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>

using namespace l2opt;

namespace {

constexpr int64_t kSizes[] = {1, 30, 4'000, 5'000, 100'000, 200'000};  // of a table, of bits, of sorted steps

int64_t height(const Hill& hill, int64_t offset) {
  if (offset <= hill.from || offset >= hill.to) return 0;
  const int64_t far = std::min({offset - hill.from, hill.to - offset, hill.farthest});
  return hill.weight * (hill.constant + far);
}

bool agrees(Costs& costs, std::mt19937& random, int64_t size) {
  const auto below = [&](int64_t n) { return static_cast<int64_t>(random() % static_cast<unsigned>(n)); };
  const int64_t alignment = 1 + below(3), low = below(3) * alignment, high = low + size - 1, wide = 2 + below(size + 8);
  std::vector<Hill> hills;
  for (int64_t k = below(6); k > 0; --k) {
    const int64_t from = low - wide + below(size + 2 * wide), to = from + 2 + below(wide - 1);
    hills.push_back({from, to, 1 + below((to - from) / 2), 1 + below(9), below(9)});
  }
  const int64_t at = low + below(size);
  costs.begin(low, high, wide, wide);
  costs.add(0, hills.size(), [&](size_t k) { return hills[k]; });
  Random stream(random());
  const Costs::Place place = costs.cheapest(alignment, at, stream);
  const auto cost = [&](int64_t offset) {
    int64_t sum = 0;
    for (const Hill& hill : hills) sum += height(hill, offset);
    return sum;
  };
  int64_t least = cost(low);
  for (int64_t offset = low; offset <= high; offset += alignment) least = std::min(least, cost(offset));
  const bool placed = place.offset >= low && place.offset <= high && place.offset % alignment == 0;
  return placed && place.cost == least && cost(place.offset) == least && place.now == cost(at);
}

}  // namespace

int main(int argc, char** argv) {
  const int count = argc > 1 ? std::atoi(argv[1]) : 1000;
  std::mt19937 random(1);
  Costs costs;  // one for all: nothing is left of the cost before
  for (int i = 0; i < count; ++i) {
    const int64_t size = kSizes[i % 64 < 62 ? i % 3 : 3 + random() % 3];
    if (agrees(costs, random, size)) continue;
    std::printf("problem %d differs, of %lld offsets\n", i, static_cast<long long>(size));
    return 1;
  }
  std::printf("%d problems agree\n", count);
  return 0;
}
