// Random small problems, packed by every native packer and compared with all packings tried one by one. Built with the
// address and undefined-behaviour sanitizers; prints how many problems agreed, and the first that did not.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <random>

#include "apart.h"
#include "growth.h"
#include "intervals.h"
#include "occupied.h"
#include "orders.h"
#include "race.h"
#include "sections.h"
#include "settling.h"
#include "sweep.h"

using namespace l2opt;

namespace {

constexpr int64_t kLimit = 40;  // four items, pushed down, end below 4 * (4 + 3) + 12
constexpr int64_t kLater = 20;  // after all else has ended

struct Drawn {
  std::vector<int64_t> start, end, lo, hi, first{0}, alignment, lowest, highest;

  Problem problem() const {
    return make_problem({start.data(), end.data(), lo.data(), hi.data(), first.data(), alignment.data(), lowest.data(),
                         highest.data(), start.size(), alignment.size()});
  }
};

// One piece, live as long as the others can be.
void draw_wall(std::mt19937& random, Drawn& drawn) {
  drawn.start.push_back(0), drawn.end.push_back(kLater - 1);
  drawn.lo.push_back(0), drawn.hi.push_back(1 + static_cast<int64_t>(random() % 4));
}

void draw_pieces(std::mt19937& random, int64_t at, Drawn& drawn) {
  const auto below = [&](int n) { return static_cast<int64_t>(random() % static_cast<unsigned>(n)); };
  for (int64_t pieces = 1 + below(3); pieces > 0; --pieces) {
    const int64_t end = at + 1 + below(2);
    drawn.start.push_back(at), drawn.end.push_back(end);
    const int64_t floats = below(3) == 0 ? below(3) : 0;
    drawn.lo.push_back(floats), drawn.hi.push_back(floats + 1 + below(4 - static_cast<int>(floats)));
    if (drawn.hi.back() < 3 && below(3) == 0) {  // another run of bytes above a hole, at the same time
      drawn.start.push_back(at), drawn.end.push_back(end);
      drawn.lo.push_back(drawn.hi.back() + 1), drawn.hi.push_back(4);
    }
    at = end + below(2);
  }
}

// Pieces of an item are in any order.
void shuffle_from(std::mt19937& random, size_t first, Drawn& drawn) {
  for (size_t left = drawn.start.size() - first; left > 1; --left) {
    const size_t last = first + left - 1, other = first + random() % left;
    for (auto* each : {&drawn.start, &drawn.end, &drawn.lo, &drawn.hi}) std::swap((*each)[last], (*each)[other]);
  }
}

// Up to three items; a few of those without windows last, and some are live after all others.
Drawn draw(std::mt19937& random) {
  const auto below = [&](int n) { return static_cast<int64_t>(random() % static_cast<unsigned>(n)); };
  Drawn drawn;
  const int64_t common = below(2) == 0 ? 0 : 1 + below(4);  // alignment of all items, or 0
  const int64_t walls = below(3), late = below(3);          // of four items; windows only where none lasts
  for (int64_t items = 1 + below(walls + late > 0 ? 4 : 3); items > 0; --items) {
    if (items <= walls)
      draw_wall(random, drawn);
    else
      draw_pieces(random, below(4) + (items <= walls + late ? kLater : 0), drawn);
    shuffle_from(random, static_cast<size_t>(drawn.first.back()), drawn);
    drawn.first.push_back(static_cast<int64_t>(drawn.start.size()));
    drawn.alignment.push_back(common > 0 ? common : 1 + below(4));
    const bool window = walls == 0 && below(4) == 0;
    drawn.lowest.push_back(window ? below(4) * drawn.alignment.back() : 0);
    drawn.highest.push_back(window ? drawn.lowest.back() + 3 * below(2) : kUnbounded);
  }
  return drawn;
}

bool apart(const Problem& problem, const std::vector<int64_t>& offsets, size_t count) {
  for (const Piece& a : problem.pieces)
    for (const Piece& b : problem.pieces) {
      if (a.item >= b.item || static_cast<size_t>(b.item) >= count || a.end <= b.start || b.end <= a.start) continue;
      if (offsets[a.item] + a.hi > offsets[b.item] + b.lo && offsets[b.item] + b.hi > offsets[a.item] + a.lo)
        return false;
    }
  return true;
}

int64_t least(const Problem& problem, std::vector<int64_t>& offsets, size_t count, int64_t peak, int64_t best) {
  if (count == problem.size()) return std::min(best, peak);
  const Item& item = problem.items[count];
  for (int64_t offset = align_up(item.min_offset, item.alignment);
       offset <= item.max_offset && offset + item.height < best; offset += item.alignment) {
    offsets[count] = offset;
    if (apart(problem, offsets, count + 1))
      best = least(problem, offsets, count + 1, std::max(peak, offset + item.height), best);
  }
  return best;
}

bool allowed(const Problem& problem, const std::vector<int64_t>& offsets) {
  for (size_t i = 0; i < problem.size(); ++i) {
    const Item& item = problem.items[i];
    if (offsets[i] < item.min_offset || offsets[i] > item.max_offset || offsets[i] % item.alignment != 0) return false;
  }
  return apart(problem, offsets, problem.size());
}

// Growing windows finds the least peak, and proves that nothing lower is possible.
bool grows(const Problem& problem, int64_t wanted, uint32_t seed) {
  std::vector<int32_t> items(problem.size());
  std::iota(items.begin(), items.end(), 0);
  const Sections sections = make_sections(problem, items);
  Growth growth(problem, sections, 100'000, [] { return false; });
  const auto answer = [&](int64_t capacity) {  // slice by slice
    Grown grown;
    grown.capacity = capacity, grown.seed = seed;
    for (int slice = 0; slice < 1000; ++slice)
      if (const Answer given = growth.run(grown, 2'000); given != Answer::kUnknown) return given;
    return Answer::kUnknown;
  };
  if (answer(wanted - 1) != Answer::kNo) return false;
  if (wanted == kLimit) return true;
  if (answer(wanted) != Answer::kYes) return false;
  std::vector<int64_t> offsets;
  for (int64_t offset : growth.offsets()) offsets.push_back(std::max<int64_t>(0, offset) * sections.unit);
  return allowed(problem, offsets);
}

// Separation finds the least peak, slice by slice, and nothing lower; alone (`base` 0) and with the exact search.
bool separates(const Problem& problem, int64_t wanted, uint32_t seed, int64_t base) {
  std::vector<int32_t> items(problem.size());
  std::iota(items.begin(), items.end(), 0);
  const Sections sections = make_sections(problem, items);
  const Neighbors neighbors(sections);
  Settling settling(sections, neighbors, base, [] { return false; });
  Separated separated;
  separated.random = Random(seed);
  const auto answer = [&](int64_t capacity, int slices) {
    separated.capacity = capacity;
    Answer given = Answer::kUnknown;
    for (int slice = 0; slice < slices && given == Answer::kUnknown; ++slice) given = settling.run(separated, 1'000);
    return given;
  };
  if (answer(wanted - 1, 2) == Answer::kYes) return false;
  Separated stopped;
  stopped.capacity = wanted - 1;
  Settling(sections, neighbors, base, [] { return true; }).run(stopped, 1'000'000'000);
  if (stopped.spent > 1'000'000) return false;
  if (wanted == kLimit) return true;
  if (answer(wanted, 1000) != Answer::kYes) return false;
  std::vector<int64_t> offsets;
  for (int64_t offset : separated.offsets) offsets.push_back(std::max<int64_t>(0, offset) * sections.unit);
  return allowed(problem, offsets) && answer(wanted - 1, 2) != Answer::kYes;
}

bool agrees(const Problem& problem) {
  std::vector<int64_t> offsets(problem.size(), 0);
  const int64_t wanted = least(problem, offsets, 0, 0, kLimit);
  const int64_t bound = lower_bound_apart(problem, true).bytes;
  if (wanted < kLimit && bound > wanted) return false;
  const Packing greedy = pack_apart(problem, bound, {});
  if (!greedy.offsets.empty() && (!allowed(problem, greedy.offsets) || greedy.peak < wanted)) return false;
  const std::vector<int64_t> swept = sweep(problem);
  if (!swept.empty() && !allowed(problem, swept)) return false;
  Occupied occupied(problem.ranks);
  const Intervals intervals(problem.pieces);
  std::vector<int64_t> dense(problem.size(), kLeftOut);
  for (int32_t i : ordered(problem, intervals, Order::kLean))
    if ((dense[i] = first_fit(problem, i, occupied)) != kLeftOut) take(problem, i, dense[i], occupied);
  if (std::count(dense.begin(), dense.end(), kLeftOut) == 0 && !allowed(problem, dense)) return false;
  if (stands(problem)) {
    const auto seed = static_cast<uint32_t>(problem.pieces.size());
    if (!grows(problem, wanted, seed)) return false;
    if (!separates(problem, wanted, seed, 0) || !separates(problem, wanted, seed, 100)) return false;
  }
  for (int threads : {1, 2}) {
    const Raced raced = race_apart(problem, bound, kUnbounded, kLimit - 1, {1'000'000'000, 0, threads, {}});
    if (wanted == kLimit) {
      if (raced.bound < kLimit) return false;
      continue;
    }
    if (raced.offsets.empty() || !allowed(problem, raced.offsets)) return false;
    const Raced lowest = race_apart(problem, bound, raced.peak, 0, {1'000'000'000, 0, threads, {}});
    if (lowest.bound != wanted || lowest.peak != wanted) return false;
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  const int count = argc > 1 ? std::atoi(argv[1]) : 1000;
  std::mt19937 random(1);
  for (int i = 0; i < count; ++i) {
    const Drawn drawn = draw(random);
    if (agrees(drawn.problem())) continue;
    std::printf("problem %d differs:\n", i);
    for (size_t k = 0; k + 1 < drawn.first.size(); ++k)
      for (int64_t p = drawn.first[k]; p < drawn.first[k + 1]; ++p)
        std::printf("item %zu: [%lld, %lld) x [%lld, %lld)\n", k, static_cast<long long>(drawn.start[p]),
                    static_cast<long long>(drawn.end[p]), static_cast<long long>(drawn.lo[p]),
                    static_cast<long long>(drawn.hi[p]));
    return 1;
  }
  std::printf("%d problems agree\n", count);
  return 0;
}
